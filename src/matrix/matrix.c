/* A recipe made ready: one weight, a window, rows, all of it. */
#include "matrix/matrix.h"

#include "number/address.h"
#include "number/dtype.h"
#include "base/error.h"
#include "number/dist.h"
#include "number/gaussian.h"
#include "kernel/kernels.h"
#include "matrix/orthogonal.h"
#include "base/progress.h"
#include "base/threads.h"

#include <stdatomic.h>
#include <stdlib.h>

/*
 * hash64 of the columns is kept with the matrix, since all rows share it, as long
 * as it is 512 KB at most; for longer rows it is made again where it is needed.
 */
#define HASHED_COLS_MOST ((uint64_t)1 << 16)

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

/* ------------------------------------------------------------------ making */

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

/* -------------------------------------------------------------- one weight */

/* The indices of a row of the tensor seen as a matrix: all but the last. */
static void row_indices(const detinit_recipe *recipe, uint64_t row, uint64_t *indices)
{
    for (size_t n = recipe->rank - 1; n-- > 0;) {
        indices[n] = row % recipe->shape[n];
        row /= recipe->shape[n];
    }
}

/* The key of everything in the address but the last index. */
static uint64_t row_key(const detinit_matrix *m, uint64_t row)
{
    if (m->recipe.rank == 2)
        return fold(m->layer_key, row);
    uint64_t indices[DETINIT_MAX_RANK] = {0};
    row_indices(&m->recipe, row, indices);
    return detinit_key(m->layer_key, indices, m->recipe.rank - 1);
}

/* --------------------------------------------------------- zero-mean slices */

/* Whether draws are taken less the mean of their slice: a 1 x 1 slice is left as drawn. */
static bool is_zero_mean(const detinit_matrix *m)
{
    return m->recipe.zero_mean && (m->recipe.shape[2] > 1 || m->recipe.shape[3] > 1);
}

/* sqrt(k / (k - 1)), k = h * w: gives back the variance that taking the mean off costs. */
static double slice_scale(const detinit_matrix *m)
{
    double k = (double)m->recipe.shape[2] * (double)m->recipe.shape[3];
    return __builtin_sqrt(k / (k - 1.0));
}

/* The mean of the draws of the slice that `row` is in: summed in storage order. */
static double slice_mean(const detinit_matrix *m, uint64_t row)
{
    uint64_t height = m->recipe.shape[2], first = row - row % height;
    double sum = 0;
    for (uint64_t y = 0; y < height; y++) {
        uint64_t key = row_key(m, first + y);
        for (uint64_t x = 0; x < m->cols; x++)
            sum += m->draw(fold(key, x));
    }
    return sum / ((double)height * (double)m->cols);
}

/* --------------------------------------------------------------- many draws */

/*
 * A walk over the tensor in storage order.  The keys of the leading indices are
 * kept, since from one row to the next most often only the last of them changes.
 */
typedef struct walk {
    const detinit_matrix *matrix;
    uint64_t row, col;
    uint64_t index[DETINIT_MAX_RANK]; /* of the row: rank - 1 of them */
    uint64_t key[DETINIT_MAX_RANK];   /* key[n]: of everything before index n */
} walk;

/* Brings the keys after index `from` up to date. */
static void refold(walk *w, size_t from)
{
    for (size_t n = from; n + 1 < w->matrix->recipe.rank; n++)
        w->key[n + 1] = fold(w->key[n], w->index[n]);
}

static walk start_walk(const detinit_matrix *m, uint64_t row, uint64_t col)
{
    walk w = {.matrix = m, .row = row, .col = col, .key = {m->layer_key}};
    row_indices(&m->recipe, row, w.index);
    refold(&w, 0);
    return w;
}

static void next_row(walk *w)
{
    const detinit_recipe *recipe = &w->matrix->recipe;
    size_t n = recipe->rank - 1;
    w->col = 0;
    w->row++;
    while (n > 0 && ++w->index[n - 1] == recipe->shape[n - 1] && n > 1)
        w->index[--n] = 0;
    refold(w, n > 0 ? n - 1 : 0);
}

/* Weights that are handled together where something has to be kept beside them. */
#define CHUNK 512

/* Rows from this width on are drawn one by one, narrower ones many at a time. */
#define WIDE_ROW 64

/* hash64 of `count` columns from `col`: from the matrix, or made in `room` for CHUNK of them. */
static const uint64_t *hashed_cols(const detinit_matrix *m, uint64_t col, size_t count,
                                   uint64_t *room)
{
    if (col + count <= m->hashed_count)
        return m->hashed_cols + col;
    m->kernel->hash_indices(col, count, room);
    return room;
}

