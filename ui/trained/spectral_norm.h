/* The largest singular value of a matrix, by a few products with vectors. */
#ifndef UI_TRAINED_SPECTRAL_NORM_H
#define UI_TRAINED_SPECTRAL_NORM_H

#include <stddef.h>

/*
 * Of a row-major matrix of rows x cols weights; both at least 1.  Lanczos' method on W'W from a
 * fixed start, 32 steps at most, each made orthogonal to all before (Golub & Van Loan, Matrix
 * Computations, 10.3): never above the largest singular value but for rounding, and within a
 * percent of it for matrices as networks have them.  The same bits every time.  NAN where weights
 * are not finite, -1 without memory: it takes 32 vectors of the shorter side.
 */
double spectral_norm(const double *weights, size_t rows, size_t cols);

#endif
