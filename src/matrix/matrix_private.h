/* What a matrix is made of, for the sources that make weights from it. */
#ifndef DETINIT_MATRIX_MATRIX_PRIVATE_H
#define DETINIT_MATRIX_MATRIX_PRIVATE_H

#include "detinit.h"
#include "kernel/draw_kernel.h"
#include "number/address.h"

#include <stdatomic.h>

struct detinit_matrix {
    atomic_uint owners;
    detinit_recipe recipe;
    detinit_dist dist;
    double (*draw)(uint64_t key); /* of dist */
    double std;
    uint64_t rows, cols;
    uint64_t layer_key; /* the seed folded with the layer */
    const draw_kernel *kernel;
    uint64_t hashed_count;
    uint64_t *hashed_cols; /* hash64 of the columns below hashed_count */
    double *orthogonal;    /* all weights of an orthogonal matrix, unrounded; else NULL */
};

/* The indices of a row of the tensor seen as a matrix: all but the last. */
void matrix_row_indices(const detinit_recipe *recipe, uint64_t row, uint64_t *indices);

/* The key of everything in the address but the last index: of any tensor, and quickly of a matrix.
 */
uint64_t matrix_tensor_row_key(const detinit_matrix *m, uint64_t row);

static inline uint64_t matrix_row_key(const detinit_matrix *m, uint64_t row)
{
    return m->recipe.rank == 2 ? fold(m->layer_key, row) : matrix_tensor_row_key(m, row);
}

#endif
