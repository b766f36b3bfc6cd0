/* Packed files made whole again: the seed's weights, and over them those that were stored. */
#include "file/tensorfile.h"
#include "file/tensorwriter.h"
#include "detinit_track.h"
#include "base/error.h"
#include "track/packed.h"
#include "base/progress.h"
#include "track/strided.h"
#include "track/pairs.h"

#include <stdlib.h>
#include <string.h>

typedef struct unpacker {
    const detinit_packed *packed;
    detinit_tensorwriter *to; /* or NULL: into `memory` */
    strided memory;
    struct sha256_ctx sha;
    /* of the tensor under way */
    const packed_tensor *tensor;
    size_t item;
    uint64_t position, values; /* items and stored values that are done */
    /* of the block under way */
    unsigned char bits[MATRIX_BLOCK / 8 + 2];
    unsigned char stored[MATRIX_BLOCK * sizeof(double)];
    unsigned char whole[MATRIX_BLOCK * sizeof(double)];
} unpacker;

/* Bit n of the block; its first weight need not begin a byte. */
static bool is_awake(const unpacker *u, size_t n)
{
    const size_t bit = (size_t)(u->position % 8) + n;
    return (u->bits[bit / 8] >> bit % 8 & 1) != 0;
}

/* Reads the bits of so many weights and the values of those that are awake. */
static detinit_status read_block(unpacker *u, size_t count, detinit_error *error)
{
    const detinit_tensorfile *file = u->packed->file;
    const uint64_t first = u->position / 8, end = (u->position + count + 7) / 8;
    size_t awake = 0;
    detinit_status status =
        detinit_tensor_read(file, u->tensor->awake, first, (size_t)(end - first), u->bits, error);
    for (size_t n = 0; n < count && status == DETINIT_OK; n++)
        awake += is_awake(u, n);
    if (status == DETINIT_OK)
        status = detinit_tensor_read(file, u->tensor->values, u->values, awake, u->stored, error);
    u->values += awake;
    return status;
}

/* Items that come next. */
static detinit_status put(unpacker *u, const unsigned char *items, size_t count,
                          detinit_error *error)
{
    const size_t bytes = count * u->item;
    sha256_update(&u->sha, bytes, items);
    if (u->to != NULL)
        return detinit_tensorwriter_write(u->to, items, bytes, error);
    strided_put(&u->memory, u->position, count, items);
    return DETINIT_OK;
}

static detinit_status take_block(void *context, const weight_pair *pair, const void *partial,
                                 detinit_error *error)
{
    unpacker *u = context;
    const unsigned char *next = u->stored;
    (void)partial;
    detinit_status status = read_block(u, pair->count, error);
    if (status != DETINIT_OK)
        return status;
    memcpy(u->whole, pair->initial, pair->count * u->item);
    for (size_t n = 0; n < pair->count; n++) {
        if (!is_awake(u, n))
            continue;
        memcpy(u->whole + n * u->item, next, u->item);
        next += u->item;
    }
    status = put(u, u->whole, pair->count, error);
    u->position += pair->count;
    return status;
}

static detinit_status unpack_tracked(unpacker *u, const detinit_run *run, detinit_error *error)
{
    const detinit_tracked initial = tracked_initial(&u->tensor->layer->recipe, u->tensor->dtype);
    const pair_sink sink = {.take = take_block, .context = u};
    return tracked_stream(&initial, run, &sink, error);
}

static detinit_status copy_part(void *context, const unsigned char *data, size_t bytes,
                                detinit_error *error)
{
    unpacker *u = context;
    const size_t count = bytes / u->item;
    detinit_status status = put(u, data, count, error);
    u->position += count;
    return status;
}

