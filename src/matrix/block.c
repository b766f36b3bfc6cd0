/* Many weights at a time: windows, rows, blocks, and all of them. */
#include "matrix/matrix.h"

#include "base/error.h"
#include "base/threads.h"
#include "matrix/draws.h"
#include "number/dtype.h"

/* `count` weights in storage order from (row, col), as they are stored. */
static void make_run(const detinit_matrix *m, uint64_t row, uint64_t col, uint64_t count, void *out)
{
    matrix_make_run(m, row, col, count, m->recipe.via, m->recipe.dtype, out);
}

static bool has_place(const detinit_matrix *m, uint64_t row, uint64_t col, uint64_t rows,
                      uint64_t cols)
{
    return row <= m->rows && rows <= m->rows - row && col <= m->cols && cols <= m->cols - col;
}

/* `count` weights of one row from (row, col), a chunk at most; `hashed` columns where they help. */
static void make_window_part(const detinit_matrix *m, uint64_t row, uint64_t col, size_t count,
                             const uint64_t *hashed, double *out)
{
    const detinit_dtype dtype = m->recipe.dtype;
    float narrow[DRAWS_CHUNK]; /* room for any type narrower than binary64 */
    void *stored = dtype == DETINIT_FLOAT64 ? (void *)out : narrow;
    if (hashed != NULL)
        m->kernel->draw(m->dist, m->recipe.cut, matrix_row_key(m, row), hashed, count, m->std,
                        dtype, stored);
    else
        make_run(m, row, col, count, stored);
    if (!dtype_is_of_doubles(dtype))
        detinit_decode(dtype, stored, count, out);
}

/* In strips of columns, so that their hashes are made once for all rows. */
detinit_status detinit_matrix_window(const detinit_matrix *m, uint64_t row, uint64_t col,
                                     size_t rows, size_t cols, double *out, size_t stride)
{
    if (!has_place(m, row, col, rows, cols) || stride < cols)
        return DETINIT_INVALID;
    for (size_t c = 0; c < cols; c += DRAWS_CHUNK) {
        const size_t part = cols - c < DRAWS_CHUNK ? cols - c : DRAWS_CHUNK;
        uint64_t room[DRAWS_CHUNK];
        const uint64_t *hashed = m->is_plain ? draws_hashed_cols(m, col + c, part, room) : NULL;
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
    return m->cols >= MATRIX_BLOCK || m->cols == 0 ? 1 : MATRIX_BLOCK / m->cols;
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
    matrix_make_run(m, row, col, count, DETINIT_FLOAT64, DETINIT_FLOAT64, out);
    turn_little_endian(out, sizeof *out, (size_t)count);
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
    uint64_t count, blocks = matrix_block_count(m);
    if (!detinit_recipe_count(&m->recipe, &count))
        return error_set(error, DETINIT_INVALID, "the matrix has more than 2^64 weights");
    fill_task fill = {m, out};
    return threads_run(run, blocks, fill_block, &fill, error);
}
