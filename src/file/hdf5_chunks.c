#include "file/hdf5_chunks.h"

#include "base/error.h"
#include "file/hdf5_arrays.h"
#include "file/hdf5_tree.h"

#include <stdlib.h>

/* What goes on while places are found. */
typedef struct finding {
    hdf5 *h;
    const hdf5_data *d;
    hdf5_places *out;
    /* Of arrays: the dimensions in the order in which they count, and the chunks along each. */
    size_t order[HDF5_RANK_MOST];
    uint64_t along[HDF5_RANK_MOST];
} finding;

static uint64_t parts(uint64_t length, uint64_t part)
{
    return length / part + (length % part != 0 ? 1 : 0);
}

uint64_t hdf5_chunks_along(const hdf5_data *d, size_t dimension)
{
    return parts(d->shape[dimension], d->chunk[dimension]);
}

static detinit_status grow(const finding *f, detinit_error *error)
{
    hdf5_places *p = f->out;
    const size_t room = p->room == 0 ? 64 : p->room + p->room / 2;
    if (room * sizeof *p->places > HDF5_PLACES_MOST)
        return error_set(error, DETINIT_NO_MEMORY,
                         "'%.200s' has more chunks of a tensor than the "
                         "million or so which are read",
                         f->h->in->path);
    hdf5_place *grown = realloc(p->places, room * sizeof *grown);
    if (grown == NULL)
        return input_no_memory(f->h->in->path, error);
    p->places = grown;
    p->room = room;
    return DETINIT_OK;
}

/* A chunk, of these coordinates in chunks; those beyond the shape are none. */
static detinit_status add(finding *f, const uint64_t *at, uint64_t address, uint64_t bytes,
                          uint64_t mask, detinit_error *error)
{
    const uint64_t end = f->h->in->size;
    uint64_t number = 0;
    for (size_t n = 0; n < f->d->rank; n++) {
        const uint64_t along = hdf5_chunks_along(f->d, n);
        if (at[n] >= along)
            return DETINIT_OK;
        number = number * along + at[n];
    }
    if (address == HDF5_NOWHERE)
        return DETINIT_OK;
    if (address > end || bytes > end - address || bytes > UINT32_MAX)
        return hdf5_wrong(f->h, address, "a chunk does not lie within the file", error);
    if (f->d->filter_count == 0 && bytes != f->d->chunk_bytes)
        return hdf5_wrong(f->h, address, "a chunk of another size was expected", error);
    detinit_status status = f->out->count == f->out->room ? grow(f, error) : DETINIT_OK;
    if (status == DETINIT_OK)
        f->out->places[f->out->count++] =
            (hdf5_place){number, address, (uint32_t)bytes, (uint32_t)mask};
    return status;
}

/* -------------------------------------------------------------------- trees */

/* An entry of the old tree: bytes, mask, coordinates in items, 0, the address. */
static detinit_status take_old(void *context, hdf5_bytes b, detinit_error *error)
{
    finding *f = context;
    uint64_t at[HDF5_RANK_MOST];
    const uint64_t where = b.where, bytes = hdf5_number(&b, 4), mask = hdf5_number(&b, 4);
    for (size_t n = 0; n < f->d->rank; n++) {
        const uint64_t item = hdf5_number(&b, 8);
        at[n] = item / f->d->chunk[n];
        if (item % f->d->chunk[n] != 0)
            return hdf5_wrong(f->h, where, "a chunk that begins where one can was expected", error);
    }
    hdf5_take(&b, 8);
    return add(f, at, hdf5_address(f->h, &b), bytes, mask, error);
}

/* A record of the new tree: the address, of filtered ones bytes and mask, coordinates in chunks. */
static detinit_status take_new(void *context, hdf5_bytes b, detinit_error *error)
{
    finding *f = context;
    uint64_t at[HDF5_RANK_MOST];
    const bool filtered = f->d->filter_count > 0;
    const size_t least = f->h->address_bytes + 8 * f->d->rank + (filtered ? 4 : 0);
    const uint64_t where = b.where;
    if (b.left < least || b.left - least > 8 || filtered != (b.left != least))
        return hdf5_wrong(f->h, where, "a tree of the data's chunks was expected", error);
    const unsigned width = (unsigned)(b.left - least);
    const uint64_t address = hdf5_address(f->h, &b);
    const uint64_t bytes = filtered ? hdf5_number(&b, width) : f->d->chunk_bytes;
    const uint64_t mask = filtered ? hdf5_number(&b, 4) : 0;
    for (size_t n = 0; n < f->d->rank; n++)
        at[n] = hdf5_number(&b, 8);
    return add(f, at, address, bytes, mask, error);
}

/* ------------------------------------------------------------------- arrays */