static detinit_status unpack_tensor(unpacker *u, const detinit_run *run, detinit_error *error)
{
    char sha256[PACKED_DIGITS + 1];
    const packed_tensor *t = u->tensor;
    sha256_init(&u->sha);
    u->item = (size_t)t->values->item_bytes;
    u->position = u->values = 0;
    detinit_status status =
        t->layer != NULL ? unpack_tracked(u, run, error)
                         : tensorfile_each(u->packed->file, t->values, run, copy_part, u, error);
    if (status == DETINIT_OK && strcmp(packed_hex(&u->sha, sha256), t->sha256) != 0)
        status = error_set(error, DETINIT_INVALID,
                           "'%.160s' is damaged: tensor %.80s does not become what was packed; "
                           "its SHA-256 is %.16s..., %.16s... was expected",
                           detinit_tensorfile_path(u->packed->file), t->name, sha256, t->sha256);
    return status;
}

static detinit_status unpack_all(unpacker *u, uint64_t total, detinit_error *error)
{
    const detinit_packed *p = u->packed;
    shared_progress progress = {.run = tensorwriter_run(u->to), .total = total};
    detinit_status status = DETINIT_OK;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)p->metadata, key, value)
    {
        if (status == DETINIT_OK)
            status = detinit_tensorwriter_metadata(u->to, key, json_string_value(value), error);
    }
    for (size_t n = 0; n < p->count && status == DETINIT_OK; n++) {
        const packed_tensor *t = &p->tensors[n];
        status =
            detinit_tensorwriter_announce(u->to, t->name, t->type, t->rank, t->shape, NULL, error);
    }
    for (size_t n = 0; n < p->count && status == DETINIT_OK; n++) {
        detinit_run part = progress_share(&progress, p->tensors[n].count);
        u->tensor = &p->tensors[n];
        status = unpack_tensor(u, &part, error);
    }
    return status;
}

detinit_status detinit_unpack_save(const detinit_packed *packed, const char *path,
                                   const detinit_run *run, uint64_t *bytes, detinit_error *error)
{
    detinit_tensorwriter *to;
    uint64_t total = 0;
    for (size_t n = 0; n < packed->count; n++)
        total += packed->tensors[n].count;
    detinit_status status = tensorwriter_open_by_ending(path, run, total, &to, error);
    if (status != DETINIT_OK)
        return status;
    unpacker *u = calloc(1, sizeof *u);
    if (u == NULL) {
        detinit_tensorwriter_abandon(to);
        return error_set(error, DETINIT_NO_MEMORY, "no memory to unpack");
    }
    u->packed = packed;
    u->to = to;
    status = unpack_all(u, total, error);
    free(u);
    if (status == DETINIT_OK)
        return detinit_tensorwriter_commit(to, bytes, error);
    detinit_tensorwriter_abandon(to);
    return status;
}

/* ------------------------------------------------------------- into memory */

static detinit_status check_target(const packed_tensor *t, const strided *memory,
                                   const int64_t *strides, detinit_error *error)
{
    uint64_t items = 1;
    for (size_t d = 0; d < t->rank; d++)
        items *= t->shape[d];
    if (strides != NULL && items != t->values->count && t->layer == NULL)
        return error_set(error, DETINIT_INVALID,
                         "'%.100s': several items of %.20s share a byte, which have no strides",
                         t->name, t->type);
    if (t->count > 0 && !strided_is_distinct(memory))
        return error_set(error, DETINIT_INVALID,
                         "'%.100s' has strides by which items share memory: they cannot be set",
                         t->name);
    return DETINIT_OK;
}

detinit_status detinit_unpack_memory(const detinit_packed *packed, size_t index,
                                     const int64_t *strides, void *data, const detinit_run *run,
                                     detinit_error *error)
{
    if (index >= packed->count)
        return error_set(error, DETINIT_INVALID, "tensor %zu was asked for; there are %zu", index,
                         packed->count);
    const packed_tensor *t = &packed->tensors[index];
    const size_t item = (size_t)t->values->item_bytes;
    const strided memory = strides != NULL ? strided_of(data, item, t->rank, t->shape, strides)
                                           : strided_of(data, item, 1, &t->count, NULL);
    detinit_status status = check_target(t, &memory, strides, error);
    if (status != DETINIT_OK)
        return status;
    unpacker *u = calloc(1, sizeof *u);
    if (u == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory to unpack");
    u->packed = packed;
    u->memory = memory;
    u->tensor = t;
    status = unpack_tensor(u, run, error);
    free(u);
    return status;
}
