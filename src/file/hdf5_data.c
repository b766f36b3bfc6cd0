#include "file/hdf5_data.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

/* What is known of a set of data while its header is read. */
typedef struct reading {
    hdf5 *h;
    arena *lasting;
    hdf5_data *out;
    uint64_t bytes;  /* of all items */
    const char *why; /* it cannot be read */
} reading;

static detinit_status no_memory(const reading *r, detinit_error *error)
{
    return input_no_memory(r->h->in->path, error);
}

/* ------------------------------------------------------------------ filters */

static const char *filter_name(unsigned number)
{
    static const struct {
        unsigned number;
        const char *name;
    } names[] = {
        {4, "szip"},      {5, "nbit"},       {6, "scaleoffset"},    {32000, "lzf"},
        {32001, "blosc"}, {32004, "lz4"},    {32008, "bitshuffle"}, {32013, "zfp"},
        {32015, "zstd"},  {32026, "blosc2"},
    };
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
        if (names[n].number == number)
            return names[n].name;
    return NULL;
}

static detinit_status refuse_filter(reading *r, unsigned number, detinit_error *error)
{
    char text[128];
    const char *name = filter_name(number);
    if (name != NULL)
        snprintf(text, sizeof text, "its chunks went through the filter %s, which is not read",
                 name);
    else
        snprintf(text, sizeof text, "its chunks went through filter %u, which is not known",
                 number);
    r->why = arena_text(r->lasting, text, strlen(text));
    return r->why != NULL ? DETINIT_OK : no_memory(r, error);
}

static detinit_status read_filters(reading *r, hdf5_bytes b, detinit_error *error)
{
    enum { FIRST_OF_OTHERS = 256 };
    const uint64_t where = b.where;
    const unsigned version = (unsigned)hdf5_number(&b, 1);
    const uint64_t count = hdf5_number(&b, 1);
    hdf5_take(&b, version == 1 ? 6 : 0);
    if (version < 1 || version > 2 || count > 32)
        return hdf5_wrong(r->h, where, "a list of filters was expected", error);
    for (uint64_t n = 0; n < count && r->why == NULL; n++) {
        const unsigned number = (unsigned)hdf5_number(&b, 2);
        const bool named = version == 1 || number >= FIRST_OF_OTHERS;
        const uint64_t name = named ? hdf5_number(&b, 2) : 0;
        hdf5_take(&b, 2);
        const uint64_t values = hdf5_number(&b, 2);
        hdf5_take(&b, version == 1 ? (name + 7) / 8 * 8 : name);
        hdf5_take(&b, 4 * values + (version == 1 && values % 2 == 1 ? 4 : 0));
        if (b.over)
            return hdf5_wrong(r->h, where, "a whole list of filters was expected", error);
        if (number < HDF5_DEFLATE || number > HDF5_FLETCHER32)
            return refuse_filter(r, number, error);
        if (r->out->filter_count == HDF5_FILTERS_MOST)
            r->why = "its chunks went through more filters than are read";
        else
            r->out->filters[r->out->filter_count++] = (hdf5_filter)number;
    }
    return DETINIT_OK;
}

/* ------------------------------------------------------------------- layout */

/* Items that lie one behind the other. */
static detinit_status check_place(reading *r, uint64_t size, detinit_error *error)
{
    const uint64_t end = r->h->in->size, address = r->out->address;
    if (address == HDF5_NOWHERE || r->bytes == 0) {
        r->out->address = HDF5_NOWHERE;
        return DETINIT_OK;
    }
    if (size < r->bytes || address > end || r->bytes > end - address)
        return hdf5_wrong(r->h, address, "the data of a shape do not lie within the file", error);
    return DETINIT_OK;
}

/* The sides of a chunk, each of so many bytes, and, last, the bytes of an item. */
static detinit_status read_chunk(reading *r, hdf5_bytes *b, size_t sides, unsigned width,
                                 detinit_error *error)
{
    static const char *const what = "a chunk of the data's rank and type was expected";
    hdf5_data *d = r->out;
    uint64_t *chunk = arena_new(r->lasting, d->rank * sizeof *chunk);
    const uint64_t where = b->where;
    if (chunk == NULL)
        return no_memory(r, error);
    if (d->rank == 0 || sides != d->rank + 1 || width < 1 || width > 8)
        return hdf5_wrong(r->h, where, what, error);
    bool fits = true;
    d->chunk = chunk;
    d->chunk_bytes = d->type.size;
    for (size_t n = 0; n < d->rank; n++) {
        chunk[n] = hdf5_number(b, width);
        fits = fits && !__builtin_mul_overflow(d->chunk_bytes, chunk[n], &d->chunk_bytes);
        if (chunk[n] == 0)
            return hdf5_wrong(r->h, where, "a chunk without empty sides was expected", error);
    }
    if (hdf5_number(b, width) != d->type.size || b->over)
        return hdf5_wrong(r->h, where, what, error);
    if (!fits || d->chunk_bytes > HDF5_CHUNK_MOST)
        r->why = "its chunks are larger than the 64 MB of which each may be";
    return DETINIT_OK;
}

