/* Masks of shares put together. */
#include "track/parts.h"

#include "base/error.h"
#include "base/progress.h"
#include "base/shape.h"
#include "file/tensorfile.h"
#include "file/tensorwriter.h"
#include "track/tracked.h"

#include <string.h>

typedef struct mask_copy {
    const detinit_tensorfile *from;
    const detinit_tensor *tensor;
    detinit_tensorwriter *to;
    uint64_t changed;
} mask_copy;

/* Parts in order, whose masks are, one part behind the other, in the order of the tensors. */
typedef struct mask_parts {
    const detinit_tensorfile *const *files;
    size_t count, at; /* the part under way */
} mask_parts;

/* Finds the mask of the next tensor: in the part under way or in one behind it. */
static detinit_status next_mask(mask_parts *p, const detinit_tracked *tracked, mask_copy *out,
                                detinit_error *error)
{
    const char *name = tracked_name(tracked);
    const size_t rank = tracked->recipe.rank;
    const detinit_tensor *found = NULL;
    size_t at = p->at;
    while (at < p->count && (found = detinit_tensorfile_find(p->files[at], name)) == NULL)
        at++;
    if (found == NULL)
        return part_wrong(p->files[p->at], "it lacks the mask of", name, error);
    out->from = p->files[p->at = at];
    out->tensor = found;
    if (strcmp(found->type, "BOOL") != 0 ||
        !shape_same(found->rank, found->shape, rank, tracked->shape))
        return part_wrong(out->from, "another type or shape has", name, error);
    return DETINIT_OK;
}

static detinit_status copy_flags(void *context, const unsigned char *data, size_t bytes,
                                 detinit_error *error)
{
    mask_copy *c = context;
    for (size_t n = 0; n < bytes; n++) {
        if (data[n] > 1)
            return part_wrong(c->from, "neither true nor false is a value of", c->tensor->name,
                              error);
        c->changed += data[n];
    }
    return detinit_tensorwriter_write(c->to, data, bytes, error);
}

static detinit_status merge(const detinit_tracked *tracked, size_t count, mask_parts *parts,
                            detinit_tensorwriter *to, uint64_t total, uint64_t *changed,
                            detinit_error *error)
{
    shared_progress progress = {.run = tensorwriter_run(to), .total = total};
    detinit_status status = DETINIT_OK;
    for (size_t n = 0; n < count && status == DETINIT_OK; n++)
        status =
            detinit_tensorwriter_announce(to, tracked_name(&tracked[n]), "BOOL",
                                          tracked[n].recipe.rank, tracked[n].shape, NULL, error);
    for (size_t n = 0; n < count && status == DETINIT_OK; n++) {
        const detinit_run run = progress_share(&progress, tracked[n].count);
        mask_copy copy = {.to = to};
        status = next_mask(parts, &tracked[n], &copy, error);
        if (status == DETINIT_OK)
            status = tensorfile_each(copy.from, copy.tensor, &run, copy_flags, &copy, error);
        changed[n] = copy.changed;
    }
    return status;
}

detinit_status part_merge_masks(const detinit_tracked *tracked, size_t count,
                                const detinit_tensorfile *const *parts, size_t part_count,
                                const char *path, const detinit_run *run, uint64_t *changed,
                                uint64_t *bytes, detinit_error *error)
{
    mask_parts all = {parts, part_count, 0};
    detinit_tensorwriter *to;
    const uint64_t total = tracked_total(tracked, count);
    size_t masks = 0;
    for (size_t n = 0; n < part_count; n++)
        masks += detinit_tensorfile_count(parts[n]);
    if (masks != count)
        return error_set(error, DETINIT_INVALID, "the parts hold %zu masks of %zu tensors", masks,
                         count);
    detinit_status status = tensorwriter_open_by_ending(path, run, total, &to, error);
    if (status != DETINIT_OK)
        return status;
    status = merge(tracked, count, &all, to, total, changed, error);
    if (status == DETINIT_OK)
        return detinit_tensorwriter_commit(to, bytes, error);
    detinit_tensorwriter_abandon(to);
    return status;
}
