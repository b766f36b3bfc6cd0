#include "track/strided.h"

#include <string.h>

/* ------------------------------------------------------------------- shapes */

strided strided_of(void *data, size_t item, size_t rank, const uint64_t *shape,
                   const int64_t *strides)
{
    strided s = {.data = data, .item = item};
    int64_t packed = (int64_t)item, reversed[DETINIT_MAX_RANK];
    uint64_t sizes[DETINIT_MAX_RANK];
    for (size_t d = rank; d-- > 0;) {
        const int64_t step = strides != NULL ? strides[d] : packed;
        packed = (int64_t)((uint64_t)packed * shape[d]);
        if (shape[d] == 1)
            continue;
        const size_t last = s.rank - 1;
        if (s.rank > 0 && step == (int64_t)((uint64_t)reversed[last] * sizes[last])) {
            sizes[last] *= shape[d];
            continue;
        }
        sizes[s.rank] = shape[d];
        reversed[s.rank++] = step;
    }
    for (size_t d = 0; d < s.rank; d++) {
        s.sizes[d] = sizes[s.rank - 1 - d];
        s.steps[d] = reversed[s.rank - 1 - d];
    }
    return s;
}

bool strided_is_packed(const strided *s)
{
    return s->rank == 0 || (s->rank == 1 && s->steps[0] == (int64_t)s->item);
}

static uint64_t magnitude(int64_t step)
{
    return step < 0 ? -(uint64_t)step : (uint64_t)step;
}

bool strided_is_distinct(const strided *s)
{
    bool done[DETINIT_MAX_RANK] = {false};
    uint64_t extent = s->item; /* bytes from the first of the dimensions so far to their end */
    for (size_t n = 0; n < s->rank; n++) {
        size_t next = s->rank;
        for (size_t d = 0; d < s->rank; d++)
            if (!done[d] && (next == s->rank || magnitude(s->steps[d]) < magnitude(s->steps[next])))
                next = d;
        if (magnitude(s->steps[next]) < extent)
            return false;
        done[next] = true;
        extent += magnitude(s->steps[next]) * (s->sizes[next] - 1);
    }
    return true;
}

/* ------------------------------------------------------------------ copying */

#define COPY(bytes)                                                                                \
    for (size_t n = 0; n < count; n++, to += to_step, from += from_step)                           \
    memcpy(to, from, bytes)

static void copy_items(unsigned char *to, int64_t to_step, const unsigned char *from,
                       int64_t from_step, size_t count, size_t item)
{
    if (to_step == (int64_t)item && from_step == (int64_t)item) {
        memcpy(to, from, count * item);
        return;
    }
    switch (item) {
    case 2:
        COPY(2);
        break;
    case 4:
        COPY(4);
        break;
    case 8:
        COPY(8);
        break;
    default:
        COPY(item);
    }
}

/* A rectangle of rows of an array beside the same rows, packed. */
typedef struct plane {
    unsigned char *array;
    int64_t row_step, col_step;
    unsigned char *packed;
    size_t rows, cols, item;
    bool put; /* from `packed` into the array; else out of it */
} plane;

static void copy_line(const plane *p, size_t row, size_t col, size_t count, bool along_rows)
{
    unsigned char *in_array = p->array + (int64_t)row * p->row_step + (int64_t)col * p->col_step;
    unsigned char *in_packed = p->packed + (row * p->cols + col) * p->item;
    const int64_t step = along_rows ? p->col_step : p->row_step;
    const int64_t packed_step = (int64_t)(along_rows ? p->item : p->cols * p->item);
    if (p->put)
        copy_items(in_array, step, in_packed, packed_step, count, p->item);
    else
        copy_items(in_packed, packed_step, in_array, step, count, p->item);
}

/* Along the side whose items lie nearer to one another in the array. */
static void copy_plane(const plane *p)
{
    if (p->rows > 1 && magnitude(p->row_step) < magnitude(p->col_step))
        for (size_t col = 0; col < p->cols; col++)
            copy_line(p, 0, col, p->rows, false);
    else
        for (size_t row = 0; row < p->rows; row++)
            copy_line(p, row, 0, p->cols, true);
}

/* As many whole rows as there are, else a part of one. */
static size_t next_plane(const strided *s, uint64_t first, size_t count, plane *p)
{
    const size_t inner = s->rank - 1;
    uint64_t index[DETINIT_MAX_RANK], rest = first;
    p->array = s->data;
    for (size_t d = s->rank; d-- > 0;) {
        index[d] = rest % s->sizes[d];
        rest /= s->sizes[d];
        p->array += (int64_t)index[d] * s->steps[d];
    }
    const uint64_t left = s->sizes[inner] - index[inner];
    p->rows = 1;
    p->cols = (size_t)(count < left ? count : left);
    p->col_step = s->steps[inner];
    p->row_step = 0;
    if (inner > 0 && p->cols == s->sizes[inner]) {
        const uint64_t rows = s->sizes[inner - 1] - index[inner - 1], most = count / p->cols;
        p->rows = (size_t)(rows < most ? rows : most);
        p->row_step = s->steps[inner - 1];
    }
    return p->rows * p->cols;
}

static void copy(const strided *s, uint64_t first, size_t count, unsigned char *packed, bool put)
{
    plane p = {.packed = packed, .item = s->item, .put = put};
    if (s->rank == 0 && count > 0) { /* one item */
        memcpy(put ? s->data : packed, put ? packed : s->data, s->item);
        return;
    }
    while (count > 0) {
        const size_t part = next_plane(s, first, count, &p);
        copy_plane(&p);
        p.packed += part * s->item;
        first += part;
        count -= part;
    }
}

void strided_get(const strided *s, uint64_t first, size_t count, void *out)
{
    copy(s, first, count, out, false);
}

void strided_put(const strided *s, uint64_t first, size_t count, const void *in)
{
    copy(s, first, count, (unsigned char *)in, true); /* which is read alone */
}
