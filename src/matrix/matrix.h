/* Inside a matrix: how blocks of weights are made. */
#ifndef DETINIT_MATRIX_MATRIX_H
#define DETINIT_MATRIX_MATRIX_H

#include "base/progress.h"
#include "detinit.h"

/*
 * Makes a matrix within a share of `size` that ends with a pass over its weights: *rest is the
 * run for that pass.  Making an orthogonal one is half of the share, any other nothing of it.
 */
detinit_status matrix_new_in_share(const detinit_recipe *recipe, shared_progress *progress,
                                   uint64_t size, detinit_matrix **out, detinit_run *rest,
                                   detinit_error *error);

/*
 * Weights in storage order, cut into blocks: parts of one row where rows are
 * long, else several whole rows.  The cut depends on the shape alone.
 */
#define MATRIX_BLOCK ((size_t)1 << 16)

/* How many blocks there are; 0 where the matrix has more than 2^64 - 1 weights. */
uint64_t matrix_block_count(const detinit_matrix *matrix);

/* Where block `index` lies: sets row, col, rows and cols, and leaves the rest. */
void matrix_block_place(const detinit_matrix *matrix, uint64_t index, detinit_block *block);

/*
 * Makes the rows * cols weights in storage order that begin at a place, packed in the storage
 * type: of a block, which is a part of a row or whole rows, or any others.
 */
void matrix_make_block(const detinit_matrix *matrix, const detinit_block *place, void *stored);

/* `count` weights in storage order from (row, col) as they are before rounding to the dtype. */
void matrix_make_unrounded(const detinit_matrix *matrix, uint64_t row, uint64_t col, uint64_t count,
                           double *out);

#endif
