/*
 * Normals of one address, by the scalar definition: one lane of the arithmetic that the
 * bulk kernels do in many.
 */
#ifndef DETINIT_NUMBER_GAUSSIAN_H
#define DETINIT_NUMBER_GAUSSIAN_H

#include <stdint.h>

/* r = sqrt(-2 ln max(u1, 1e-12)) */
double box_muller_radius(double u1);

/* The standard normal of two draw keys. */
double gaussian_of_keys(uint64_t u1_key, uint64_t u2_key);

/* The standard normal of the key of an address: its draws 0 and 1. */
double gaussian_of_key(uint64_t key);

#endif
