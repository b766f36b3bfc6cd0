/* Many draws of a matrix in storage order, by the kernels: times a factor, in any storage type. */
#ifndef DETINIT_MATRIX_DRAWS_H
#define DETINIT_MATRIX_DRAWS_H

#include "matrix/matrix_private.h"

/*
 * A walk over the tensor in storage order.  The keys of the leading indices are
 * kept, since from one row to the next most often only the last of them changes.
 */
typedef struct draw_walk {
    const detinit_matrix *matrix;
    uint64_t row, col;
    uint64_t index[DETINIT_MAX_RANK]; /* of the row: rank - 1 of them */
    uint64_t key[DETINIT_MAX_RANK];   /* key[n]: of everything before index n */
} draw_walk;

/* Begins at (row, col). */
draw_walk draws_from(const detinit_matrix *matrix, uint64_t row, uint64_t col);

/* The next `count` draws times `factor`, packed as `dtype`. */
void draws_take(draw_walk *w, uint64_t count, double factor, detinit_dtype dtype, void *out);

/* The next `count` draws as numbers of this machine. */
void draws_take_values(draw_walk *w, size_t count, double *out);

/* Weights that are handled together where something has to be kept beside them. */
#define DRAWS_CHUNK 512

/*
 * hash64 of `count` columns from `col` on, as the draw kernel takes them: those that the matrix
 * holds, or made in `room` for DRAWS_CHUNK of them.
 */
const uint64_t *draws_hashed_cols(const detinit_matrix *matrix, uint64_t col, size_t count,
                                  uint64_t *room);

#endif