/* The next `count` draws times `std`, all within one row. */
static void draw_row(walk *w, size_t count, double std, detinit_dtype dtype, unsigned char *out)
{
    const detinit_matrix *m = w->matrix;
    const uint64_t row_key = w->key[m->recipe.rank - 1];
    while (count > 0) {
        uint64_t room[CHUNK];
        const size_t part = w->col + count <= m->hashed_count || count < CHUNK ? count : CHUNK;
        const uint64_t *hashed = hashed_cols(m, w->col, part, room);
        m->kernel->draw(m->dist, row_key, hashed, part, std, dtype, out);
        out += part * detinit_dtype_size(dtype);
        w->col += part;
        count -= part;
    }
    if (w->col == m->cols)
        next_row(w);
}

/* The next `count` draws times `std`, CHUNK at most, across rows. */
static void draw_narrow_rows(walk *w, size_t count, double std, detinit_dtype dtype, void *out)
{
    const detinit_matrix *m = w->matrix;
    uint64_t unhashed[CHUNK];
    for (size_t n = 0; n < count; n++) {
        unhashed[n] = w->key[m->recipe.rank - 1] ^ m->hashed_cols[w->col];
        if (++w->col == m->cols)
            next_row(w);
    }
    for (size_t n = count; n % DRAW_STEP != 0; n++)
        unhashed[n] = 0;
    m->kernel->draw(m->dist, 0, unhashed, count, std, dtype, out);
}

/* The next `count` draws times `std`, packed as `dtype`. */
static void draw_run(walk *w, uint64_t count, double std, detinit_dtype dtype, unsigned char *out)
{
    const detinit_matrix *m = w->matrix;
    while (count > 0) {
        const bool wide = m->cols >= WIDE_ROW;
        const uint64_t most = wide ? m->cols - w->col : CHUNK;
        const size_t part = (size_t)(count < most ? count : most);
        if (wide)
            draw_row(w, part, std, dtype, out);
        else
            draw_narrow_rows(w, part, std, dtype, out);
        out += part * detinit_dtype_size(dtype);
        count -= part;
    }
}

/* draws[n] = (draws[n] - mean) * scale */
static void centre(double *draws, size_t count, double mean, double scale)
{
    for (size_t n = 0; n < count; n++)
        draws[n] = (draws[n] - mean) * scale;
}

/* Adds `count` draws to a sum, one after the other. */
static double sum_draws(double sum, const double *draws, size_t count)
{
    for (size_t n = 0; n < count; n++)
        sum += draws[n];
    return sum;
}

/* Weights of zero-mean slices are made in CHUNKs of whole slices, where slices are that small. */
typedef struct slice_walk {
    const detinit_matrix *matrix;
    size_t size;     /* h * w */
    uint64_t slice;  /* o * in + i */
    size_t position; /* within the slice */
    bool has_mean;   /* of this slice, where slices are larger than a CHUNK */
    double mean, scale;
} slice_walk;

static size_t least(uint64_t a, uint64_t b)
{
    return (size_t)(a < b ? a : b);
}

/* The next draws of several small slices; `count` of them go out. */
static size_t centre_small(slice_walk *w, uint64_t count, double *draws, double **first)
{
    const size_t slices = least(CHUNK / w->size, (w->position + count - 1) / w->size + 1);
    const size_t part = least(count, slices * w->size - w->position);
    walk from = start_walk(w->matrix, w->slice * w->matrix->recipe.shape[2], 0);
    draw_run(&from, slices * w->size, 1.0, DETINIT_FLOAT64, (unsigned char *)draws);
    for (double *of = draws; of < draws + slices * w->size; of += w->size)
        centre(of, w->size, sum_draws(0, of, w->size) / (double)w->size, w->scale);
    *first = draws + w->position;
    return part;
}

/* The mean of a slice larger than `draws`, a CHUNK. */
static double large_mean(const slice_walk *w, double *draws)
{
    walk from = start_walk(w->matrix, w->slice * w->matrix->recipe.shape[2], 0);
    double sum = 0;
    for (size_t left = w->size; left > 0;) {
        const size_t part = least(left, CHUNK);
        draw_run(&from, part, 1.0, DETINIT_FLOAT64, (unsigned char *)draws);
        sum = sum_draws(sum, draws, part);
        left -= part;
    }
    return sum / (double)w->size;
}

/* The next draws of a large slice. */
static size_t centre_large(slice_walk *w, uint64_t count, double *draws, double **first)
{
    const uint64_t height = w->matrix->recipe.shape[2], cols = w->matrix->cols;
    const size_t part = least(least(count, CHUNK), w->size - w->position);
    if (!w->has_mean)
        w->mean = large_mean(w, draws);
    w->has_mean = true;
    walk from = start_walk(w->matrix, w->slice * height + w->position / cols, w->position % cols);
    draw_run(&from, part, 1.0, DETINIT_FLOAT64, (unsigned char *)draws);
    centre(draws, part, w->mean, w->scale);
    *first = draws;
    return part;
}

