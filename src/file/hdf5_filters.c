#include "file/hdf5_filters.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* What filters may add to a chunk: checksums, and what deflate adds where nothing can be saved. */
#define MORE(size) ((size) + (size) / 256 + 4096)

/* A chunk on its way back. */
typedef struct chunk {
    const char *shown; /* the file */
    uint64_t address;
    size_t item;
    size_t most; /* bytes that it may have on its way */
    size_t size;
    unsigned char *bytes; /* malloc'ed */
} chunk;

static detinit_status damaged(const chunk *c, const char *what, detinit_error *error)
{
    return error_set(error, DETINIT_INVALID, "'%.200s', the chunk at byte %llu: %s", c->shown,
                     (unsigned long long)c->address, what);
}

static void replace(chunk *c, unsigned char *bytes, size_t size)
{
    free(c->bytes);
    c->bytes = bytes;
    c->size = size;
}

static detinit_status inflate_chunk(chunk *c, detinit_error *error)
{
    uLongf size = c->most;
    unsigned char *bytes = malloc(c->most);
    if (bytes == NULL)
        return input_no_memory(c->shown, error);
    const int result = uncompress(bytes, &size, c->bytes, c->size);
    if (result != Z_OK) {
        free(bytes);
        return result == Z_MEM_ERROR ? input_no_memory(c->shown, error)
               : result == Z_BUF_ERROR
                   ? damaged(c, "its deflated data become longer or shorter than it", error)
                   : damaged(c, "its deflated data are damaged", error);
    }
    replace(c, bytes, size);
    return DETINIT_OK;
}

/* First bytes of all items stood together, then their second bytes, ...; what is left over, last.
 */
static detinit_status unshuffle(chunk *c, detinit_error *error)
{
    const size_t count = c->size / c->item, whole = count * c->item;
    unsigned char *bytes = malloc(c->size + 1);
    if (bytes == NULL)
        return input_no_memory(c->shown, error);
    for (size_t k = 0; k < c->item; k++) {
        const unsigned char *from = c->bytes + k * count;
        for (size_t n = 0; n < count; n++)
            bytes[n * c->item + k] = from[n];
    }
    memcpy(bytes + whole, c->bytes + whole, c->size - whole);
    replace(c, bytes, c->size);
    return DETINIT_OK;
}

/* Fletcher's sum of 16-bit words, the high byte of each first, modulo 65535. */
static uint32_t fletcher32(const unsigned char *bytes, size_t size)
{
    uint64_t low = 0, high = 0;
    for (size_t n = 0; n + 1 < size; n += 2) {
        low = (low + ((uint32_t)bytes[n] << 8 | bytes[n + 1])) % 65535;
        high = (high + low) % 65535;
    }
    if (size % 2 == 1) {
        low = (low + ((uint32_t)bytes[size - 1] << 8)) % 65535;
        high = (high + low) % 65535;
    }
    return (uint32_t)(high << 16 | low);
}

/* HDF5's own sums may be 65535 where these are 0, which is the same number. */
static bool same_sum(uint32_t a, uint32_t b)
{
    return (a & 0xFFFF) % 65535 == (b & 0xFFFF) % 65535 && (a >> 16) % 65535 == (b >> 16) % 65535;
}

static detinit_status check_sum(chunk *c, detinit_error *error)
{
    if (c->size < 4)
        return damaged(c, "a checksum was expected", error);
    c->size -= 4;
    hdf5_bytes stored = {.at = c->bytes + c->size, .left = 4};
    if (!same_sum((uint32_t)hdf5_number(&stored, 4), fletcher32(c->bytes, c->size)))
        return damaged(c, "its checksum is not the one that it should have", error);
    return DETINIT_OK;
}

static detinit_status undo(chunk *c, hdf5_filter filter, detinit_error *error)
{
    switch (filter) {
    case HDF5_DEFLATE:
        return inflate_chunk(c, error);
    case HDF5_SHUFFLE:
        return c->item > 1 ? unshuffle(c, error) : DETINIT_OK;
    case HDF5_FLETCHER32:
        break;
    }
    return check_sum(c, error);
}

detinit_status hdf5_chunk_read(const input *in, const hdf5_data *d, const hdf5_place *place,
                               unsigned char **out, detinit_error *error)
{
    chunk c = {
        in->path, place->address, (size_t)d->type.size, MORE((size_t)d->chunk_bytes), place->bytes,
        NULL};
    if (c.size > c.most)
        return damaged(&c, "it takes more bytes than what it holds", error);
    c.bytes = malloc(c.size + 1);
    detinit_status status = c.bytes != NULL ? input_read(in, c.address, c.bytes, c.size, error)
                                            : input_no_memory(in->path, error);
    for (size_t n = d->filter_count; n-- > 0 && status == DETINIT_OK;)
        if ((place->mask >> n & 1) == 0)
            status = undo(&c, d->filters[n], error);
    if (status == DETINIT_OK && c.size != d->chunk_bytes)
        status = damaged(&c, "it has another size than a chunk here", error);
    if (status == DETINIT_OK)
        *out = c.bytes;
    else
        free(c.bytes);
    return status;
}
