/* A recipe made ready, from first owner to last. */
#include "matrix/matrix.h"

#include "base/error.h"
#include "base/progress.h"
#include "kernel/kernels.h"
#include "matrix/matrix_private.h"
#include "matrix/orthogonal.h"
#include "number/address.h"
#include "number/dist.h"

#include <stdlib.h>

/*
 * hash64 of the columns is kept with the matrix, since all rows share it, as long
 * as it is 512 KB at most; for longer rows it is made again where it is needed.
 */
#define HASHED_COLS_MOST ((uint64_t)1 << 16)

/* rows * cols * 8, or UINT64_MAX. */
static uint64_t double_bytes(const detinit_recipe *recipe)
{
    uint64_t count;
    if (!detinit_recipe_count(recipe, &count) || count > UINT64_MAX / 8)
        return UINT64_MAX;
    return count * 8;
}

static uint64_t hashed_count(uint64_t cols)
{
    return cols <= HASHED_COLS_MOST ? cols : 0;
}

uint64_t detinit_matrix_memory(const detinit_recipe *recipe)
{
    uint64_t small =
        sizeof(detinit_matrix) + 8 * (hashed_count(detinit_recipe_cols(recipe)) + DRAW_STEP);
    if (!recipe->orthogonal)
        return small;
    uint64_t held = double_bytes(recipe);
    uint64_t scratch = orthogonal_scratch(recipe->shape[0], recipe->shape[1]);
    return held > UINT64_MAX - scratch - small ? UINT64_MAX : held + scratch + small;
}

static detinit_status make_orthogonal(detinit_matrix *m, const detinit_run *run,
                                      detinit_error *error)
{
    uint64_t bytes = double_bytes(&m->recipe);
    if (bytes > SIZE_MAX / 4 || (m->orthogonal = malloc((size_t)bytes)) == NULL)
        return error_set(error, DETINIT_NO_MEMORY,
                         "an orthogonal %llu x %llu matrix does not fit in memory",
                         (unsigned long long)m->rows, (unsigned long long)m->cols);
    detinit_recipe normal = m->recipe;
    normal.orthogonal = false;
    normal.mode = DETINIT_NORMAL;
    normal.dist = DETINIT_DIST_NORMAL;
    normal.dtype = DETINIT_FLOAT64;
    normal.std = normal.gain = 1;
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
    part = progress_share(&progress, 31 * (bytes / 8));
    return orthogonal_factor(m->orthogonal, (size_t)m->rows, (size_t)m->cols,
                             detinit_recipe_orthogonal_gain(&m->recipe), &part, error);
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
    m->draw = dist_rows[m->dist].draw;
    m->std = detinit_recipe_std(recipe);
    m->rows = detinit_recipe_rows(recipe);
    m->cols = detinit_recipe_cols(recipe);
    m->layer_key = fold(recipe->seed, recipe->layer);
    m->kernel = kernels_for(run)->draw;
    m->hashed_count = hashed_count(m->cols);
    m->hashed_cols = malloc((size_t)(m->hashed_count + DRAW_STEP) * sizeof *m->hashed_cols);
    if (m->hashed_cols == NULL)
        status = error_set(error, DETINIT_NO_MEMORY, "not enough memory for a matrix");
    else
        m->kernel->hash_indices(0, (size_t)m->hashed_count, m->hashed_cols);
    if (status == DETINIT_OK && recipe->orthogonal)
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
    const uint64_t making = recipe->orthogonal ? size / 2 : 0;
    const detinit_run run = progress_share(progress, making);
    detinit_status status = detinit_matrix_new(recipe, &run, out, error);
    *rest = progress_share(progress, size - making);
    return status;
}

void detinit_matrix_free(detinit_matrix *m)
{
    if (m == NULL || atomic_fetch_sub(&m->owners, 1) > 1)
        return;
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