static void make_centred_run(const detinit_matrix *m, uint64_t row, uint64_t col, uint64_t count,
                             unsigned char *out)
{
    const uint64_t height = m->recipe.shape[2];
    slice_walk w = {.matrix = m,
                    .size = (size_t)(height * m->cols),
                    .slice = row / height,
                    .position = (size_t)(row % height * m->cols + col),
                    .scale = slice_scale(m)};
    while (count > 0) {
        double draws[CHUNK], *first;
        const size_t part = w.size <= CHUNK ? centre_small(&w, count, draws, &first)
                                            : centre_large(&w, count, draws, &first);
        m->kernel->scale(m->std, first, part, m->recipe.dtype, out);
        out += part * detinit_dtype_size(m->recipe.dtype);
        count -= part;
        w.position += part;
        if (w.position >= w.size) {
            w.slice += w.position / w.size;
            w.position %= w.size;
            w.has_mean = false;
        }
    }
}

/* `count` weights in storage order from (row, col), packed as the recipe's dtype. */
static void make_run(const detinit_matrix *m, uint64_t row, uint64_t col, uint64_t count,
                     unsigned char *out)
{
    if (m->orthogonal != NULL) {
        const double *from = m->orthogonal + row * m->cols + col;
        m->kernel->scale(1.0, from, (size_t)count, m->recipe.dtype, out);
    } else if (is_zero_mean(m)) {
        make_centred_run(m, row, col, count, out);
    } else {
        walk w = start_walk(m, row, col);
        draw_run(&w, count, m->std, m->recipe.dtype, out);
    }
}

/* ------------------------------------------------------- the four ways in */

detinit_status detinit_matrix_weight(const detinit_matrix *m, uint64_t row, uint64_t col,
                                     double *weight)
{
    if (row >= m->rows || col >= m->cols)
        return DETINIT_INVALID;
    double value;
    if (m->orthogonal != NULL) {
        value = m->orthogonal[row * m->cols + col];
    } else {
        double draw = m->draw(fold(row_key(m, row), col));
        if (is_zero_mean(m))
            draw = (draw - slice_mean(m, row)) * slice_scale(m);
        value = m->std * draw;
    }
    *weight = m->recipe.dtype == DETINIT_FLOAT64 ? value : dtype_round(m->recipe.dtype, value);
    return DETINIT_OK;
}

static bool has_place(const detinit_matrix *m, uint64_t row, uint64_t col, uint64_t rows,
                      uint64_t cols)
{
    return row <= m->rows && rows <= m->rows - row && col <= m->cols && cols <= m->cols - col;
}

/* `count` weights of one row from (row, col), CHUNK at most; `hashed` columns where they help. */
static void make_window_part(const detinit_matrix *m, uint64_t row, uint64_t col, size_t count,
                             const uint64_t *hashed, double *out)
{
    const detinit_dtype dtype = m->recipe.dtype;
    float narrow[CHUNK]; /* room for any type narrower than binary64 */
    void *stored = dtype == DETINIT_FLOAT64 ? (void *)out : narrow;
    if (hashed != NULL)
        m->kernel->draw(m->dist, row_key(m, row), hashed, count, m->std, dtype, stored);
    else
        make_run(m, row, col, count, stored);
    if (dtype != DETINIT_FLOAT64)
        detinit_decode(dtype, stored, count, out);
}

/* Strips of CHUNK columns, so that their hashes are made once for all rows. */
detinit_status detinit_matrix_window(const detinit_matrix *m, uint64_t row, uint64_t col,
                                     size_t rows, size_t cols, double *out, size_t stride)
{
    if (!has_place(m, row, col, rows, cols) || stride < cols)
        return DETINIT_INVALID;
    const bool is_drawn = m->orthogonal == NULL && !is_zero_mean(m);
    for (size_t c = 0; c < cols; c += CHUNK) {
        const size_t part = cols - c < CHUNK ? cols - c : CHUNK;
        uint64_t room[CHUNK];
        const uint64_t *hashed = is_drawn ? hashed_cols(m, col + c, part, room) : NULL;
        for (size_t r = 0; r < rows; r++)
            make_window_part(m, row + r, col + c, part, hashed, out + r * stride + c);
    }
    return DETINIT_OK;
}

