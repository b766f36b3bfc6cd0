/*
 * Counting weights in bins of equal width that are known beforehand.
 */
#ifndef DETINIT_DESCRIBE_HISTOGRAM_H
#define DETINIT_DESCRIBE_HISTOGRAM_H

#include "detinit_describe.h"
#include "describe/theory.h"
#include "kernel/survey_kernel.h"

/* Bin k of `bins` covers [(k - zero) * width, (k + 1 - zero) * width); zero is a whole number. */
struct bins {
    size_t bins;
    double zero, width;
};

/* Bins for `count` weights, enough of them for any that the recipe can make. */
struct bins histogram_bins(const struct theory *theory, uint64_t count);

/*
 * Adds `count` < 2^32 weights to `counts`, one number for each bin; what lies
 * outside, which only an overflow of the storage type can, goes to the first or
 * last bin.
 */
void histogram_count(const struct bins *bins, const double *values, size_t count, uint32_t *counts,
                     const survey_kernel *kernel);

/*
 * The histogram of `counts`, trimmed to the occupied bins, and what the theory
 * expects of as many weights.  Freed by histogram_free.
 */
detinit_status histogram_make(const struct bins *bins, const uint64_t *counts,
                              const struct theory *theory, detinit_histogram *out,
                              detinit_error *error);
void histogram_free(detinit_histogram *histogram);

#endif
