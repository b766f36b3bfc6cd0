/* A packed file as the one that was packed: weights are made as they are read. */
#include "base/error.h"
#include "file/format.h"
#include "file/tensorfile.h"
#include "track/packed.h"
#include "track/source.h"
#include "track/tracked.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* What makes the initial weights of a tensor, once they are asked for. */
typedef struct maker {
    detinit_tracked initial;
    detinit_matrix *matrix; /* NULL: not yet */
    source from;
} maker;

typedef struct unpacked_file {
    detinit_tensorfile *file;
    detinit_packed *packed;
    maker *makers; /* of each tensor */
    pthread_mutex_t lock;
    /* The block of which a part was read last, since the next part is likely to be of it. */
    size_t tensor;
    uint64_t block;
    unsigned char *items; /* NULL: none */
} unpacked_file;

/* ----------------------------------------------------------------- what is in it */

/* Its metadata, and above them the recipes that the packed file tells. */
static bool add_metadata(tensorlist *list, const detinit_packed *p)
{
    static const char *const told[] = {PACKED_MANIFEST, PACKED_VERSION};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)p->metadata, key, value)
    {
        if (strcmp(key, told[0]) == 0 || strcmp(key, told[1]) == 0)
            continue;
        text_pair *pair = tensorlist_add_pair(list);
        if (pair == NULL)
            return false;
        *pair = (text_pair){key, json_string_value(value)};
    }
    for (size_t n = 0; n < sizeof told / sizeof told[0]; n++) {
        const char *text = detinit_tensorfile_metadata(p->file, told[n]);
        text_pair *pair = text != NULL ? tensorlist_add_pair(list) : NULL;
        if (text != NULL && pair == NULL)
            return false;
        if (text != NULL)
            *pair = (text_pair){told[n], text};
    }
    return true;
}

static detinit_status open_tensors(format_reader *r, detinit_error *error)
{
    unpacked_file *own = r->own;
    const detinit_packed *p = own->packed;
    own->makers = calloc(p->count + 1, sizeof *own->makers);
    bool good = own->makers != NULL && add_metadata(&r->list, p);
    for (size_t n = 0; n < p->count && good; n++) {
        const packed_tensor *t = &p->tensors[n];
        member *m = tensorlist_add(&r->list);
        good = m != NULL;
        if (good)
            *m = (member){.tensor = t->is, .where = n};
        if (t->layer != NULL)
            own->makers[n].initial = tracked_initial(&t->layer->recipe, t->is.dtype);
        r->size += t->is.count * t->is.item_bytes;
    }
    return good ? tensorlist_index(&r->list, r->in->path, error)
                : input_no_memory(r->in->path, error);
}

static void close_tensors(format_reader *r)
{
    unpacked_file *own = r->own;
    for (size_t n = 0; own->makers != NULL && n < own->packed->count; n++)
        detinit_matrix_free(own->makers[n].matrix);
    free(own->makers);
    free(own->items);
    detinit_packed_free(own->packed);
    detinit_tensorfile_close(own->file);
    pthread_mutex_destroy(&own->lock);
    free(own);
}

/* ------------------------------------------------------------------ reading */

/* An orthogonal matrix takes time: it is made once, by whoever asks first. */
static detinit_status get_ready(unpacked_file *own, size_t index, detinit_error *error)
{
    maker *it = &own->makers[index];
    detinit_status status = DETINIT_OK;
    if (own->packed->tensors[index].layer == NULL)
        return DETINIT_OK;
    pthread_mutex_lock(&own->lock);
    if (it->matrix == NULL) {
        status = detinit_matrix_new(&it->initial.recipe, NULL, &it->matrix, error);
        if (status == DETINIT_OK)
            it->from = source_of(&it->initial, it->matrix, NULL);
    }
    pthread_mutex_unlock(&own->lock);
    return status;
}

