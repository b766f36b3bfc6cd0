#include "matrix/draws.h"

#include "number/address.h"
#include "number/dtype.h"

/* Brings the keys after index `from` up to date. */
static void refold(draw_walk *w, size_t from)
{
    for (size_t n = from; n + 1 < w->matrix->recipe.rank; n++)
        w->key[n + 1] = fold(w->key[n], w->index[n]);
}

draw_walk draws_from(const detinit_matrix *m, uint64_t row, uint64_t col)
{
    draw_walk w = {.matrix = m, .row = row, .col = col, .key = {m->layer_key}};
    matrix_row_indices(&m->recipe, row, w.index);
    refold(&w, 0);
    return w;
}

static void next_row(draw_walk *w)
{
    const detinit_recipe *recipe = &w->matrix->recipe;
    size_t n = recipe->rank - 1;
    w->col = 0;
    w->row++;
    while (n > 0 && ++w->index[n - 1] == recipe->shape[n - 1] && n > 1)
        w->index[--n] = 0;
    refold(w, n > 0 ? n - 1 : 0);
}

/* Rows from this width on are drawn one by one, narrower ones many at a time. */
#define WIDE_ROW 64

const uint64_t *draws_hashed_cols(const detinit_matrix *m, uint64_t col, size_t count,
                                  uint64_t *room)
{
    if (col + count <= m->hashed_count)
        return m->hashed_cols + col;
    m->kernel->hash_indices(col, count, room);
    return room;
}

/* The next `count` draws times `factor`, all within one row. */
static void draw_row(draw_walk *w, size_t count, double factor, detinit_dtype dtype,
                     unsigned char *out)
{
    const detinit_matrix *m = w->matrix;
    const uint64_t row_key = w->key[m->recipe.rank - 1];
    while (count > 0) {
        uint64_t room[DRAWS_CHUNK];
        const size_t part =
            w->col + count <= m->hashed_count || count < DRAWS_CHUNK ? count : DRAWS_CHUNK;
        const uint64_t *hashed = draws_hashed_cols(m, w->col, part, room);
        m->kernel->draw(m->dist, m->recipe.cut, row_key, hashed, part, factor, dtype, out);
        out += part * detinit_dtype_size(dtype);
        w->col += part;
        count -= part;
    }
    if (w->col == m->cols)
        next_row(w);
}

/* The next `count` draws times `factor`, DRAWS_CHUNK at most, across rows. */
static void draw_narrow_rows(draw_walk *w, size_t count, double factor, detinit_dtype dtype,
                             void *out)
{
    const detinit_matrix *m = w->matrix;
    uint64_t unhashed[DRAWS_CHUNK];
    for (size_t n = 0; n < count; n++) {
        unhashed[n] = w->key[m->recipe.rank - 1] ^ m->hashed_cols[w->col];
        if (++w->col == m->cols)
            next_row(w);
    }
    for (size_t n = count; n % DRAW_STEP != 0; n++)
        unhashed[n] = 0;
    m->kernel->draw(m->dist, m->recipe.cut, 0, unhashed, count, factor, dtype, out);
}

void draws_take(draw_walk *w, uint64_t count, double factor, detinit_dtype dtype, void *out)
{
    const detinit_matrix *m = w->matrix;
    unsigned char *to = out;
    while (count > 0) {
        const bool wide = m->cols >= WIDE_ROW;
        const uint64_t most = wide ? m->cols - w->col : DRAWS_CHUNK;
        const size_t part = (size_t)(count < most ? count : most);
        if (wide)
            draw_row(w, part, factor, dtype, to);
        else
            draw_narrow_rows(w, part, factor, dtype, to);
        to += part * detinit_dtype_size(dtype);
        count -= part;
    }
}

void draws_take_values(draw_walk *w, size_t count, double *out)
{
    draws_take(w, count, 1.0, DETINIT_FLOAT64, out);
    turn_little_endian(out, sizeof *out, count);
}
