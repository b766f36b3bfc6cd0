/*
 * Trained weights beside initial ones: the loops that all |w - w0| go through, compiled
 * once for each instruction set.  All give the same bits.
 */
#ifndef DETINIT_KERNEL_CHANGE_KERNEL_H
#define DETINIT_KERNEL_CHANGE_KERNEL_H

#include "detinit.h"

/* Weights are compared at most CHANGE_PIECE at a time. */
#define CHANGE_PIECE ((size_t)4096)
#define CHANGE_STEP  ((size_t)64)

/* Sums run in so many lanes: weight n of a piece belongs to lane n % CHANGE_LANES. */
#define CHANGE_LANES ((size_t)16)

/* Where one sum is all there is, more lanes hide its latency. */
#define CHANGE_SQUARE_LANES (2 * CHANGE_LANES)

typedef struct change_sums {
    double deltas[CHANGE_LANES];           /* of |w - w0| */
    double products[CHANGE_LANES];         /* of w w0 */
    double squares[CHANGE_LANES];          /* of w0^2 */
    double unchanged[CHANGE_SQUARE_LANES]; /* of what add_unchanged adds to both */
} change_sums;

/*
 * Exponents of |w - w0| as binary64 has them, biased by 1023: what lies below 2^-64 counts as
 * 2^-64, so that of all below 2^16 the lower 8 bits tell which it is.
 */
#define CHANGE_EXPONENT_LEAST 959u
#define CHANGE_EXPONENT_MOST  1038u

/* What is found in a piece. */
typedef struct change_piece {
    _Alignas(64) uint8_t exponents[CHANGE_PIECE]; /* their lower 8 bits, in any order */
    uint8_t changed[CHANGE_PIECE / 8 + 8];        /* weight n: bit n % 8 of byte n / 8 */
    size_t equal;                                 /* weights that have the same bits */
    uint32_t most; /* of |w - w0|, the upper half of its bits: the largest */
} change_piece;

/* Counts are multiples of CHANGE_STEP, at most CHANGE_PIECE. */
typedef struct change_kernel {
    /*
     * Compares `count` weights and adds to the sums.  Where an |w - w0| has an exponent above
     * CHANGE_EXPONENT_MOST, `most` tells, the exponents are of no use, and the sums may be
     * infinite or not numbers.
     */
    void (*compare)(detinit_dtype dtype, const void *initial, const void *trained, size_t count,
                    double threshold, change_sums *sums, change_piece *out);

    /* What compare adds to the sums where all |w - w0| are 0: w0^2, to `unchanged`. */
    void (*add_unchanged)(detinit_dtype dtype, const void *initial, size_t count,
                          change_sums *sums);

    /* counts[n] = how many of `count` exponents are `highest` - n, or what is left of it. */
    void (*count_exponents)(const uint8_t *exponents, size_t count, unsigned highest,
                            uint32_t counts[4]);

    /* counts[e - CHANGE_EXPONENT_LEAST] += 1 for each exponent e <= highest: fast where they are
     * few. */
    void (*count_few)(const uint8_t *exponents, size_t count, unsigned highest, uint64_t *counts);

    /* How many of `count` bits are set. */
    size_t (*count_bits)(const uint8_t *bits, size_t count);

    /* deltas[n] = |w - w0|, not a number where both are infinite. */
    void (*differences)(detinit_dtype dtype, const void *initial, const void *trained, size_t count,
                        double *deltas);
} change_kernel;

#endif
