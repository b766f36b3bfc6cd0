/* Our own Householder QR: its bits are part of the generator. */
#ifndef DETINIT_MATRIX_ORTHOGONAL_H
#define DETINIT_MATRIX_ORTHOGONAL_H

#include "detinit.h"

/* Bytes that orthogonal_factor needs beside the matrix; UINT64_MAX where that overflows. */
uint64_t orthogonal_scratch(uint64_t rows, uint64_t cols);

/*
 * Replaces the row-major rows x cols matrix `a` of standard normals by a
 * Haar-distributed one with orthonormal columns (rows, where rows < cols),
 * times `gain`.  May be cancelled; `a` is then worth nothing.
 */
detinit_status orthogonal_factor(double *a, size_t rows, size_t cols, double gain,
                                 const detinit_run *run, detinit_error *error);

#endif
