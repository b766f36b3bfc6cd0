/* Singular values and Gram matrices of numbers that no recipe made. */
#ifndef DETINIT_DESCRIBE_SPECTRUM_H
#define DETINIT_DESCRIBE_SPECTRUM_H

#include "detinit.h"

/*
 * The min(rows, cols) singular values, descending, of rows x cols finite numbers, row by row, which
 * are destroyed.  DETINIT_NUMERIC where one is not finite, DETINIT_NOT_BUILT without LAPACK.
 */
detinit_status spectrum_of_values(double *values, uint64_t rows, uint64_t cols,
                                  const detinit_run *run, double *singular, detinit_error *error);

/* The products of the vectors of the shorter side, n x n of them; the numbers stay. */
detinit_status spectrum_gram_of_values(const double *values, uint64_t rows, uint64_t cols,
                                       const detinit_run *run, double *gram, detinit_error *error);

#endif
