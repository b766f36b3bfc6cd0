#include "matrix/slice.h"

#include "base/strict.h"
#include "matrix/draws.h"
#include "number/address.h"
#include "number/dtype.h"

/* ------------------------------------------------------------ one at a time */

double slice_scale(const detinit_matrix *m)
{
    double k = (double)m->recipe.shape[2] * (double)m->recipe.shape[3];
    return __builtin_sqrt(k / (k - 1.0));
}

double slice_mean(const detinit_matrix *m, uint64_t row)
{
    uint64_t height = m->recipe.shape[2], first = row - row % height;
    double sum = 0;
    for (uint64_t y = 0; y < height; y++) {
        uint64_t key = matrix_row_key(m, first + y);
        for (uint64_t x = 0; x < m->cols; x++)
            sum += matrix_draw(m, fold(key, x));
    }
    return sum / ((double)height * (double)m->cols);
}

/* --------------------------------------------------------------- many draws */

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

/* Weights are made in chunks of whole slices, where slices are that small. */
typedef struct slice_walk {
    const detinit_matrix *matrix;
    size_t size;     /* h * w */
    uint64_t slice;  /* o * in + i */
    size_t position; /* within the slice */
    bool has_mean;   /* of this slice, where slices are larger than a chunk */
    double mean, scale;
} slice_walk;

static size_t least(uint64_t a, uint64_t b)
{
    return (size_t)(a < b ? a : b);
}

/* The next draws of several small slices; `count` of them go out. */
static size_t centre_small(slice_walk *w, uint64_t count, double *draws, double **first)
{
    const size_t slices = least(DRAWS_CHUNK / w->size, (w->position + count - 1) / w->size + 1);
    const size_t part = least(count, slices * w->size - w->position);
    draw_walk from = draws_from(w->matrix, w->slice * w->matrix->recipe.shape[2], 0);
    draws_take_values(&from, slices * w->size, draws);
    for (double *of = draws; of < draws + slices * w->size; of += w->size)
        centre(of, w->size, sum_draws(0, of, w->size) / (double)w->size, w->scale);
    *first = draws + w->position;
    return part;
}

/* The mean of a slice that is larger than `draws`, a chunk. */
static double large_mean(const slice_walk *w, double *draws)
{
    draw_walk from = draws_from(w->matrix, w->slice * w->matrix->recipe.shape[2], 0);
    double sum = 0;
    for (size_t left = w->size; left > 0;) {
        const size_t part = least(left, DRAWS_CHUNK);
        draws_take_values(&from, part, draws);
        sum = sum_draws(sum, draws, part);
        left -= part;
    }
    return sum / (double)w->size;
}

/* The next draws of a large slice. */
static size_t centre_large(slice_walk *w, uint64_t count, double *draws, double **first)
{
    const uint64_t height = w->matrix->recipe.shape[2], cols = w->matrix->cols;
    const size_t part = least(least(count, DRAWS_CHUNK), w->size - w->position);
    if (!w->has_mean)
        w->mean = large_mean(w, draws);
    w->has_mean = true;
    draw_walk from =
        draws_from(w->matrix, w->slice * height + w->position / cols, w->position % cols);
    draws_take_values(&from, part, draws);
    centre(draws, part, w->mean, w->scale);
    *first = draws;
    return part;
}

void slice_make_run(const detinit_matrix *m, uint64_t row, uint64_t col, uint64_t count,
                    detinit_dtype dtype, unsigned char *out)
{
    const uint64_t height = m->recipe.shape[2];
    slice_walk w = {.matrix = m,
                    .size = (size_t)(height * m->cols),
                    .slice = row / height,
                    .position = (size_t)(row % height * m->cols + col),
                    .scale = slice_scale(m)};
    while (count > 0) {
        double draws[DRAWS_CHUNK], *first;
        const size_t part = w.size <= DRAWS_CHUNK ? centre_small(&w, count, draws, &first)
                                                  : centre_large(&w, count, draws, &first);
        m->kernel->scale(m->std, first, part, dtype, out);
        out += part * dtype_bytes(dtype);
        count -= part;
        w.position += part;
        if (w.position >= w.size) {
            w.slice += w.position / w.size;
            w.position %= w.size;
            w.has_mean = false;
        }
    }
}
