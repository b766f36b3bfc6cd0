/* Products of matrices of float32: the one place where training calls BLAS. */
#ifndef DETINIT_TRAIN_PRODUCT_H
#define DETINIT_TRAIN_PRODUCT_H

#include "detinit.h"

/* DETINIT_OK, or DETINIT_NOT_BUILT where detinit is configured --without-lapack. */
detinit_status product_built(detinit_error *error);

/* A factor as it is stored, or its transpose. */
typedef enum turn { AS_IS, TURNED } turn;

/* c = beta c + a b, a (or its transpose) m x k and b (or its transpose) k x n, row-major. */
void product(turn of_a, turn of_b, size_t m, size_t n, size_t k, const float *a, const float *b,
             float beta, float *c);

/* The threads that products have for a run (which may be NULL). */
unsigned product_threads(const detinit_run *run);

/* Around all products, with the threads of a run: blas_begin and blas_end of "describe/blas.h". */
detinit_status product_begin(const detinit_run *run, int *before, detinit_error *error);
void product_end(int before);

#endif
