/* What a matrix is made of, for the sources that make weights from it. */
#ifndef DETINIT_MATRIX_MATRIX_PRIVATE_H
#define DETINIT_MATRIX_MATRIX_PRIVATE_H

#include "detinit.h"
#include "kernel/draw_kernel.h"
#include "number/address.h"
#include "number/dist.h"

#include <stdatomic.h>

struct detinit_matrix {
    atomic_uint owners;
    detinit_recipe recipe;
    detinit_dist dist;
    bool is_drawn; /* one by one: detinit_recipe_is_drawn */
    bool is_plain; /* as the draw kernel makes them, std * draw: nothing else is done */
    double std;
    uint64_t rows, cols;
    uint64_t layer_key; /* the seed folded with the layer */
    const draw_kernel *kernel;
    uint64_t hashed_count;
    uint64_t *hashed_cols; /* hash64 of the columns below hashed_count */
    double *orthogonal;    /* all weights of an orthogonal tensor, unrounded, or the centre of */
                           /* delta_orthogonal, out x in; else NULL */
    struct detinit_matrix **parts; /* of a fused tensor, recipe.part_count of them; else NULL */
    detinit_recipe *part_recipes;  /* its recipe's own copy */
};

/* The draw of the key of an address, by the scalar definition. */
static inline double matrix_draw(const detinit_matrix *m, uint64_t key)
{
    return dist_rows[m->dist].draw(key, m->recipe.cut);
}

/* The indices of a row of the tensor seen as a matrix: all but the last; of rank 1 and more. */
void matrix_row_indices(const detinit_recipe *recipe, uint64_t row, uint64_t *indices);

/* The key of everything in the address but the last index: of any tensor, and quickly of a matrix.
 */
uint64_t matrix_tensor_row_key(const detinit_matrix *m, uint64_t row);

static inline uint64_t matrix_row_key(const detinit_matrix *m, uint64_t row)
{
    return m->recipe.rank == 2 ? fold(m->layer_key, row) : matrix_tensor_row_key(m, row);
}

/*
 * The part of a fused tensor that (row, col) is in: moves both to their place in the part.  *left
 * gets how many weights of the part, in storage order, there are from there on, or UINT64_MAX.
 */
const detinit_matrix *matrix_part_at(const detinit_matrix *m, uint64_t *row, uint64_t *col,
                                     uint64_t *left);

/* Whether the rows that zero_row names hold this place. */
bool matrix_is_in_zero_row(const detinit_matrix *m, uint64_t row, uint64_t col);

/* Whether the recipe's zero makes the weight of this key 0. */
static inline bool matrix_is_zeroed(const detinit_matrix *m, uint64_t key)
{
    return m->recipe.zero > 0 && u01(fold(key, (uint64_t)1 << 63)) < m->recipe.zero;
}

/* The weight at (row, col) of a tensor that is not drawn, before any rounding. */
double undrawn_weight(const detinit_matrix *m, uint64_t row, uint64_t col);

/* `count` of them in storage order, packed as `dtype`. */
void undrawn_make_run(const detinit_matrix *m, uint64_t row, uint64_t col, uint64_t count,
                      detinit_dtype dtype, unsigned char *out);

/*
 * `count` weights in storage order from (row, col), rounded to `via` and then packed as `dtype`:
 * the recipe's own, or others.
 */
void matrix_make_run(const detinit_matrix *m, uint64_t row, uint64_t col, uint64_t count,
                     detinit_dtype via, detinit_dtype dtype, void *out);

#endif
