/*
 * The loops that all weights of a survey go through, compiled once for each instruction set.
 * All give the same bits.
 */
#ifndef DETINIT_KERNEL_SURVEY_KERNEL_H
#define DETINIT_KERNEL_SURVEY_KERNEL_H

#include <stddef.h>
#include <stdint.h>

/* Powers that are summed, and the lanes of each sum: weight n goes to lane n % SURVEY_LANES. */
#define SURVEY_POWERS 4
#define SURVEY_LANES  8

typedef struct survey_kernel {
    /* sums[k][lane] = the sum of (scale * value)^(k + 1); `count` is a multiple of the lanes. */
    void (*sum_powers)(const double *values, size_t count, double scale,
                       double sums[SURVEY_POWERS][SURVEY_LANES]);

    /* How many of the values are below `min` or above `max`. */
    int64_t (*count_beyond)(const double *values, size_t count, double min, double max);

    /* found[n] = values[n] * inverse + zero without its fraction, at least 0 and at most `last`. */
    void (*find_bins)(const double *values, size_t count, double inverse, double zero, double last,
                      int32_t *found);
} survey_kernel;

#endif
