/*
 * The draws of one address, by the scalar definition: one lane of the arithmetic
 * that the bulk kernels do in many.
 */
#ifndef DETINIT_NUMBER_GAUSSIAN_H
#define DETINIT_NUMBER_GAUSSIAN_H

#include <stdint.h>

/* The divisor that gives the normal cut at +-2 a standard deviation of 1. */
#define TRUNCATED_STD 0.87962566103423978
#define TRUNCATED_AT  2.0

#define SQRT_3 0x1.bb67ae8584caap+0

/* r = sqrt(-2 ln max(u1, 1e-12)) */
double box_muller_radius(double u1);

/* The standard normal of two draw keys. */
double gaussian_of_keys(uint64_t u1_key, uint64_t u2_key);

/* The standard normal of the key of an address: its draws 0 and 1. */
double gaussian_of_key(uint64_t key);

/* The uniform draw, in +-sqrt 3: standard deviation 1. */
double uniform_of_u01(double u);

/*
 * The normal cut at +-2: the first z_k within, z_k from draws 2k and 2k + 1, for
 * k = 0, 1, ...  *attempt: the k that was taken.
 */
double cut_normal_of_key(uint64_t key, uint64_t *attempt);

#endif