/* Chunks as version 4 has them. */
static detinit_status read_new_chunks(reading *r, hdf5_bytes *b, detinit_error *error)
{
    static const unsigned char more[] = {
        [HDF5_BY_FIXED_ARRAY] = 1, [HDF5_BY_GROWING_ARRAY] = 5, [HDF5_BY_TREE] = 6};
    enum { PLAIN_EDGES = 1, ONE_IS_FILTERED = 2 };
    hdf5_data *d = r->out;
    const unsigned flags = (unsigned)hdf5_number(b, 1);
    const size_t sides = (size_t)hdf5_number(b, 1);
    const unsigned width = (unsigned)hdf5_number(b, 1);
    detinit_status status = read_chunk(r, b, sides, width, error);
    if (status != DETINIT_OK)
        return status;
    const unsigned index = (unsigned)hdf5_number(b, 1);
    if (index < HDF5_BY_NOTHING || index > HDF5_BY_TREE)
        return hdf5_wrong(r->h, b->where, "an index of chunks was expected", error);
    d->index = (hdf5_index)index;
    if (index == HDF5_BY_NOTHING && (flags & ONE_IS_FILTERED) != 0) {
        d->one_bytes = hdf5_length(r->h, b);
        d->one_mask = (uint32_t)hdf5_number(b, 4);
    }
    hdf5_take(b, more[index]); /* the index tells it, too */
    if ((flags & PLAIN_EDGES) != 0)
        r->why = "the chunks at its edges are stored in another way than the others";
    d->address = hdf5_address(r->h, b);
    return DETINIT_OK;
}

enum { COMPACT = 0, CONTIGUOUS = 1, CHUNKED = 2, VIRTUAL = 3 };

/* Versions 1 and 2, of HDF5 before 1.6.3. */
static detinit_status read_old_layout(reading *r, hdf5_bytes *b, detinit_error *error)
{
    hdf5_data *d = r->out;
    const size_t sides = (size_t)hdf5_number(b, 1);
    const unsigned class = (unsigned)hdf5_number(b, 1);
    hdf5_take(b, 5);
    if (class != COMPACT)
        d->address = hdf5_address(r->h, b);
    if (class == CHUNKED) {
        d->chunked = true;
        return read_chunk(r, b, sides, 4, error);
    }
    hdf5_take(b, 4 * sides);
    if (class != COMPACT)
        return check_place(r, r->bytes, error);
    const uint64_t size = hdf5_number(b, 4);
    d->address = b->where;
    return check_place(r, size < b->left ? size : b->left, error);
}

static detinit_status read_layout(reading *r, hdf5_bytes b, detinit_error *error)
{
    hdf5_data *d = r->out;
    const uint64_t where = b.where;
    const unsigned version = (unsigned)hdf5_number(&b, 1);
    if (version == 1 || version == 2)
        return read_old_layout(r, &b, error);
    const unsigned class = (unsigned)hdf5_number(&b, 1);
    if (version < 3 || version > 5 || class > VIRTUAL)
        return hdf5_wrong(r->h, where, "a layout of data was expected", error);
    if (class == COMPACT) {
        const uint64_t size = hdf5_number(&b, 2);
        d->address = b.where;
        return check_place(r, size < b.left ? size : b.left, error);
    }
    if (class == CONTIGUOUS) {
        d->address = hdf5_address(r->h, &b);
        return check_place(r, hdf5_length(r->h, &b), error);
    }
    d->chunked = class == CHUNKED;
    if (class == VIRTUAL) {
        r->why = "it is a view of other data sets, which may lie in other files";
        return DETINIT_OK;
    }
    if (version > 3)
        return read_new_chunks(r, &b, error);
    const size_t sides = (size_t)hdf5_number(&b, 1);
    d->address = hdf5_address(r->h, &b);
    return read_chunk(r, &b, sides, 4, error);
}

/* --------------------------------------------------------------- fill values */

