#include "file/hdf5_reader.h"

#include "base/error.h"
#include "file/box.h"
#include "file/hdf5_filters.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Chunks that are kept, at most; a chunk has its slot by its number. */
#define SLOTS 1024

typedef struct slot {
    size_t index; /* of the set of data */
    uint64_t number;
    size_t size;
    unsigned char *bytes; /* NULL: none */
} slot;

typedef struct table {
    bool read;
    hdf5_places places;
} table;

struct hdf5_reader {
    const hdf5 *h;
    pthread_mutex_t lock; /* of what follows */
    size_t count;
    table *tables; /* for each set of data */
    size_t table_bytes;
    slot slots[SLOTS];
    size_t kept, hand; /* bytes in slots; the one that goes next */
};

hdf5_reader *hdf5_reader_new(const hdf5 *h, size_t count)
{
    hdf5_reader *r = calloc(1, sizeof *r);
    table *tables = calloc(count + 1, sizeof *tables);
    if (r == NULL || tables == NULL) {
        free(r);
        free(tables);
        return NULL;
    }
    r->h = h;
    r->count = count;
    r->tables = tables;
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

static void empty(hdf5_reader *r, slot *s)
{
    r->kept -= s->size;
    free(s->bytes);
    *s = (slot){.bytes = NULL};
}

static void forget_tables(hdf5_reader *r)
{
    for (size_t n = 0; n < r->count; n++) {
        hdf5_places_free(&r->tables[n].places);
        r->tables[n].read = false;
    }
    r->table_bytes = 0;
}

static void forget(hdf5_reader *r)
{
    for (size_t n = 0; n < SLOTS; n++)
        empty(r, &r->slots[n]);
    if (r->table_bytes > 0)
        forget_tables(r);
}

void hdf5_reader_rest(hdf5_reader *r)
{
    pthread_mutex_lock(&r->lock);
    forget(r);
    pthread_mutex_unlock(&r->lock);
}

void hdf5_reader_free(hdf5_reader *r)
{
    if (r == NULL)
        return;
    forget(r);
    pthread_mutex_destroy(&r->lock);
    free(r->tables);
    free(r);
}

/* ------------------------------------------------------------------- chunks */

/* Where the chunks of a set of data are. */
static detinit_status find_places(hdf5_reader *r, const hdf5_data *d, size_t index,
                                  const hdf5_places **out, detinit_error *error)
{
    table *t = &r->tables[index];
    detinit_status status = DETINIT_OK;
    *out = &t->places;
    if (t->read)
        return DETINIT_OK;
    hdf5 h = hdf5_again(r->h);
    hdf5_places found;
    status = hdf5_places_read(&h, d, &found, error);
    hdf5_free(&h);
    if (status != DETINIT_OK) {
        hdf5_places_free(&found);
        return status;
    }
    const size_t bytes = found.room * sizeof *found.places;
    if (bytes > HDF5_PLACES_MOST - r->table_bytes)
        forget_tables(r);
    r->table_bytes += bytes;
    *t = (table){true, found};
    return DETINIT_OK;
}

/* Room for a chunk of so many bytes. */
static void make_room(hdf5_reader *r, size_t size)
{
    for (size_t turns = 0; r->kept + size > HDF5_KEPT_MOST && turns < SLOTS; turns++) {
        empty(r, &r->slots[r->hand]);
        r->hand = (r->hand + 1) % SLOTS;
    }
}

/* A chunk's bytes, or NULL where it was never written; they stay until the next one is asked for.
 */
static detinit_status chunk_bytes(hdf5_reader *r, const hdf5_data *d, size_t index,
                                  const hdf5_places *places, uint64_t number,
                                  const unsigned char **out, detinit_error *error)
{
    slot *s = &r->slots[(number + index) % SLOTS];
    *out = s->bytes;
    if (s->bytes != NULL && s->index == index && s->number == number)
        return DETINIT_OK;
    *out = NULL;
    const hdf5_place *place = hdf5_places_find(places, number);
    if (place == NULL)
        return DETINIT_OK;
    empty(r, s);
    make_room(r, (size_t)d->chunk_bytes);
    detinit_status status = hdf5_chunk_read(r->h->in, d, place, &s->bytes, error);
    if (status != DETINIT_OK)
        return status;
    s->index = index;
    s->number = number;
    s->size = (size_t)d->chunk_bytes;
    r->kept += s->size;
    *out = s->bytes;
    return DETINIT_OK;
}

/* -------------------------------------------------------------------- items */

static void fill(unsigned char *out, const unsigned char *value, size_t item, size_t count)
{
    for (size_t n = 0; n < count; n++)
        memcpy(out + n * item, value, item);
}

/* What a box has of a chunk: in items, from where on in each, and how many. */
typedef struct overlap {
    uint64_t in_box[HDF5_RANK_MOST], in_chunk[HDF5_RANK_MOST];
    size_t sizes[HDF5_RANK_MOST];
} overlap;

/* Of the chunk of these coordinates; returns the number of the chunk. */
static uint64_t find_overlap(const hdf5_data *d, const box *b, const uint64_t *at, overlap *o)
{
    uint64_t number = 0;
    for (size_t n = 0; n < d->rank; n++) {
        const uint64_t begin = at[n] * d->chunk[n],
                       from = b->begin[n] > begin ? b->begin[n] : begin;
        const uint64_t box_end = b->begin[n] + b->sizes[n];
        const uint64_t room = d->chunk[n] - (from - begin), left = box_end - from;
        o->in_box[n] = from - b->begin[n];
        o->in_chunk[n] = from - begin;
        o->sizes[n] = (size_t)(left < room ? left : room);
        number = number * hdf5_chunks_along(d, n) + at[n];
    }
    return number;
}

/* Copies the rows of an overlap; `bytes`: of the chunk, or NULL. */
static void copy_overlap(const hdf5_data *d, const box *b, const overlap *o,
                         const unsigned char *bytes, unsigned char *out)
{
    const size_t last = d->rank - 1, item = (size_t)d->type.size;
    size_t index[HDF5_RANK_MOST] = {0};
    for (bool more = true; more;) {
        uint64_t from = 0, to = 0;
        for (size_t n = 0; n < d->rank; n++) {
            from = from * d->chunk[n] + o->in_chunk[n] + index[n];
            to = to * b->sizes[n] + o->in_box[n] + index[n];
        }
        if (bytes != NULL)
            memcpy(out + to * item, bytes + from * item, o->sizes[last] * item);
        else
            fill(out + to * item, d->fill, item, o->sizes[last]);
        more = false;
        for (size_t n = last; n-- > 0 && !more;) {
            more = ++index[n] < o->sizes[n];
            if (!more)
                index[n] = 0;
        }
    }
}

/* All chunks that a box has items of. */
static detinit_status read_box(hdf5_reader *r, const hdf5_data *d, size_t index,
                               const hdf5_places *places, const box *b, unsigned char *out,
                               detinit_error *error)
{
    uint64_t at[HDF5_RANK_MOST];
    detinit_status status = DETINIT_OK;
    for (size_t n = 0; n < d->rank; n++)
        at[n] = b->begin[n] / d->chunk[n];
    for (bool more = true; more && status == DETINIT_OK;) {
        overlap o;
        const unsigned char *bytes;
        const uint64_t number = find_overlap(d, b, at, &o);
        status = chunk_bytes(r, d, index, places, number, &bytes, error);
        if (status == DETINIT_OK)
            copy_overlap(d, b, &o, bytes, out);
        more = false;
        for (size_t n = d->rank; n-- > 0 && !more;) {
            more = ++at[n] * d->chunk[n] < b->begin[n] + b->sizes[n];
            if (!more)
                at[n] = b->begin[n] / d->chunk[n];
        }
    }
    return status;
}

static detinit_status read_chunked(hdf5_reader *r, const hdf5_data *d, size_t index, uint64_t first,
                                   size_t count, unsigned char *items, detinit_error *error)
{
    const hdf5_places *places;
    detinit_status status = find_places(r, d, index, &places, error);
    while (count > 0 && status == DETINIT_OK) {
        box b;
        const size_t part = box_next(d->rank, d->shape, first, count, &b);
        status = read_box(r, d, index, places, &b, items, error);
        first += part;
        count -= part;
        items += part * (size_t)d->type.size;
    }
    return status;
}

detinit_status hdf5_reader_items(hdf5_reader *r, const hdf5_data *d, size_t index, uint64_t first,
                                 size_t count, unsigned char *items, detinit_error *error)
{
    const size_t item = (size_t)d->type.size;
    if (d->address == HDF5_NOWHERE) {
        fill(items, d->fill, item, count);
        return DETINIT_OK;
    }
    if (!d->chunked)
        return input_read(r->h->in, d->address + first * item, items, count * item, error);
    pthread_mutex_lock(&r->lock);
    detinit_status status = read_chunked(r, d, index, first, count, items, error);
    pthread_mutex_unlock(&r->lock);
    return status;
}
