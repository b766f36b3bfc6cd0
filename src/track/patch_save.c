/* A base and its patch made into the result. */
#include "base/error.h"
#include "base/progress.h"
#include "base/shape.h"
#include "file/tensorfile.h"
#include "file/tensorwriter.h"
#include "track/patch.h"

#include <stdlib.h>
#include <string.h>

/* Positions and values that are read at a time. */
#define PLACES ((size_t)1 << 14)

/* Bytes that an item has at most. */
#define ITEM_MOST 16

typedef struct patcher {
    const detinit_patch *patch;
    const detinit_tensorfile *base;
    detinit_tensorwriter *to;
    shared_progress progress;
    struct sha256_ctx base_sha, sha;
    /* of the tensor under way */
    const patch_tensor *tensor;
    size_t item;
    uint64_t done; /* items of the base */
    /* positions and values, from `next` on of `read` that were read, of `places` in all */
    uint64_t places, read_before, last;
    size_t next, read;
    unsigned char positions[PLACES * sizeof(uint64_t)], values[PLACES * ITEM_MOST];
} patcher;

static detinit_status damaged(const patcher *p, const char *what, detinit_error *error)
{
    return error_set(error, DETINIT_INVALID, "'%.160s' is damaged: tensor '%.80s' %s",
                     detinit_tensorfile_path(p->patch->file), p->tensor->name, what);
}

/* ------------------------------------------------------------------- the base */

static detinit_status not_the_base(const patcher *p, const char *what, const char *name,
                                   detinit_error *error)
{
    return error_set(error, DETINIT_INVALID, "'%.140s' is not the base of '%.140s': %s%s%.80s%s",
                     detinit_tensorfile_path(p->base), detinit_tensorfile_path(p->patch->file),
                     what, name != NULL ? " '" : "", name != NULL ? name : "",
                     name != NULL ? "'" : "");
}

/* The tensor in the base. */
static const detinit_tensor *in_base(const patcher *p, const patch_tensor *t)
{
    return detinit_tensorfile_find(p->base, t->from);
}

static bool fits(const patch_tensor *t, const detinit_tensor *found)
{
    return strcmp(found->type, t->type) == 0 &&
           shape_same(found->rank, found->shape, t->rank, t->shape);
}

static detinit_status check_tensors(const patcher *p, const patch_tensor *tensors, size_t count,
                                    size_t *known, detinit_error *error)
{
    for (size_t n = 0; n < count; n++) {
        if (tensors[n].base == NULL)
            continue;
        const detinit_tensor *found = in_base(p, &tensors[n]);
        if (found == NULL)
            return not_the_base(p, "it has no tensor", tensors[n].from, error);
        if (!fits(&tensors[n], found))
            return not_the_base(p, "another type or shape was expected of tensor", tensors[n].from,
                                error);
        ++*known;
    }
    return DETINIT_OK;
}

/* What headers tell of the base. */
static detinit_status check_base(const patcher *p, detinit_error *error)
{
    size_t known = 0;
    detinit_status status = check_tensors(p, p->patch->tensors, p->patch->count, &known, error);
    if (status == DETINIT_OK)
        status = check_tensors(p, p->patch->gone, p->patch->gone_count, &known, error);
    if (status == DETINIT_OK && known != detinit_tensorfile_count(p->base))
        status = not_the_base(p, "it has tensors that the base has not", NULL, error);
    return status;
}

static detinit_status check_base_hash(patcher *p, const patch_tensor *t, detinit_error *error)
{
    char sha256[PACKED_DIGITS + 1];
    if (strcmp(packed_hex(&p->base_sha, sha256), t->base) == 0)
        return DETINIT_OK;
    return not_the_base(p, "another SHA-256 was expected of tensor", t->from, error);
}

static detinit_status take_base_hash(void *context, const unsigned char *data, size_t bytes,
                                     detinit_error *error)
{
    patcher *p = context;
    (void)error;
    sha256_update(&p->base_sha, bytes, data);
    return DETINIT_OK;
}

