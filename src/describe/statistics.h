/*
 * Moments and extremes of weights, block by block.
 */
#ifndef DETINIT_DESCRIBE_STATISTICS_H
#define DETINIT_DESCRIBE_STATISTICS_H

#include "detinit_describe.h"
#include "describe/theory.h"
#include "kernel/survey_kernel.h"

#define TALLY_POWERS SURVEY_POWERS

/* Matrices of at most this many weights have their moments made in two passes. */
#define TALLY_FEW 64

/* What is known of the weights seen so far. Plain data. */
struct tally {
    uint64_t count, zeros, infinite;
    double sums[TALLY_POWERS]; /* of (scale * (weight - centre))^k, k = 1 .. 4 */
    double lost[TALLY_POWERS]; /* what rounding took from each sum (Neumaier 1974) */
    double min, max;
    uint64_t min_row, min_col, max_row, max_col; /* the first place of each */
};

/* Weights are looked at from the centre, so that moments do not cancel, in units near their std. */
struct tally_unit {
    double centre;
    double scale; /* a power of two: powers neither vanish nor overflow */
};

struct tally_unit tally_unit_of(const struct theory *theory);

/* A tally of nothing. */
void tally_clear(struct tally *tally);

/* Weights are looked at in chunks of this many, which stay in the first-level cache. */
#define TALLY_CHUNK 1024

/*
 * Adds a chunk: the `count` values from number `from` of a block on, a multiple
 * of TALLY_CHUNK.  The result does not depend on the kernel.
 */
void tally_chunk(struct tally *tally, const detinit_block *block, size_t from, const double *values,
                 size_t count, struct tally_unit unit, const survey_kernel *kernel);

/* Adds `next`, whose weights follow in storage order. */
void tally_merge(struct tally *tally, const struct tally *next);

/*
 * The statistics of a tally, but for `sampled`, `underflowed` and the Kolmogorov-Smirnov test.
 * `few` holds the weights themselves where there are at most TALLY_FEW.
 */
void tally_statistics(const struct tally *tally, struct tally_unit unit, const double *few,
                      const struct theory *theory, detinit_statistics *out);

#endif
