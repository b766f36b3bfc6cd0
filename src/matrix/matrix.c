/* A recipe made ready, from first owner to last. */
#include "matrix/matrix.h"

#include "base/byteorder.h"
#include "base/error.h"
#include "base/progress.h"
#include "kernel/kernels.h"
#include "matrix/matrix_private.h"
#include "matrix/orthogonal.h"
#include "matrix/self_check.h"
#include "matrix/slice.h"
#include "number/address.h"

#include <stdlib.h>
#include <string.h>

/*
 * hash64 of the columns is kept with the matrix, since all rows share it, as long
 * as it is 512 KB at most; for longer rows it is made again where it is needed.
 */
#define HASHED_COLS_MOST ((uint64_t)1 << 16)

/* rows * cols * 8, or UINT64_MAX. */
static uint64_t double_bytes(uint64_t rows, uint64_t cols)
{
    return cols > 0 && rows > UINT64_MAX / 8 / cols ? UINT64_MAX : rows * cols * 8;
}

static uint64_t hashed_count(uint64_t cols)
{
    return cols <= HASHED_COLS_MOST ? cols : 0;
}

/* ------------------------------------------------------------ what it holds */

/*
 * The shape of what is made orthogonal and held: the tensor as its layer has it, or the centre of a
 * kernel, out x in.  False where nothing is.
 */
static bool held_shape(const detinit_recipe *r, uint64_t *rows, uint64_t *cols)
{
    if (r->part_count > 0)
        return false;
    if (r->mode == DETINIT_DELTA_ORTHOGONAL) {
        const bool last = r->fan_in == DETINIT_FAN_IN_ROWS;
        *rows = last ? r->shape[r->rank - 1] : r->shape[0];
        *cols = last ? r->shape[r->rank - 2] : r->shape[1];
        return true;
    }
    if (!r->orthogonal)
        return false;
    detinit_recipe_layer_shape(r, rows, cols);
    return true;
}

static bool holds_weights(const detinit_recipe *recipe)
{
    uint64_t rows, cols;
    for (size_t n = 0; n < recipe->part_count; n++)
        if (holds_weights(&recipe->parts[n]))
            return true;
    return held_shape(recipe, &rows, &cols);
}