/* Reads a tensor of the base for nothing but its hash. */
static detinit_status check_unused(patcher *p, const patch_tensor *t, detinit_error *error)
{
    const detinit_run run = progress_share(&p->progress, t->count);
    sha256_init(&p->base_sha);
    detinit_status status = tensorfile_each(p->base, in_base(p, t), &run, take_base_hash, p, error);
    return status == DETINIT_OK ? check_base_hash(p, t, error) : status;
}

/* ------------------------------------------------------------------- the result */

static detinit_status put(patcher *p, const unsigned char *data, size_t bytes, detinit_error *error)
{
    sha256_update(&p->sha, bytes, data);
    return detinit_tensorwriter_write(p->to, data, bytes, error);
}

static detinit_status put_whole(void *context, const unsigned char *data, size_t bytes,
                                detinit_error *error)
{
    return put(context, data, bytes, error);
}

/* Reads the next positions and values, where all that were read are used. */
static detinit_status read_places(patcher *p, detinit_error *error)
{
    const patch_tensor *t = p->tensor;
    if (p->next < p->read || p->read_before + p->read == p->places)
        return DETINIT_OK;
    p->read_before += p->read;
    p->next = 0;
    const uint64_t left = p->places - p->read_before;
    p->read = left < PLACES ? (size_t)left : PLACES;
    detinit_status status = detinit_tensor_read(p->patch->file, t->positions, p->read_before,
                                                p->read, p->positions, error);
    if (status == DETINIT_OK)
        status = detinit_tensor_read(p->patch->file, t->values, p->read_before, p->read, p->values,
                                     error);
    return status;
}

/* The next position; UINT64_MAX where there is none. A negative one is far beyond any tensor. */
static uint64_t next_position(const patcher *p)
{
    const size_t bytes = p->tensor->count > (uint64_t)INT32_MAX + 1 ? 8 : 4;
    uint64_t position = 0;
    if (p->next == p->read)
        return UINT64_MAX;
    for (size_t n = bytes; n-- > 0;)
        position = position << 8 | p->positions[p->next * bytes + n];
    return position;
}

/* Sets the changed items of a part of the base, which begins with item p->done. */
static detinit_status change_items(patcher *p, unsigned char *data, size_t count,
                                   detinit_error *error)
{
    for (;;) {
        detinit_status status = read_places(p, error);
        if (status != DETINIT_OK)
            return status;
        const uint64_t position = next_position(p);
        if (position == UINT64_MAX || (position >= p->done + count && position < p->tensor->count))
            return DETINIT_OK;
        if (position < p->done || position >= p->tensor->count ||
            (p->last != UINT64_MAX && position <= p->last))
            return damaged(p, "has positions that are not in order", error);
        memcpy(data + (position - p->done) * p->item, p->values + p->next * p->item, p->item);
        p->last = position;
        p->next++;
    }
}

