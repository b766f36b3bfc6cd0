/* Packed files made whole again: the seed's weights, and over them those that were stored. */
#include "base/error.h"
#include "base/progress.h"
#include "detinit_pack.h"
#include "file/output.h"
#include "file/savefile.h"
#include "file/tensorfile.h"
#include "file/tensorwriter.h"
#include "track/packed.h"
#include "track/parts.h"
#include "track/strided.h"

#include <stdlib.h>
#include <string.h>

/* DETINIT_INVALID where some of the metadata may not be what was packed. */
static detinit_status check_metadata(const detinit_packed *p, detinit_error *error)
{
    const char *key = p->take_unchecked ? NULL : packed_unchecked(p);
    if (key == NULL)
        return DETINIT_OK;
    return error_set(error, DETINIT_INVALID,
                     "'%.160s' was packed without a digest of its metadata: nothing says that its "
                     "'%.60s' is what was packed; --unchecked takes it as it is",
                     detinit_tensorfile_path(p->file), key);
}

/* ------------------------------------------------------------ a file anew */

typedef struct unpacker {
    detinit_tensorwriter *to;
    const packed_tensor *tensor; /* that is under way */
} unpacker;

static detinit_status take_items(void *context, const unsigned char *items, size_t count,
                                 detinit_error *error)
{
    const unpacker *u = context;
    const size_t item = (size_t)u->tensor->is.item_bytes;
    return detinit_tensorwriter_write(u->to, items, count * item, error);
}

static uint64_t all_items(const detinit_packed *p)
{
    uint64_t total = 0;
    for (size_t n = 0; n < p->count; n++)
        total += p->tensors[n].is.count;
    return total;
}

static detinit_status announce_all(const detinit_packed *p, detinit_tensorwriter *to,
                                   detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)p->metadata, key, value)
    {
        if (status == DETINIT_OK)
            status = detinit_tensorwriter_metadata(to, key, json_string_value(value), error);
    }
    for (size_t n = 0; n < p->count && status == DETINIT_OK; n++) {
        const detinit_tensor *is = &p->tensors[n].is;
        status =
            detinit_tensorwriter_announce(to, is->name, is->type, is->rank, is->shape, NULL, error);
    }
    return status;
}

static detinit_status save_anew(const detinit_packed *p, const char *path, const detinit_run *run,
                                uint64_t *bytes, detinit_error *error)
{
    unpacker u;
    shared_progress progress = {.total = all_items(p)};
    detinit_status status = tensorwriter_open_by_ending(path, run, progress.total, &u.to, error);
    if (status != DETINIT_OK)
        return status;
    progress.run = tensorwriter_run(u.to);
    status = announce_all(p, u.to, error);
    for (size_t n = 0; n < p->count && status == DETINIT_OK; n++) {
        const detinit_run part = progress_share(&progress, p->tensors[n].is.count);
        u.tensor = &p->tensors[n];
        status = packed_stream(p, u.tensor, &part, take_items, &u, error);
    }
    if (status == DETINIT_OK)
        return detinit_tensorwriter_commit(u.to, bytes, error);
    detinit_tensorwriter_abandon(u.to);
    return status;
}

/* ------------------------------------------------------- the same file again */

typedef struct copier {
    output out;
    size_t item;
    uint64_t bytes;
} copier;

static detinit_status copy_items(void *context, const unsigned char *items, size_t count,
                                 detinit_error *error)
{
    copier *c = context;
    c->bytes += count * c->item;
    return output_write(&c->out, items, count * c->item, error);
}

/* What stood before the data, and the data. */
static detinit_status copy_all(const detinit_packed *p, copier *c, const detinit_run *run,
                               detinit_error *error)
{
    shared_progress progress = {.run = run, .total = all_items(p) + p->head.is.count};
    detinit_run part = progress_share(&progress, p->head.is.count);
    c->item = 1;
    detinit_status status = packed_stream(p, &p->head, &part, copy_items, c, error);
    for (size_t n = 0; n < p->count && status == DETINIT_OK; n++) {
        part = progress_share(&progress, p->tensors[n].is.count);
        c->item = (size_t)p->tensors[n].is.item_bytes;
        status = packed_stream(p, &p->tensors[n], &part, copy_items, c, error);
    }
    return status;
}

static detinit_status save_again(const detinit_packed *p, const char *path, const detinit_run *run,
                                 uint64_t *bytes, detinit_error *error)
{
    savefile file;
    detinit_status status = savefile_open(&file, path, run, all_items(p), error);
    if (status != DETINIT_OK)
        return status;
    copier c = {.out = output_on(file.fd, file.shown, run, all_items(p))};
    status = copy_all(p, &c, run, error);
    if (status != DETINIT_OK) {
        savefile_abandon(&file);
        return status;
    }
    if (bytes != NULL)
        *bytes = c.bytes;
    return savefile_commit(&file, error);
}

detinit_status detinit_unpack_save(const detinit_packed *packed, const char *path,
                                   const detinit_run *run, uint64_t *bytes, detinit_error *error)
{
    const file_format *format = format_of_path(path);
    detinit_status status = check_metadata(packed, error);
    if (status != DETINIT_OK)
        return status;
    const bool is_part = detinit_tensorfile_metadata(packed->file, PART_ABOUT) != NULL;
    const bool again = packed->head.sha256 != NULL && !is_part && format != NULL &&
                       strcmp(format->name, packed->head_format) == 0;
    return again ? save_again(packed, path, run, bytes, error)
                 : save_anew(packed, path, run, bytes, error);
}

/* ------------------------------------------------------------- into memory */

static detinit_status check_target(const packed_tensor *t, const strided *memory,
                                   const int64_t *strides, detinit_error *error)
{
    uint64_t items = 1;
    for (size_t d = 0; d < t->is.rank; d++)
        items *= t->is.shape[d];
    if (strides != NULL && items != t->is.count)
        return error_set(error, DETINIT_INVALID,
                         "'%.100s': several items of %.20s share a byte, which have no strides",
                         t->is.name, t->is.type);
    if (t->is.count > 0 && !strided_is_distinct(memory))
        return error_set(error, DETINIT_INVALID,
                         "'%.100s' has strides by which items share memory: they cannot be set",
                         t->is.name);
    return DETINIT_OK;
}

typedef struct memory_target {
    strided memory;
    uint64_t done;
} memory_target;

static detinit_status put_items(void *context, const unsigned char *items, size_t count,
                                detinit_error *error)
{
    memory_target *m = context;
    (void)error;
    strided_put(&m->memory, m->done, count, items);
    m->done += count;
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
    const size_t item = (size_t)t->is.item_bytes;
    memory_target target = {.memory = strides != NULL
                                          ? strided_of(data, item, t->is.rank, t->is.shape, strides)
                                          : strided_of(data, item, 1, &t->is.count, NULL)};
    detinit_status status = check_target(t, &target.memory, strides, error);
    if (status != DETINIT_OK)
        return status;
    return packed_stream(packed, t, run, put_items, &target, error);
}
