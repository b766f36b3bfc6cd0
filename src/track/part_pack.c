/* Packed files of shares put together. */
#include "track/parts.h"

#include "base/error.h"
#include "base/progress.h"
#include "file/tensorfile.h"
#include "file/tensorwriter.h"
#include "track/pack_header.h"

#include <stdlib.h>
#include <string.h>

/* Where a part holds a tensor of the file that was packed. */
typedef struct packed_source {
    const detinit_tensorfile *part;
    const detinit_tensor *awake, *values; /* awake: NULL where it is not tracked */
} packed_source;

typedef struct pack_merger {
    pack_plan plan;
    packed_source *sources; /* of each of the file's tensors */
    detinit_tensorwriter *to;
    shared_progress progress;
    uint64_t awake; /* bits set in what is copied */
} pack_merger;

/* ------------------------------------------------------------ what is there */

static const detinit_tensor *named(const detinit_tensorfile *part, const json_t *entry,
                                   const char *key)
{
    const char *name = json_string_value(json_object_get(entry, key));
    return name != NULL ? detinit_tensorfile_find(part, name) : NULL;
}

/* Whether the part holds a tensor as a packed file does. */
static bool fits(const content_part *what, const packed_source *source)
{
    const detinit_tensor *awake = source->awake, *values = source->values;
    if (values == NULL || strcmp(values->type, what->type) != 0)
        return false;
    if (what->tracked == NULL)
        return awake == NULL && values->rank == what->rank &&
               memcmp(values->shape, what->shape, what->rank * sizeof what->shape[0]) == 0;
    return awake != NULL && strcmp(awake->type, "U8") == 0 && awake->rank == 1 &&
           awake->count == packed_mask_bytes(what->count) && values->rank == 1 &&
           values->count <= what->count;
}

static detinit_status take_entry(pack_merger *m, const detinit_tensorfile *part,
                                 const json_t *entry, size_t index, detinit_error *error)
{
    const char *name = json_string_value(json_object_get(entry, "name"));
    const char *sha256 = json_string_value(json_object_get(entry, "sha256"));
    const char *shown = name != NULL ? name : "?";
    const content_part *what = &m->plan.what.parts[index];
    if (index >= m->plan.what.count || name == NULL || strcmp(name, what->name) != 0)
        return part_wrong(part, "another tensor was expected than", shown, error);
    const bool tracked = what->tracked != NULL;
    packed_source *source = &m->sources[index];
    source->part = part;
    source->awake = named(part, entry, "awake");
    source->values = named(part, entry, tracked ? "values" : "name");
    if (!fits(what, source) || sha256 == NULL || strlen(sha256) != PACKED_DIGITS)
        return part_wrong(part, "it does not hold, as packed files do,", shown, error);
    memcpy(m->plan.found[index].sha256, sha256, PACKED_DIGITS + 1);
    m->plan.found[index].awake = tracked ? source->values->count : 0;
    return DETINIT_OK;
}

/* The tensors that a part tells of, in order; *next is the file's that comes first. */
static detinit_status take_part(pack_merger *m, const detinit_tensorfile *part, size_t *next,
                                detinit_error *error)
{
    const char *text = detinit_tensorfile_metadata(part, PACKED_DESCRIPTION);
    json_t *description = text != NULL ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const json_t *tensors = json_object_get(description, "tensors");
    detinit_status status = DETINIT_OK;
    if (!json_is_array(tensors))
        status = part_wrong(part, "its metadata lack", PACKED_DESCRIPTION, error);
    for (size_t n = 0; n < json_array_size(tensors) && status == DETINIT_OK; n++)
        status = take_entry(m, part, json_array_get(tensors, n), (*next)++, error);
    json_decref(description);
    return status;
}

static detinit_status take_parts(pack_merger *m, const detinit_tensorfile *const *parts,
                                 size_t count, detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    size_t next = 0;
    for (size_t n = 0; n < count && status == DETINIT_OK; n++)
        status = take_part(m, parts[n], &next, error);
    if (status == DETINIT_OK && next < m->plan.what.count)
        status = error_set(error, DETINIT_INVALID, "the parts hold %zu of %zu tensors", next,
                           m->plan.what.count);
    return status;
}

/* ---------------------------------------------------------------- the data */

static detinit_status copy_data(void *context, const unsigned char *data, size_t bytes,
                                detinit_error *error)
{
    const pack_merger *m = context;
    return detinit_tensorwriter_write(m->to, data, bytes, error);
}

static detinit_status copy_bits(void *context, const unsigned char *data, size_t bytes,
                                detinit_error *error)
{
    pack_merger *m = context;
    for (size_t n = 0; n < bytes; n++)
        m->awake += (unsigned)__builtin_popcount(data[n]);
    return copy_data(context, data, bytes, error);
}

static detinit_status copy_tensor(pack_merger *m, size_t index, detinit_error *error)
{
    const packed_source *source = &m->sources[index];
    detinit_status status = DETINIT_OK;
    if (source->awake != NULL) {
        const detinit_run run = progress_share(&m->progress, source->awake->count);
        m->awake = 0;
        status = tensorfile_each(source->part, source->awake, &run, copy_bits, m, error);
        if (status == DETINIT_OK && m->awake != source->values->count)
            status = part_wrong(source->part,
                                "bits and values differ in number:", source->values->name, error);
    }
    if (status != DETINIT_OK)
        return status;
    const detinit_run run = progress_share(&m->progress, source->values->count);
    return tensorfile_each(source->part, source->values, &run, copy_data, m, error);
}

static detinit_status write_all(pack_merger *m, const char *path, uint64_t *bytes,
                                detinit_error *error)
{
    for (size_t n = 0; n < m->plan.what.count; n++)
        m->progress.total += m->sources[n].values->count +
                             (m->sources[n].awake != NULL ? m->sources[n].awake->count : 0);
    detinit_status status =
        tensorwriter_open_by_ending(path, m->progress.run, m->progress.total, &m->to, error);
    if (status != DETINIT_OK)
        return status;
    m->progress.run = tensorwriter_run(m->to);
    status = pack_header_write(&m->plan, m->to, error);
    for (size_t n = 0; n < m->plan.what.count && status == DETINIT_OK; n++)
        status = copy_tensor(m, n, error);
    if (status == DETINIT_OK)
        return detinit_tensorwriter_commit(m->to, bytes, error);
    detinit_tensorwriter_abandon(m->to);
    return status;
}

detinit_status part_merge_packs(const detinit_tensorfile *file, const detinit_tracked *tracked,
                                size_t count, double threshold,
                                const detinit_tensorfile *const *parts, size_t part_count,
                                const char *path, const detinit_run *run, detinit_packing *out,
                                detinit_error *error)
{
    pack_merger m = {.progress = {.run = run}};
    detinit_status status = pack_plan_make(file, tracked, count, threshold, path, &m.plan, error);
    if (status != DETINIT_OK)
        return status;
    m.sources = calloc(m.plan.what.count + 1, sizeof *m.sources);
    status = m.sources != NULL
                 ? take_parts(&m, parts, part_count, error)
                 : error_set(error, DETINIT_NO_MEMORY, "no memory for a list of tensors");
    if (status == DETINIT_OK)
        status = write_all(&m, path, &out->bytes, error);
    if (status == DETINIT_OK)
        pack_plan_tell(&m.plan, out);
    free(m.sources);
    pack_plan_free(&m.plan);
    return status;
}