static detinit_status take_base(void *context, const unsigned char *data, size_t bytes,
                                detinit_error *error)
{
    patcher *p = context;
    const size_t count = bytes / p->item;
    detinit_status status = DETINIT_OK;
    sha256_update(&p->base_sha, bytes, data);
    if (p->tensor->positions == NULL)
        return detinit_tensorwriter_write(p->to, data, bytes, error);
    unsigned char *changed = malloc(bytes);
    if (changed == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory to patch tensors");
    memcpy(changed, data, bytes);
    status = change_items(p, changed, count, error);
    if (status == DETINIT_OK)
        status = put(p, changed, bytes, error);
    p->done += count;
    free(changed);
    return status;
}

static detinit_status check_result_hash(patcher *p, detinit_error *error)
{
    char sha256[PACKED_DIGITS + 1];
    if (strcmp(packed_hex(&p->sha, sha256), p->tensor->sha256) == 0)
        return DETINIT_OK;
    return damaged(p, "does not become what was compared: its SHA-256 is another", error);
}

static void begin_tensor(patcher *p, const patch_tensor *t)
{
    p->tensor = t;
    p->done = p->read_before = 0;
    p->next = p->read = 0;
    p->last = UINT64_MAX;
    p->places = t->positions != NULL ? t->positions->count : 0;
    sha256_init(&p->base_sha);
    sha256_init(&p->sha);
}

static detinit_status make_whole(patcher *p, const patch_tensor *t, detinit_error *error)
{
    const detinit_run run = progress_share(&p->progress, t->count);
    detinit_status status = tensorfile_each(p->patch->file, t->values, &run, put_whole, p, error);
    if (status == DETINIT_OK)
        status = check_result_hash(p, error);
    return status == DETINIT_OK && t->base != NULL ? check_unused(p, t, error) : status;
}

/* What is the same in the base needs one hash. */
static detinit_status make_tensor(patcher *p, const patch_tensor *t, detinit_error *error)
{
    begin_tensor(p, t);
    if (t->positions == NULL && t->values != NULL)
        return make_whole(p, t, error);
    const detinit_tensor *from = in_base(p, t);
    const detinit_run run = progress_share(&p->progress, t->count);
    p->item = (size_t)from->item_bytes;
    detinit_status status = tensorfile_each(p->base, from, &run, take_base, p, error);
    if (status == DETINIT_OK)
        status = check_base_hash(p, t, error);
    return status == DETINIT_OK && t->positions != NULL ? check_result_hash(p, error) : status;
}

static detinit_status announce_all(const patcher *p, detinit_error *error)
{
    const detinit_patch *patch = p->patch;
    detinit_status status = DETINIT_OK;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)patch->metadata, key, value)
    {
        if (status == DETINIT_OK)
            status = detinit_tensorwriter_metadata(p->to, key, json_string_value(value), error);
    }
    for (size_t n = 0; n < patch->count && status == DETINIT_OK; n++) {
        const patch_tensor *t = &patch->tensors[n];
        status =
            detinit_tensorwriter_announce(p->to, t->name, t->type, t->rank, t->shape, NULL, error);
    }
    return status;
}

/* The base is checked first where only its hash is wanted: what is wrong is known early. */
static detinit_status make_all(patcher *p, detinit_error *error)
{
    detinit_status status = announce_all(p, error);
    for (size_t n = 0; n < p->patch->gone_count && status == DETINIT_OK; n++)
        status = check_unused(p, &p->patch->gone[n], error);
    for (size_t n = 0; n < p->patch->count && status == DETINIT_OK; n++)
        status = make_tensor(p, &p->patch->tensors[n], error);
    return status;
}

static uint64_t count_work(const detinit_patch *patch)
{
    uint64_t items = 0;
    for (size_t n = 0; n < patch->gone_count; n++)
        items += patch->gone[n].count;
    for (size_t n = 0; n < patch->count; n++) {
        const patch_tensor *t = &patch->tensors[n];
        const bool twice = t->positions == NULL && t->values != NULL && t->base != NULL;
        items += twice ? 2 * t->count : t->count;
    }
    return items;
}

static detinit_status save(patcher *p, const char *path, const detinit_run *run, uint64_t *bytes,
                           detinit_error *error)
{
    p->progress.total = count_work(p->patch);
    detinit_status status =
        tensorwriter_open_by_ending(path, run, p->progress.total, &p->to, error);
    if (status != DETINIT_OK)
        return status;
    p->progress.run = tensorwriter_run(p->to);
    status = make_all(p, error);
    if (status == DETINIT_OK)
        return detinit_tensorwriter_commit(p->to, bytes, error);
    detinit_tensorwriter_abandon(p->to);
    return status;
}

detinit_status detinit_patch_save(const detinit_patch *patch, const detinit_tensorfile *a,
                                  const char *path, const detinit_run *run, uint64_t *bytes,
                                  detinit_error *error)
{
    detinit_status status = diff_check_target(path, a, error);
    if (status == DETINIT_OK)
        status = diff_check_target(path, patch->file, error);
    if (status != DETINIT_OK)
        return status;
    patcher *p = calloc(1, sizeof *p);
    if (p == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory to patch a file");
    p->patch = patch;
    p->base = a;
    status = check_base(p, error);
    if (status == DETINIT_OK)
        status = save(p, path, run, bytes, error);
    free(p);
    return status;
}