detinit_status detinit_matrix_rows(const detinit_matrix *m, uint64_t row, uint64_t rows, void *out)
{
    if (!has_place(m, row, 0, rows, m->cols) || (rows > 0 && m->cols > UINT64_MAX / rows))
        return DETINIT_INVALID;
    if (rows > 0)
        make_run(m, row, 0, rows * m->cols, out);
    return DETINIT_OK;
}

/* ------------------------------------------------------------------ blocks */

/* Blocks to a row where rows are long, or rows to a block where they are not. */
static uint64_t blocks_per_row(const detinit_matrix *m)
{
    return m->cols / MATRIX_BLOCK + (m->cols % MATRIX_BLOCK != 0);
}

static uint64_t rows_per_block(const detinit_matrix *m)
{
    return m->cols >= MATRIX_BLOCK ? 1 : MATRIX_BLOCK / m->cols;
}

uint64_t matrix_block_count(const detinit_matrix *m)
{
    uint64_t count, rows = rows_per_block(m);
    if (!detinit_recipe_count(&m->recipe, &count))
        return 0;
    return (m->rows / rows + (m->rows % rows != 0)) * blocks_per_row(m);
}

void matrix_block_place(const detinit_matrix *m, uint64_t index, detinit_block *block)
{
    uint64_t per_row = blocks_per_row(m), rows = rows_per_block(m);
    block->row = index / per_row * rows;
    block->col = index % per_row * MATRIX_BLOCK;
    block->rows = (size_t)(m->rows - block->row < rows ? m->rows - block->row : rows);
    block->cols =
        (size_t)(m->cols - block->col < MATRIX_BLOCK ? m->cols - block->col : MATRIX_BLOCK);
}

void matrix_make_block(const detinit_matrix *m, const detinit_block *place, void *stored)
{
    make_run(m, place->row, place->col, (uint64_t)place->rows * place->cols, stored);
}

void matrix_make_unrounded(const detinit_matrix *m, uint64_t row, uint64_t col, uint64_t count,
                           double *out)
{
    detinit_matrix unrounded = *m;
    unrounded.recipe.dtype = DETINIT_FLOAT64;
    make_run(&unrounded, row, col, count, (unsigned char *)out);
}

typedef struct fill_task {
    const detinit_matrix *matrix;
    unsigned char *out;
} fill_task;

static void fill_block(void *context, uint64_t index)
{
    const fill_task *fill = context;
    const detinit_matrix *m = fill->matrix;
    detinit_block place;
    matrix_block_place(m, index, &place);
    size_t offset = (size_t)(place.row * m->cols + place.col) * detinit_dtype_size(m->recipe.dtype);
    matrix_make_block(m, &place, fill->out + offset);
}

detinit_status detinit_matrix_fill(const detinit_matrix *m, const detinit_run *run, void *out,
                                   detinit_error *error)
{
    uint64_t blocks = matrix_block_count(m);
    if (blocks == 0)
        return error_set(error, DETINIT_INVALID, "the matrix has more than 2^64 weights");
    fill_task fill = {m, out};
    return threads_run(run, blocks, fill_block, &fill, error);
}

/* ------------------------------------------------------------------- trace */

detinit_status detinit_matrix_trace(const detinit_matrix *m, uint64_t row, uint64_t col,
                                    detinit_trace *t)
{
    detinit_trace trace = {
        .seed = m->recipe.seed, .key_layer = m->layer_key, .rank = m->recipe.rank};
    detinit_status status = detinit_matrix_weight(m, row, col, &trace.weight);
    if (status != DETINIT_OK)
        return status;
    row_indices(&m->recipe, row, trace.index);
    trace.index[trace.rank - 1] = col;
    uint64_t key = m->layer_key;
    for (size_t n = 0; n < trace.rank; n++)
        trace.key[n] = key = fold(key, trace.index[n]);

    const dist_row *dist = &dist_rows[m->orthogonal != NULL ? DETINIT_DIST_NORMAL : m->dist];
    trace.draw = dist->draw(key);
    trace.attempt = dist->cast_away != NULL ? dist->cast_away(key) : 0;
    trace.u1_key = fold(key, 2 * trace.attempt);
    trace.u2_key = fold(key, 2 * trace.attempt + 1);
    trace.u1 = u01(trace.u1_key);
    trace.u2 = u01(trace.u2_key);
    trace.r = box_muller_radius(trace.u1);
    trace.theta = 0x1.921fb54442d18p+2 * trace.u2; /* 2 pi */
    trace.z = gaussian_of_keys(trace.u1_key, trace.u2_key);
    trace.mean = is_zero_mean(m) ? slice_mean(m, row) : 0;
    trace.scale = is_zero_mean(m) ? slice_scale(m) : 1;
    trace.std = m->std;
    *t = trace;
    return DETINIT_OK;
}
