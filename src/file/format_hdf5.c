/*
 * HDF5 files, as h5py and Keras write them, and Keras' archives, .keras, which have one in them.
 * A tensor has the path of its set of data.
 */
#include "file/format.h"

#include "base/error.h"
#include "base/utf8.h"
#include "base/byteorder.h"
#include "file/hdf5_reader.h"
#include "file/hdf5_walk.h"
#include "file/zip.h"

#include <stdio.h>
#include <stdlib.h>

#define KERAS_WEIGHTS  "model.weights.h5"
#define KERAS_METADATA "metadata.json"

/* Bytes of Keras' metadata, at most. */
#define METADATA_MOST ((uint64_t)64 << 10)

/* A member's `where` is the number of its set of data. */
typedef struct hdf5_file {
    input weights; /* of an archive; else all zero */
    hdf5 h;
    hdf5_sets sets;
    hdf5_reader *reader;
} hdf5_file;

static detinit_status open_member(const format_reader *r, const char *name, input *out,
                                  detinit_error *error)
{
    char shown[512];
    snprintf(shown, sizeof shown, "%.300s, %.180s", r->in->path, name);
    return zip_member_open(r->archive, zip_find(r->archive, name), shown, out, error);
}

/* What Keras tells of its version and the date is a text of the file's. */
static detinit_status add_metadata(format_reader *r, detinit_error *error)
{
    const zip_entry *entry = zip_find(r->archive, KERAS_METADATA);
    input in;
    if (entry == NULL || entry->size > METADATA_MOST)
        return DETINIT_OK;
    char *text = arena_new(&r->list.arena, (size_t)entry->size + 1);
    if (text == NULL)
        return input_no_memory(r->in->path, error);
    detinit_status status = open_member(r, KERAS_METADATA, &in, error);
    if (status != DETINIT_OK)
        return status;
    status = input_read(&in, 0, text, (size_t)entry->size, error);
    input_close(&in);
    if (status != DETINIT_OK || !utf8_is_text(text, (size_t)entry->size))
        return status;
    text_pair *pair = tensorlist_add_pair(&r->list);
    if (pair == NULL)
        return input_no_memory(r->in->path, error);
    *pair = (text_pair){KERAS_METADATA, text};
    return DETINIT_OK;
}

static detinit_status open_file(format_reader *r, detinit_error *error)
{
    hdf5_file *own = r->own = calloc(1, sizeof *own);
    const input *in = r->in;
    detinit_status status = DETINIT_OK;
    if (own == NULL)
        return input_no_memory(r->in->path, error);
    own->weights.fd = -1;
    if (r->archive != NULL) {
        in = &own->weights;
        status = open_member(r, KERAS_WEIGHTS, &own->weights, error);
    }
    if (status == DETINIT_OK)
        status = hdf5_open(&own->h, in, error);
    if (status == DETINIT_OK)
        status = hdf5_walk(&own->h, &r->list, &own->sets, error);
    hdf5_free(&own->h);
    if (status == DETINIT_OK && r->archive != NULL)
        status = add_metadata(r, error);
    if (status == DETINIT_OK)
        status = tensorlist_index(&r->list, r->in->path, error);
    if (status != DETINIT_OK)
        return status;
    own->reader = hdf5_reader_new(&own->h, own->sets.count);
    return own->reader != NULL ? DETINIT_OK : input_no_memory(r->in->path, error);
}

static detinit_status read_items(const format_reader *r, const member *m, uint64_t first,
                                 size_t count, void *items, detinit_error *error)
{
    const hdf5_file *own = r->own;
    const hdf5_data *d = &own->sets.sets[m->where];
    const size_t item = (size_t)m->tensor.item_bytes, parts = tensor_type_parts(d->type.type);
    detinit_status status =
        hdf5_reader_items(own->reader, d, (size_t)m->where, first, count, items, error);
    if (status == DETINIT_OK && d->type.big_endian && item / parts > 1)
        swap_bytes(items, item / parts, count * parts);
    return status;
}

static void rest(const format_reader *r)
{
    const hdf5_file *own = r->own;
    hdf5_reader_rest(own->reader);
}

static void close_file(format_reader *r)
{
    hdf5_file *own = r->own;
    if (own == NULL)
        return;
    hdf5_reader_free(own->reader);
    free(own->sets.sets);
    input_close(&own->weights);
    free(own);
}

static bool recognizes_archive(const zip *archive)
{
    return zip_find(archive, KERAS_WEIGHTS) != NULL;
}

const file_format format_hdf5 = {
    .name = ".h5",
    .endings = {".h5", ".hdf5", ".keras"},
    .many = true,
    .recognizes = hdf5_begins,
    .recognizes_archive = recognizes_archive,
    .open = open_file,
    .read = read_items,
    .rest = rest,
    .close = close_file,
};