/* a + b, or UINT64_MAX. */
static uint64_t add_bytes(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

uint64_t detinit_matrix_memory(const detinit_recipe *recipe)
{
    uint64_t rows, cols, bytes = sizeof(detinit_matrix);
    for (size_t n = 0; n < recipe->part_count; n++)
        bytes = add_bytes(bytes, sizeof(detinit_recipe) + sizeof(detinit_matrix *) +
                                     detinit_matrix_memory(&recipe->parts[n]));
    bytes = add_bytes(bytes, 8 * (hashed_count(detinit_recipe_cols(recipe)) + DRAW_STEP));
    if (!held_shape(recipe, &rows, &cols))
        return bytes;
    return add_bytes(add_bytes(bytes, double_bytes(rows, cols)), orthogonal_scratch(rows, cols));
}

/* The recipe of the standard normals that an orthogonal tensor is made of. */
static detinit_recipe normals_of(const detinit_recipe *r, uint64_t rows, uint64_t cols)
{
    const uint64_t centre[] = {rows, cols};
    const bool is_centre = r->mode == DETINIT_DELTA_ORTHOGONAL;
    detinit_recipe normal = detinit_recipe_tensor(r->seed, r->layer, is_centre ? 2 : r->rank,
                                                  is_centre ? centre : r->shape);
    normal.mode = DETINIT_NORMAL;
    normal.dist = DETINIT_DIST_NORMAL;
    normal.std = 1;
    return normal;
}

static detinit_status make_orthogonal(detinit_matrix *m, const detinit_run *run,
                                      detinit_error *error)
{
    uint64_t rows, cols;
    if (!held_shape(&m->recipe, &rows, &cols))
        return DETINIT_OK;
    uint64_t bytes = double_bytes(rows, cols);
    if (bytes > SIZE_MAX / 4 || (m->orthogonal = malloc((size_t)bytes + 1)) == NULL)
        return error_set(error, DETINIT_NO_MEMORY,
                         "an orthogonal %llu x %llu matrix does not fit in memory",
                         (unsigned long long)rows, (unsigned long long)cols);
    const detinit_recipe normal = normals_of(&m->recipe, rows, cols);
    detinit_matrix *z;
    detinit_status status = detinit_matrix_new(&normal, run, &z, error);
    if (status != DETINIT_OK)
        return status;
    /* Drawing is the smaller part of the work: of 1000 x 1000, 2 of 77 ms. */
    shared_progress progress = {.run = run, .total = 32 * (bytes / 8)};
    detinit_run part = progress_share(&progress, bytes / 8);
    status = detinit_matrix_fill(z, &part, m->orthogonal, error);
    detinit_matrix_free(z);
    if (status != DETINIT_OK)
        return status;
    turn_little_endian(m->orthogonal, sizeof *m->orthogonal, (size_t)(bytes / 8));
    part = progress_share(&progress, 31 * (bytes / 8));
    return orthogonal_factor(m->orthogonal, (size_t)rows, (size_t)cols,
                             detinit_recipe_orthogonal_gain(&m->recipe), &part, error);
}

/* --------------------------------------------------------------------- parts */

static detinit_status make_parts(detinit_matrix *m, const detinit_run *run, detinit_error *error)
{
    const size_t count = m->recipe.part_count;
    if (count == 0)
        return DETINIT_OK;
    m->parts = calloc(count, sizeof *m->parts);
    m->part_recipes = malloc(count * sizeof *m->part_recipes);
    if (m->parts == NULL || m->part_recipes == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for a matrix");
    memcpy(m->part_recipes, m->recipe.parts, count * sizeof *m->part_recipes);
    m->recipe.parts = m->part_recipes;
    shared_progress progress = {.run = run, .total = m->recipe.shape[m->recipe.part_axis]};
    detinit_status status = DETINIT_OK;
    for (size_t n = 0; n < count && status == DETINIT_OK; n++) {
        const detinit_run share =
            progress_share(&progress, m->part_recipes[n].shape[m->recipe.part_axis]);
        status = detinit_matrix_new(&m->part_recipes[n], &share, &m->parts[n], error);
    }
    return status;
}

static void free_parts(detinit_matrix *m)
{
    for (size_t n = 0; m->parts != NULL && n < m->recipe.part_count; n++)
        detinit_matrix_free(m->parts[n]);
    free(m->parts);
    free(m->part_recipes);
}

const detinit_matrix *matrix_part_at(const detinit_matrix *m, uint64_t *row, uint64_t *col,
                                     uint64_t *left)
{
    const bool in_columns = m->recipe.rank == 1 || m->recipe.part_axis == 1;
    uint64_t *at = in_columns ? col : row;
    size_t n = 0;
    for (;; n++) {
        const uint64_t size = in_columns ? m->parts[n]->cols : m->parts[n]->rows;
        if (*at < size)
            break;
        *at -= size;
    }
    const detinit_matrix *part = m->parts[n];
    const uint64_t rows = m->recipe.part_axis == 1 ? 1 : part->rows - *row;
    *left = rows > UINT64_MAX / part->cols ? UINT64_MAX : rows * part->cols - *col;
    return part;
}

/* ------------------------------------------------------- from first to last */

/* Whether nothing is done to the weights but what the draw kernel does. */
static bool is_plain(const detinit_matrix *m)
{
    const detinit_recipe *r = &m->recipe;
    return m->is_drawn && r->rank > 0 && !slice_is_zero_mean(m) && r->mean == 0 && r->zero == 0 &&
           !r->has_zero_row && (r->via == DETINIT_FLOAT64 || r->via == r->dtype);
}

static detinit_status hash_cols(detinit_matrix *m, detinit_error *error)
{
    m->hashed_count = hashed_count(m->cols);
    m->hashed_cols = malloc((size_t)(m->hashed_count + DRAW_STEP) * sizeof *m->hashed_cols);
    if (m->hashed_cols == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for a matrix");
    m->kernel->hash_indices(0, (size_t)m->hashed_count, m->hashed_cols);
    return DETINIT_OK;
}

detinit_status detinit_matrix_new(const detinit_recipe *recipe, const detinit_run *run,
                                  detinit_matrix **out, detinit_error *error)
{
    detinit_status status = detinit_recipe_check(recipe, error);
    if (status != DETINIT_OK)
        return status;
    detinit_matrix *m = calloc(1, sizeof *m);
    if (m == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for a matrix");
    atomic_init(&m->owners, 1);
    m->recipe = *recipe;
    m->dist = detinit_recipe_dist(recipe);
    m->is_drawn = detinit_recipe_is_drawn(recipe);
    m->is_plain = is_plain(m);
    m->std = detinit_recipe_std(recipe);
    m->rows = detinit_recipe_rows(recipe);
    m->cols = detinit_recipe_cols(recipe);
    m->layer_key = fold(recipe->seed, recipe->layer);
    m->kernel = kernels_for(run)->draw;
    status = self_check(m->kernel, error);
    if (status == DETINIT_OK)
        status = hash_cols(m, error);
    if (status == DETINIT_OK)
        status = make_parts(m, run, error);
    if (status == DETINIT_OK)
        status = make_orthogonal(m, run, error);
    if (status != DETINIT_OK) {
        detinit_matrix_free(m);
        return status;
    }
    *out = m;
    return DETINIT_OK;
}

detinit_status matrix_new_in_share(const detinit_recipe *recipe, shared_progress *progress,
                                   uint64_t size, detinit_matrix **out, detinit_run *rest,
                                   detinit_error *error)
{
    const uint64_t making = holds_weights(recipe) ? size / 2 : 0;
    const detinit_run run = progress_share(progress, making);
    detinit_status status = detinit_matrix_new(recipe, &run, out, error);
    *rest = progress_share(progress, size - making);
    return status;
}

void detinit_matrix_free(detinit_matrix *m)
{
    if (m == NULL || atomic_fetch_sub(&m->owners, 1) > 1)
        return;
    free_parts(m);
    free(m->hashed_cols);
    free(m->orthogonal);
    free(m);
}

detinit_matrix *detinit_matrix_share(detinit_matrix *m)
{
    atomic_fetch_add(&m->owners, 1);
    return m;
}

const detinit_recipe *detinit_matrix_recipe(const detinit_matrix *m)
{
    return &m->recipe;
}
