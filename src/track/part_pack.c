/* Packed files of shares put together. */
#include "track/parts.h"

#include "base/error.h"
#include "base/progress.h"
#include "base/shape.h"
#include "file/tensorfile.h"
#include "file/tensorwriter.h"
#include "track/pack_header.h"

#include <stdlib.h>
#include <string.h>

typedef struct pack_merger {
    pack_plan plan;
    detinit_packed **parts;
    size_t part_count;
    const packed_tensor **tensors;  /* of each of the file's, and what holds its head */
    const detinit_packed **holders; /* the parts that they are of */
    detinit_tensorwriter *to;
    shared_progress progress;
} pack_merger;

/* ------------------------------------------------------------ what is there */

/* Whether a part holds a tensor as the whole file is to. */
static bool fits(const pack_merger *m, const content_part *what, const packed_tensor *t)
{
    return strcmp(what->name, t->is.name) == 0 && strcmp(what->type, t->is.type) == 0 &&
           shape_same(what->rank, what->shape, t->is.rank, t->is.shape) &&
           (what->tracked != NULL) == (t->layer != NULL) &&
           (what->tracked == NULL || t->code.masked == !m->plan.options.lossless);
}

/* Unpacks it with the recipe that the whole file will tell, which compares its SHA-256. */
static detinit_status check_content(pack_merger *m, const detinit_packed *part, size_t index,
                                    detinit_error *error)
{
    packed_tensor own = *m->tensors[index];
    detinit_layer layer = {.name = (char *)(uintptr_t)own.is.name};
    const detinit_run run = progress_share(&m->progress, own.is.count);
    if (own.layer != NULL) {
        layer.recipe = m->plan.what.parts[index].tracked->recipe;
        own.layer = &layer;
    }
    return packed_stream(part, &own, &run, NULL, NULL, error);
}

/* Takes over what a part found out about a tensor, or the head. */
static detinit_status take_found(pack_merger *m, const detinit_packed *part, const packed_tensor *t,
                                 size_t index, detinit_error *error)
{
    found_tensor *found = &m->plan.found[index];
    m->tensors[index] = t;
    m->holders[index] = part;
    memcpy(found->sha256, t->sha256, PACKED_DIGITS + 1);
    found->changed = t->changed;
    found->in_blocks = t->blocks != NULL;
    found->blocks = packed_blocks(t->is.count);
    if (found->in_blocks)
        found->bytes = t->blocks->count - found->blocks * PACKED_ENTRY;
    return check_content(m, part, index, error);
}

static detinit_status take_tensor(pack_merger *m, const detinit_packed *part,
                                  const packed_tensor *t, size_t index, detinit_error *error)
{
    if (index >= m->plan.what.count || !fits(m, &m->plan.what.parts[index], t))
        return part_wrong(part->file, "another tensor was expected than", t->is.name, error);
    return take_found(m, part, t, index, error);
}

/* The first part has what stands before the data of the file. */
static detinit_status take_head(pack_merger *m, detinit_error *error)
{
    const detinit_packed *first = m->parts[0];
    if (m->plan.head_bytes == 0)
        return DETINIT_OK;
    if (first->head.sha256 == NULL || first->head.is.count != m->plan.head_bytes)
        return part_wrong(first->file, "it does not hold what stands before", "the data", error);
    return take_found(m, first, &first->head, m->plan.what.count, error);
}

static detinit_status take_parts(pack_merger *m, const detinit_tensorfile *const *files,
                                 detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    size_t next = 0;
    for (size_t n = 0; n < m->part_count && status == DETINIT_OK; n++) {
        status = detinit_packed_open(files[n], &m->parts[n], error);
        if (status == DETINIT_OK && m->parts[n]->format != PACKED_FORMAT)
            status = packed_wrong(m->parts[n], NULL, "a part must be of format 2", error);
        for (size_t k = 0; status == DETINIT_OK && k < m->parts[n]->count; k++)
            status = take_tensor(m, m->parts[n], &m->parts[n]->tensors[k], next++, error);
    }
    if (status == DETINIT_OK && next < m->plan.what.count)
        status = error_set(error, DETINIT_INVALID, "the parts hold %zu of %zu tensors", next,
                           m->plan.what.count);
    return status == DETINIT_OK ? take_head(m, error) : status;
}

/* ---------------------------------------------------------------- the data */

static detinit_status copy_data(void *context, const unsigned char *data, size_t bytes,
                                detinit_error *error)
{
    const pack_merger *m = context;
    return detinit_tensorwriter_write(m->to, data, bytes, error);
}

static detinit_status write_all(pack_merger *m, detinit_error *error)
{
    const size_t count = m->plan.what.count + m->plan.has_head;
    detinit_status status = pack_header_write(&m->plan, m->to, error);
    for (size_t n = 0; n < count && status == DETINIT_OK; n++) {
        const packed_tensor *t = m->tensors[n];
        const detinit_tensor *held = t->blocks != NULL ? t->blocks : t->values;
        const detinit_run run = progress_share(&m->progress, t->is.count);
        status = tensorfile_each(m->holders[n]->file, held, &run, copy_data, m, error);
    }
    return status;
}

static detinit_status merge(pack_merger *m, const detinit_tensorfile *const *files,
                            const char *path, uint64_t *bytes, detinit_error *error)
{
    m->progress.total = 2 * (m->plan.what.items + m->plan.head_bytes);
    detinit_status status =
        tensorwriter_open_by_ending(path, m->progress.run, m->progress.total, &m->to, error);
    if (status != DETINIT_OK)
        return status;
    m->progress.run = tensorwriter_run(m->to);
    status = take_parts(m, files, error);
    if (status == DETINIT_OK)
        status = write_all(m, error);
    if (status == DETINIT_OK)
        return detinit_tensorwriter_commit(m->to, bytes, error);
    detinit_tensorwriter_abandon(m->to);
    return status;
}

static void free_merger(pack_merger *m)
{
    for (size_t n = 0; m->parts != NULL && n < m->part_count; n++)
        detinit_packed_free(m->parts[n]);
    free(m->parts);
    free(m->tensors);
    free(m->holders);
    pack_plan_free(&m->plan);
}

detinit_status part_merge_packs(const detinit_tensorfile *file, const detinit_tracked *tracked,
                                size_t count, const detinit_pack_options *options,
                                const detinit_tensorfile *const *parts, size_t part_count,
                                const char *path, const detinit_run *run, detinit_packing *out,
                                detinit_error *error)
{
    pack_merger m = {.progress = {.run = run}, .part_count = part_count};
    detinit_status status = pack_plan_make(file, tracked, count, options, path, &m.plan, error);
    if (status != DETINIT_OK)
        return status;
    m.parts = calloc(part_count + 1, sizeof *m.parts);
    m.tensors = calloc(m.plan.what.count + 1, sizeof *m.tensors);
    m.holders = calloc(m.plan.what.count + 1, sizeof *m.holders);
    if (m.parts == NULL || m.tensors == NULL || m.holders == NULL)
        status = error_set(error, DETINIT_NO_MEMORY, "no memory for a list of tensors");
    if (status == DETINIT_OK)
        status = merge(&m, parts, path, &out->bytes, error);
    if (status == DETINIT_OK)
        pack_plan_tell(&m.plan, out);
    free_merger(&m);
    return status;
}
