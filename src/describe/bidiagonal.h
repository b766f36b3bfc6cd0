/*
 * Singular values by LAPACK's own steps, with a report of progress between them: dgesdd as a
 * whole cannot be interrupted, and takes minutes for a few thousand rows and columns.
 */
#ifndef DETINIT_DESCRIBE_BIDIAGONAL_H
#define DETINIT_DESCRIBE_BIDIAGONAL_H

#include "detinit.h"

/* Doubles of workspace that it needs. */
uint64_t bidiagonal_workspace(size_t rows, size_t cols);

/*
 * The min(rows, cols) singular values, descending, of a finite matrix in column-major order,
 * which is destroyed.  DETINIT_CANCELLED leaves `singular` undefined.
 */
detinit_status bidiagonal_singular_values(double *a, size_t rows, size_t cols,
                                          const detinit_run *run, double *singular,
                                          detinit_error *error);

#endif