static detinit_status read_fill(reading *r, const hdf5_message *m, detinit_error *error)
{
    enum { IS_DEFINED = 0x20 };
    hdf5_bytes b;
    detinit_status status = hdf5_follow(r->h, m, &b, error);
    if (status != DETINIT_OK)
        return status;
    const uint64_t where = b.where;
    bool defined = true;
    if (m->kind == HDF5_FILL) {
        const unsigned version = (unsigned)hdf5_number(&b, 1);
        if (version > 2)
            defined = (hdf5_number(&b, 1) & IS_DEFINED) != 0;
        else {
            hdf5_take(&b, 2);
            defined = hdf5_number(&b, 1) != 0;
        }
    }
    const uint64_t told = defined ? hdf5_number(&b, 4) : 0;
    const uint64_t size = told == UINT32_MAX ? 0 : told;
    const unsigned char *fill = hdf5_take(&b, size);
    if (b.over || (size != 0 && size != r->out->type.size))
        return hdf5_wrong(r->h, where, "a fill value of the data's type was expected", error);
    if (size > 0 && size <= HDF5_ITEM_MOST)
        memcpy(r->out->fill, fill, (size_t)size);
    return DETINIT_OK;
}

/* ------------------------------------------------------------------ the whole */

/* Type and shape, which all the rest depends on. */
static detinit_status read_kind(reading *r, const hdf5_object *object, detinit_tensor *tensor,
                                detinit_error *error)
{
    const hdf5_message *type = hdf5_object_find(object, HDF5_TYPE);
    const hdf5_message *shape = hdf5_object_find(object, HDF5_SPACE);
    hdf5_data *d = r->out;
    hdf5_space space;
    hdf5_bytes b;
    if (type == NULL || shape == NULL)
        return hdf5_wrong(r->h, object->address, "a type and a shape of data were expected", error);
    detinit_status status = hdf5_follow(r->h, type, &b, error);
    if (status == DETINIT_OK)
        status = hdf5_type_read(r->h, b, &d->type, error);
    if (status == DETINIT_OK)
        status = hdf5_follow(r->h, shape, &b, error);
    if (status == DETINIT_OK)
        status = hdf5_space_read(r->h, b, &space, error);
    if (status != DETINIT_OK)
        return status;
    r->why = d->type.type == NULL ? d->type.why : space.nothing ? "it has no data" : NULL;
    if (r->why != NULL)
        return DETINIT_OK;
    d->rank = tensor->rank = space.rank;
    d->shape = tensor->shape = arena_shape(r->lasting, space.rank, space.shape);
    d->most = arena_shape(r->lasting, space.rank, space.most);
    if (d->shape == NULL || d->most == NULL)
        return no_memory(r, error);
    const char *wrong = tensor_measure(tensor, d->type.type, &r->bytes);
    return wrong != NULL ? hdf5_wrong(r->h, object->address, wrong, error) : DETINIT_OK;
}

static detinit_status read_rest(reading *r, const hdf5_object *object, detinit_error *error)
{
    const hdf5_message *layout = hdf5_object_find(object, HDF5_LAYOUT);
    const hdf5_message *filters = hdf5_object_find(object, HDF5_FILTERS);
    const hdf5_message *fill = hdf5_object_find(object, HDF5_FILL);
    hdf5_bytes b;
    if (fill == NULL)
        fill = hdf5_object_find(object, HDF5_OLD_FILL);
    detinit_status status = fill != NULL ? read_fill(r, fill, error) : DETINIT_OK;
    if (status == DETINIT_OK)
        status = read_layout(r, layout->body, error);
    if (status != DETINIT_OK || r->why != NULL || filters == NULL || !r->out->chunked)
        return status;
    status = hdf5_follow(r->h, filters, &b, error);
    return status == DETINIT_OK ? read_filters(r, b, error) : status;
}

detinit_status hdf5_data_read(hdf5 *h, const hdf5_object *object, arena *lasting, hdf5_data *out,
                              detinit_tensor *tensor, const char **why, detinit_error *error)
{
    reading r = {.h = h, .lasting = lasting, .out = out};
    *out = (hdf5_data){.address = HDF5_NOWHERE};
    *tensor = (detinit_tensor){.name = NULL};
    detinit_status status = DETINIT_OK;
    if (hdf5_object_find(object, HDF5_EXTERNAL) != NULL)
        r.why = "its data lie in another file, which is not opened";
    else
        status = read_kind(&r, object, tensor, error);
    if (status == DETINIT_OK && r.why == NULL)
        status = read_rest(&r, object, error);
    *why = r.why;
    return status;
}
