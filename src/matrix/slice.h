/*
 * Zero-mean slices of convolution kernels: each draw less the mean of its slice's, times what
 * gives back the variance.
 */
#ifndef DETINIT_MATRIX_SLICE_H
#define DETINIT_MATRIX_SLICE_H

#include "matrix/matrix_private.h"

/* Whether draws are taken less the mean of their slice: a 1 x 1 slice is left as drawn. */
static inline bool slice_is_zero_mean(const detinit_matrix *m)
{
    return m->recipe.zero_mean && (m->recipe.shape[2] > 1 || m->recipe.shape[3] > 1);
}

/* sqrt(k / (k - 1)), k = h * w: gives back the variance that taking the mean off costs. */
double slice_scale(const detinit_matrix *matrix);

/* The mean of the draws of the slice that `row` is in: summed in storage order. */
double slice_mean(const detinit_matrix *matrix, uint64_t row);

/* `count` of std * draw in storage order from (row, col), packed as `dtype`. */
void slice_make_run(const detinit_matrix *matrix, uint64_t row, uint64_t col, uint64_t count,
                    detinit_dtype dtype, unsigned char *out);

#endif
