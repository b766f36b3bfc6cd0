#include "file/strides.h"

#include <string.h>

/* Bytes that are read at once with what lies between items. */
#define WINDOW ((size_t)16 << 10)

static bool is_packed(const strides *s)
{
    uint64_t pitch = 1;
    for (size_t d = s->rank; d-- > 0;) {
        if (s->shape[d] > 1 && s->steps[d] != pitch)
            return false;
        pitch *= s->shape[d];
    }
    return true;
}

/* Items of one dimension, from `offset` on in the file, every `apart`-th of `out`. */
static detinit_status read_run(const strides *s, uint64_t offset, uint64_t step, size_t count,
                               unsigned char *out, size_t apart, detinit_error *error)
{
    unsigned char window[WINDOW];
    const uint64_t pitch = step * s->item;
    const size_t most = pitch >= WINDOW / 2 ? 1
                        : pitch == 0        ? count
                                            : (size_t)((WINDOW - s->item) / pitch) + 1;
    detinit_status status = DETINIT_OK;
    for (size_t n = 0; n < count && status == DETINIT_OK; n += most) {
        const size_t part = count - n < most ? count - n : most;
        status = input_read(s->in, offset + n * pitch, window,
                            (size_t)((part - 1) * pitch) + s->item, error);
        for (size_t k = 0; k < part && status == DETINIT_OK; k++)
            memcpy(out + (n + k) * apart, window + k * pitch, s->item);
    }
    return status;
}

/* Bytes from one index to the next of a box whose items are packed. */
static void packed_pitches(const strides *s, const box *b, size_t *pitches)
{
    size_t packed = s->item;
    for (size_t n = s->rank; n-- > 0;) {
        pitches[n] = packed;
        packed *= b->sizes[n];
    }
}

/* The dimension along which items lie closest, of those with more than one. */
static size_t closest(const strides *s, const box *b)
{
    size_t found = s->rank - 1;
    for (size_t d = s->rank; d-- > 0;)
        if (b->sizes[d] > 1 && (b->sizes[found] == 1 || s->steps[d] < s->steps[found]))
            found = d;
    return found;
}

static detinit_status read_box(const strides *s, const box *b, unsigned char *out,
                               detinit_error *error)
{
    const size_t along = closest(s, b);
    size_t index[STRIDES_RANK_MOST] = {0}, pitches[STRIDES_RANK_MOST];
    detinit_status status = DETINIT_OK;
    packed_pitches(s, b, pitches);
    for (bool more = true; more && status == DETINIT_OK;) {
        uint64_t item = 0;
        size_t to = 0;
        for (size_t d = 0; d < s->rank; d++) {
            item += (b->begin[d] + index[d]) * s->steps[d];
            to += index[d] * pitches[d];
        }
        status = read_run(s, s->offset + item * s->item, s->steps[along], b->sizes[along], out + to,
                          pitches[along], error);
        more = false;
        for (size_t d = s->rank; d-- > 0 && !more;) {
            if (d == along)
                continue;
            more = ++index[d] < b->sizes[d];
            if (!more)
                index[d] = 0;
        }
    }
    return status;
}

detinit_status strides_read(const strides *s, uint64_t first, size_t count, void *out,
                            detinit_error *error)
{
    unsigned char *to = out;
    detinit_status status = DETINIT_OK;
    if (s->rank == 0 || is_packed(s))
        return input_read(s->in, s->offset + first * s->item, out, count * s->item, error);
    while (count > 0 && status == DETINIT_OK) {
        box b;
        const size_t part = box_next(s->rank, s->shape, first, count, &b);
        status = read_box(s, &b, to, error);
        first += part;
        count -= part;
        to += part * s->item;
    }
    return status;
}