/* How arrays number chunks: as far as the shape may grow, a dimension without limits first. */
static void set_order(finding *f, bool growing)
{
    const hdf5_data *d = f->d;
    size_t first = d->rank, next = 0;
    for (size_t n = 0; n < d->rank && growing; n++)
        if (d->most[n] == UINT64_MAX)
            first = n;
    if (first < d->rank)
        f->order[next++] = first;
    for (size_t n = 0; n < d->rank; n++)
        if (n != first)
            f->order[next++] = n;
    for (size_t n = 0; n < d->rank; n++)
        f->along[n] = parts(d->most[n], d->chunk[n]);
}

/* The chunk that an array has under this index. */
static void coordinates(const finding *f, uint64_t index, uint64_t *at)
{
    for (size_t n = f->d->rank; n-- > 0;) {
        const size_t d = f->order[n];
        at[d] = n == 0 || f->along[d] == 0 ? index : index % f->along[d];
        index = f->along[d] == 0 ? 0 : index / f->along[d];
    }
}

static detinit_status take_element(void *context, uint64_t index, hdf5_bytes b,
                                   detinit_error *error)
{
    finding *f = context;
    uint64_t at[HDF5_RANK_MOST];
    const bool filtered = f->d->filter_count > 0;
    const size_t least = f->h->address_bytes + (filtered ? 4u : 0u);
    if (b.left < least || b.left - least > 8 || filtered != (b.left != least))
        return hdf5_wrong(f->h, b.where, "an array of the data's chunks was expected", error);
    const unsigned width = (unsigned)(b.left - least);
    coordinates(f, index, at);
    const uint64_t address = hdf5_address(f->h, &b);
    const uint64_t bytes = filtered ? hdf5_number(&b, width) : f->d->chunk_bytes;
    return add(f, at, address, bytes, filtered ? hdf5_number(&b, 4) : 0, error);
}

/* All chunks, one behind the other. */
static detinit_status take_all(finding *f, detinit_error *error)
{
    uint64_t at[HDF5_RANK_MOST], count = 1;
    for (size_t n = 0; n < f->d->rank; n++)
        if (__builtin_mul_overflow(count, f->along[n], &count))
            count = UINT64_MAX;
    if (count > f->h->in->size / f->d->chunk_bytes)
        return hdf5_wrong(f->h, f->d->address, "chunks do not lie within the file", error);
    detinit_status status = DETINIT_OK;
    for (uint64_t n = 0; n < count && status == DETINIT_OK; n++) {
        coordinates(f, n, at);
        status = add(f, at, f->d->address + n * f->d->chunk_bytes, f->d->chunk_bytes, 0, error);
    }
    return status;
}

/* -------------------------------------------------------------------- places */

static detinit_status find_all(finding *f, detinit_error *error)
{
    static const unsigned of_chunks[2] = {10, 11};
    static const uint64_t first[HDF5_RANK_MOST] = {0};
    hdf5 *h = f->h;
    const hdf5_data *d = f->d;
    set_order(f, d->index == HDF5_BY_GROWING_ARRAY);
    switch (d->index) {
    case HDF5_BY_OLD_TREE:
        return hdf5_old_tree_each(h, d->address, HDF5_TREE_OF_CHUNKS, 16 + 8 * d->rank, take_old, f,
                                  error);
    case HDF5_BY_NOTHING:
        return add(f, first, d->address, d->one_bytes > 0 ? d->one_bytes : d->chunk_bytes,
                   d->one_mask, error);
    case HDF5_BY_ORDER:
        return take_all(f, error);
    case HDF5_BY_FIXED_ARRAY:
        return hdf5_fixed_array_each(h, d->address, take_element, f, error);
    case HDF5_BY_GROWING_ARRAY:
        return hdf5_growing_array_each(h, d->address, take_element, f, error);
    case HDF5_BY_TREE:
        break;
    }
    return hdf5_tree_each(h, d->address, of_chunks, take_new, f, error);
}

static int by_number(const void *a, const void *b)
{
    const uint64_t x = ((const hdf5_place *)a)->number, y = ((const hdf5_place *)b)->number;
    return x < y ? -1 : x > y;
}

detinit_status hdf5_places_read(hdf5 *h, const hdf5_data *d, hdf5_places *out, detinit_error *error)
{
    finding f = {.h = h, .d = d, .out = out};
    *out = (hdf5_places){0};
    if (d->address == HDF5_NOWHERE)
        return DETINIT_OK;
    detinit_status status = find_all(&f, error);
    if (status != DETINIT_OK)
        return status;
    if (out->count > 0)
        qsort(out->places, out->count, sizeof *out->places, by_number);
    for (size_t n = 1; n < out->count; n++)
        if (out->places[n].number == out->places[n - 1].number)
            return hdf5_wrong(h, d->address, "an index with each chunk once was expected", error);
    return DETINIT_OK;
}

void hdf5_places_free(hdf5_places *p)
{
    free(p->places);
    *p = (hdf5_places){0};
}

const hdf5_place *hdf5_places_find(const hdf5_places *p, uint64_t number)
{
    const hdf5_place wanted = {.number = number};
    return p->count == 0 ? NULL : bsearch(&wanted, p->places, p->count, sizeof wanted, by_number);
}