static detinit_status read_block(const unpacked_file *own, size_t index, uint64_t block,
                                 unsigned char *out, detinit_error *error)
{
    const packed_tensor *t = &own->packed->tensors[index];
    const size_t bytes = CODED_BLOCK * (size_t)t->is.item_bytes;
    unsigned char *room = malloc(packed_room(t) + bytes), *initial = room + packed_room(t);
    if (room == NULL)
        return input_no_memory(detinit_tensorfile_path(own->file), error);
    if (t->layer != NULL)
        source_make(&own->makers[index].from, block * CODED_BLOCK, packed_block_items(t, block),
                    initial);
    detinit_status status = packed_read_block(own->packed, t, block, initial, room, out, error);
    free(room);
    return status;
}

/* Reads a part of a block out of the one that is kept. */
static detinit_status read_part(unpacked_file *own, size_t index, uint64_t first, size_t count,
                                unsigned char *out, detinit_error *error)
{
    const size_t item = (size_t)own->packed->tensors[index].is.item_bytes;
    const uint64_t block = first / CODED_BLOCK;
    detinit_status status = DETINIT_OK;
    pthread_mutex_lock(&own->lock);
    if (own->items == NULL || own->tensor != index || own->block != block) {
        free(own->items);
        own->items = malloc(CODED_BLOCK * item);
        own->tensor = index;
        own->block = block;
        status = own->items != NULL ? read_block(own, index, block, own->items, error)
                                    : input_no_memory(detinit_tensorfile_path(own->file), error);
    }
    if (status == DETINIT_OK) {
        memcpy(out, own->items + first % CODED_BLOCK * item, count * item);
    } else {
        free(own->items);
        own->items = NULL;
    }
    pthread_mutex_unlock(&own->lock);
    return status;
}

static detinit_status read_items(const format_reader *r, const member *m, uint64_t first,
                                 size_t count, void *items, detinit_error *error)
{
    unpacked_file *own = r->own;
    const size_t index = (size_t)m->where;
    const packed_tensor *t = &own->packed->tensors[index];
    unsigned char *out = items;
    if (t->blocks == NULL && t->awake == NULL)
        return detinit_tensor_read(own->file, t->values, first, count, items, error);
    detinit_status status = count > 0 ? get_ready(own, index, error) : DETINIT_OK;
    while (count > 0 && status == DETINIT_OK) {
        const size_t all = packed_block_items(t, first / CODED_BLOCK);
        const size_t left = all - (size_t)(first % CODED_BLOCK), part = left < count ? left : count;
        status = part == all ? read_block(own, index, first / CODED_BLOCK, out, error)
                             : read_part(own, index, first, part, out, error);
        first += part;
        count -= part;
        out += part * (size_t)t->is.item_bytes;
    }
    return status;
}

/* No file is recognized as one: it is opened by the function below. */
static const file_format format_unpacked = {
    .name = ".safetensors",
    .many = true,
    .packed = true,
    .metadata = true,
    .open = open_tensors,
    .read = read_items,
    .close = close_tensors,
};

detinit_status detinit_tensorfile_unpacked(detinit_tensorfile *packed, detinit_tensorfile **out,
                                           detinit_error *error)
{
    unpacked_file *own = calloc(1, sizeof *own);
    detinit_status status = own != NULL ? detinit_packed_open(packed, &own->packed, error)
                                        : input_no_memory(detinit_tensorfile_path(packed), error);
    if (status != DETINIT_OK) {
        free(own);
        detinit_tensorfile_close(packed);
        return status;
    }
    own->file = packed;
    pthread_mutex_init(&own->lock, NULL);
    return tensorfile_of_format(&format_unpacked, own, detinit_tensorfile_path(packed), out, error);
}

detinit_status detinit_tensorfile_open_unpacked(const char *path, detinit_tensorfile **out,
                                                detinit_error *error)
{
    detinit_tensorfile *file;
    detinit_status status = detinit_tensorfile_open(path, &file, error);
    if (status != DETINIT_OK)
        return status;
    if (detinit_tensorfile_is_packed(file))
        return detinit_tensorfile_unpacked(file, out, error);
    *out = file;
    return DETINIT_OK;
}
