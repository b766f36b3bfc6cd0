/* Eigenvalues of small symmetric matrices, the same in every build. */
#ifndef DETINIT_AUDIT_EIGENVALUES_H
#define DETINIT_AUDIT_EIGENVALUES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The n eigenvalues of a symmetric matrix, which is destroyed, in any order; `work` has room for
 * 2 n.  False where they are not found, which finite matrices do not do.
 */
bool eigenvalues_of(double *a, size_t n, double *values, double *work);

#endif
