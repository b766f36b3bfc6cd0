/* A tensor seen as the matrix whose rows and columns are compared with one another. */
#ifndef DETINIT_AUDIT_MATRIX_VIEW_H
#define DETINIT_AUDIT_MATRIX_VIEW_H

#include "detinit_files.h"

typedef struct matrix_view {
    uint64_t rows, cols;
} matrix_view;

/* By its first dimension, or by its last: which is nearer to square. Of rank 2 or more. */
matrix_view matrix_view_of(const detinit_tensor *tensor);

#endif
