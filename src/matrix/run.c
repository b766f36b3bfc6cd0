/* Runs of weights, consecutive in storage order: what every way to many weights is made of. */
#include "matrix/matrix_private.h"

#include "base/strict.h"
#include "matrix/draws.h"
#include "matrix/slice.h"
#include "number/dtype.h"

#include <string.h>

/* What is made before means, zeros and rounding: std * draw, or what is not drawn. */
static void make_values(const detinit_matrix *m, uint64_t row, uint64_t col, uint64_t count,
                        detinit_dtype dtype, unsigned char *out)
{
    if (!detinit_mode_is_drawn(m->recipe.mode)) {
        undrawn_make_run(m, row, col, count, dtype, out);
    } else if (m->orthogonal != NULL) {
        const double *from = m->orthogonal + row * m->cols + col;
        m->kernel->scale(1.0, from, (size_t)count, dtype, out);
    } else if (slice_is_zero_mean(m)) {
        slice_make_run(m, row, col, count, dtype, out);
    } else if (m->recipe.rank == 0) {
        const double draw = matrix_draw(m, m->layer_key);
        m->kernel->scale(m->std, &draw, (size_t)count, dtype, out);
    } else {
        draw_walk w = draws_from(m, row, col);
        draws_take(&w, count, m->std, dtype, out);
    }
}

/* ----------------------------------------------------------- means and zeros */

/* Makes those 0 that the recipe's share of zeros takes. */
static void sow_zeros(const detinit_matrix *m, uint64_t row, uint64_t col, size_t count,
                      double *values)
{
    uint64_t key = m->recipe.rank > 0 ? matrix_row_key(m, row) : 0;
    for (size_t n = 0; n < count; n++) {
        if (matrix_is_zeroed(m, m->recipe.rank > 0 ? fold(key, col) : m->layer_key))
            values[n] = 0;
        if (++col == m->cols && n + 1 < count) {
            col = 0;
            key = matrix_row_key(m, ++row);
        }
    }
}

/* The rows of the tensor seen as a matrix, or of a vector the columns, that zero_row names. */
static void zero_rows(const detinit_matrix *m, uint64_t *first, uint64_t *end)
{
    const uint64_t each = m->recipe.rank > 1 ? m->rows / m->recipe.shape[0] : 1;
    *first = m->recipe.zero_row * each;
    *end = *first + each;
}

bool matrix_is_in_zero_row(const detinit_matrix *m, uint64_t row, uint64_t col)
{
    uint64_t first, end;
    if (!m->recipe.has_zero_row)
        return false;
    zero_rows(m, &first, &end);
    const uint64_t at = m->recipe.rank > 1 ? row : col;
    return at >= first && at < end;
}

/* Makes what lies in zero_row 0, whose bits are 0 in every type. */
static void clear_zero_row(const detinit_matrix *m, uint64_t row, uint64_t col, uint64_t count,
                           size_t size, unsigned char *out)
{
    uint64_t first, end, from = 0, to = count;
    const uint64_t cols = m->recipe.rank > 1 ? m->cols : 1;
    if (!m->recipe.has_zero_row || count == 0)
        return;
    zero_rows(m, &first, &end);
    if (m->recipe.rank == 1) { /* its columns, as rows of one weight each */
        row = col;
        col = 0;
    }
    const uint64_t last = row + (col + count - 1) / cols;
    if (row >= end || last < first)
        return;
    if (row < first)
        from = (first - row) * cols - col;
    if (last >= end)
        to = (end - row) * cols - col;
    memset(out + from * size, 0, (size_t)(to - from) * size);
}

/* ---------------------------------------------------------------- in chunks */

static void round_via(detinit_dtype via, size_t count, double *values)
{
    double stored[DRAWS_CHUNK]; /* room for any type */
    if (via == DETINIT_FLOAT64)
        return;
    detinit_encode(via, values, count, stored);
    detinit_decode(via, stored, count, values);
}

/* Weights to which more is done than std * draw. */
static void make_finished(const detinit_matrix *m, uint64_t row, uint64_t col, uint64_t count,
                          detinit_dtype via, detinit_dtype dtype, unsigned char *out)
{
    while (count > 0) {
        double values[DRAWS_CHUNK];
        const size_t part = count < DRAWS_CHUNK ? (size_t)count : DRAWS_CHUNK;
        make_values(m, row, col, part, DETINIT_FLOAT64, (unsigned char *)values);
        turn_little_endian(values, sizeof *values, part);
        if (m->is_drawn && m->recipe.mean != 0)
            for (size_t n = 0; n < part; n++)
                values[n] = m->recipe.mean + values[n];
        if (m->is_drawn && m->recipe.zero > 0)
            sow_zeros(m, row, col, part, values);
        round_via(via, part, values);
        m->kernel->scale(1.0, values, part, dtype, out);
        out += part * dtype_bytes(dtype);
        row += (col + part) / m->cols;
        col = (col + part) % m->cols;
        count -= part;
    }
}

static void make_fused(const detinit_matrix *m, uint64_t row, uint64_t col, uint64_t count,
                       detinit_dtype via, detinit_dtype dtype, unsigned char *out)
{
    while (count > 0) {
        uint64_t part_row = row, part_col = col, part;
        const detinit_matrix *of = matrix_part_at(m, &part_row, &part_col, &part);
        if (part > count)
            part = count;
        matrix_make_run(of, part_row, part_col, part, via, dtype, out);
        out += part * dtype_bytes(dtype);
        row += (col + part) / m->cols;
        col = (col + part) % m->cols;
        count -= part;
    }
}

void matrix_make_run(const detinit_matrix *m, uint64_t row, uint64_t col, uint64_t count,
                     detinit_dtype via, detinit_dtype dtype, void *out)
{
    const bool more = m->is_drawn && (m->recipe.mean != 0 || m->recipe.zero > 0);
    if (count == 0)
        return;
    if (m->parts != NULL) {
        make_fused(m, row, col, count, via, dtype, out);
        return;
    }
    if (more || (via != DETINIT_FLOAT64 && via != dtype))
        make_finished(m, row, col, count, via, dtype, out);
    else
        make_values(m, row, col, count, dtype, out);
    clear_zero_row(m, row, col, count, dtype_bytes(dtype), out);
}
