/* Which weights have changed: a byte for each. */
#include "file/tensorwriter.h"
#include "detinit_track.h"
#include "base/error.h"
#include "base/progress.h"
#include "track/parts.h"
#include "track/pruned.h"

typedef struct mask_context {
    double threshold;
    unsigned char *mask; /* of the whole tensor, or NULL: into `to` */
    detinit_tensorwriter *to;
    uint64_t changed;
} mask_context;

typedef struct mask_block {
    size_t changed;
    unsigned char flags[MATRIX_BLOCK];
} mask_block;

static void map_mask(void *context, const weight_pair *pair, void *partial)
{
    const mask_context *c = context;
    mask_block *block = partial;
    unsigned char *flags = c->mask != NULL ? c->mask + pair->first : block->flags;
    block->changed = pair->count - pruned_sleeping(c->threshold, pair, flags);
    for (size_t n = 0; n < pair->count; n++)
        flags[n] ^= 1;
}

static detinit_status take_mask(void *context, const weight_pair *pair, const void *partial,
                                detinit_error *error)
{
    mask_context *c = context;
    const mask_block *block = partial;
    c->changed += block->changed;
    return c->to != NULL ? detinit_tensorwriter_write(c->to, block->flags, pair->count, error)
                         : DETINIT_OK;
}

detinit_status detinit_tracked_mask(const detinit_tracked *tracked, double threshold,
                                    const detinit_run *run, unsigned char *mask, uint64_t *changed,
                                    detinit_error *error)
{
    mask_context context = {.threshold = threshold, .mask = mask};
    const pair_sink sink = {sizeof(mask_block), map_mask, take_mask, &context};
    detinit_status status = tracked_check_threshold(threshold, error);
    if (status == DETINIT_OK)
        status = tracked_stream(tracked, run, &sink, error);
    if (status == DETINIT_OK && changed != NULL)
        *changed = context.changed;
    return status;
}

static detinit_status write_masks(const detinit_tracked *tracked, size_t count, mask_context *c,
                                  uint64_t total, const char *about, uint64_t *changed,
                                  detinit_error *error)
{
    const pair_sink sink = {sizeof(mask_block), map_mask, take_mask, c};
    shared_progress progress = {.run = tensorwriter_run(c->to), .total = total};
    detinit_status status = DETINIT_OK;
    if (about != NULL)
        status = detinit_tensorwriter_metadata(c->to, PART_ABOUT, about, error);
    for (size_t n = 0; n < count && status == DETINIT_OK; n++) {
        const detinit_tracked *t = &tracked[n];
        status = detinit_tensorwriter_announce(c->to, tracked_name(t), "BOOL", t->recipe.rank,
                                               t->shape, NULL, error);
    }
    for (size_t n = 0; n < count && status == DETINIT_OK; n++) {
        detinit_run part = progress_share(&progress, tracked[n].count);
        c->changed = 0;
        status = tracked_stream(&tracked[n], &part, &sink, error);
        if (status == DETINIT_OK && changed != NULL)
            changed[n] = c->changed;
    }
    return status;
}

detinit_status part_save_mask(const detinit_tracked *tracked, size_t count, double threshold,
                              const char *about, const char *path, const detinit_run *run,
                              uint64_t *changed, uint64_t *bytes, detinit_error *error)
{
    mask_context context = {.threshold = threshold};
    const uint64_t total = tracked_total(tracked, count);
    detinit_status status = tracked_check_threshold(threshold, error);
    if (status == DETINIT_OK)
        status = tensorwriter_open_by_ending(path, run, total, &context.to, error);
    if (status != DETINIT_OK)
        return status;
    status = write_masks(tracked, count, &context, total, about, changed, error);
    if (status == DETINIT_OK)
        return detinit_tensorwriter_commit(context.to, bytes, error);
    detinit_tensorwriter_abandon(context.to);
    return status;
}

detinit_status detinit_mask_save(const detinit_tracked *tracked, size_t count, double threshold,
                                 const char *path, const detinit_run *run, uint64_t *changed,
                                 uint64_t *bytes, detinit_error *error)
{
    return part_save_mask(tracked, count, threshold, NULL, path, run, changed, bytes, error);
}
