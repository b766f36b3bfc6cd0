/* Copies of files in which some weights are pruned. */
#include "track/pruned.h"

#include "detinit_track.h"
#include "file/tensorfile.h"
#include "file/tensorwriter.h"
#include "base/error.h"
#include "base/progress.h"
#include "track/content.h"
#include "track/strided.h"
#include "track/threshold.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[DETINIT_PRUNE_COUNT] = {"init", "zero", "magnitude"};
const name_table prune_names = NAME_TABLE(names);

const char *detinit_prune_name(detinit_prune way)
{
    return names_name(&prune_names, (int)way);
}

/* ------------------------------------------------------------------- flags */

size_t pruned_sleeping(double threshold, const weight_pair *pair, unsigned char *flags)
{
    size_t sleeping = 0;
    const double *w = pair->trained_values, *w0 = pair->initial_values;
    for (size_t n = 0; n < pair->count; n++) {
        flags[n] = tracked_delta(w[n], w0[n]) <= threshold;
        sleeping += flags[n];
    }
    return sleeping;
}

/* Weights of the pair before the place where equal |w| are no longer pruned. */
static size_t count_tied(const detinit_pruning *pruning, size_t tensor, const weight_pair *pair)
{
    if (tensor != pruning->tie_tensor)
        return tensor < pruning->tie_tensor ? pair->count : 0;
    if (pruning->tie_position <= pair->first)
        return 0;
    uint64_t before = pruning->tie_position - pair->first;
    return before < pair->count ? (size_t)before : pair->count;
}

static size_t flag_smallest(const detinit_pruning *pruning, size_t tensor, const weight_pair *pair,
                            unsigned char *flags)
{
    size_t pruned = 0, tied = count_tied(pruning, tensor, pair);
    const double *w = pair->trained_values;
    for (size_t n = 0; n < pair->count; n++) {
        double size = fabs(w[n]);
        flags[n] = n < tied ? size <= pruning->magnitude : size < pruning->magnitude;
        pruned += flags[n];
    }
    return pruned;
}

size_t pruned_flags(const detinit_pruning *pruning, detinit_prune way, size_t tensor,
                    const weight_pair *pair, unsigned char *flags)
{
    return way == DETINIT_PRUNE_MAGNITUDE ? flag_smallest(pruning, tensor, pair, flags)
                                          : pruned_sleeping(pruning->threshold, pair, flags);
}

#define REPLACE(type)                                                                              \
    for (size_t n = 0; n < pair->count; n++)                                                       \
    ((type *)(void *)out)[n] = !flags[n]         ? ((const type *)(const void *)pair->trained)[n]  \
                               : instead != NULL ? ((const type *)(const void *)instead)[n]        \
                                                 : 0

void pruned_replace(detinit_dtype dtype, const weight_pair *pair, const unsigned char *flags,
                    const unsigned char *instead, unsigned char *out)
{
    switch (detinit_dtype_size(dtype)) {
    case 2:
        REPLACE(uint16_t);
        break;
    case 4:
        REPLACE(uint32_t);
        break;
    default:
        REPLACE(uint64_t);
    }
}

/* --------------------------------------------------- which ones are pruned */

static void map_sleeping(void *context, const weight_pair *pair, void *partial)
{
    const detinit_pruning *pruning = context;
    uint64_t sleeping = 0;
    for (size_t n = 0; n < pair->count; n++)
        sleeping +=
            tracked_delta(pair->trained_values[n], pair->initial_values[n]) <= pruning->threshold;
    *(uint64_t *)partial = sleeping;
}

static detinit_status take_sleeping(void *context, const weight_pair *pair, const void *partial,
                                    detinit_error *error)
{
    detinit_pruning *pruning = context;
    (void)error;
    pruning->sleeping += *(const uint64_t *)partial;
    pruning->total_weights += pair->count;
    return DETINIT_OK;
}

/* What the search for the last of several equal |w| knows. */
typedef struct tie_search {
    double magnitude;
    uint64_t wanted; /* equal ones that are still to be passed */
    uint64_t position;
} tie_search;

static void map_ties(void *context, const weight_pair *pair, void *partial)
{
    const tie_search *search = context;
    uint64_t ties = 0;
    for (size_t n = 0; n < pair->count; n++)
        ties += fabs(pair->trained_values[n]) == search->magnitude;
    *(uint64_t *)partial = ties;
}

static detinit_status take_ties(void *context, const weight_pair *pair, const void *partial,
                                detinit_error *error)
{
    tie_search *search = context;
    uint64_t ties = *(const uint64_t *)partial;
    (void)error;
    if (search->wanted == 0)
        return DETINIT_OK;
    if (ties < search->wanted) {
        search->wanted -= ties;
        return DETINIT_OK;
    }
    for (size_t n = 0; search->wanted > 0; n++) {
        search->wanted -= fabs(pair->trained_values[n]) == search->magnitude;
        search->position = pair->first + n + 1;
    }
    return DETINIT_OK;
}

static detinit_status find_magnitude(const detinit_tracked *tracked, size_t count,
                                     shared_progress *progress, detinit_pruning *out,
                                     detinit_error *error)
{
    tie_search search = {0};
    const pair_sink sink = {sizeof(uint64_t), map_ties, take_ties, &search};
    detinit_run run = progress_share(progress, THRESHOLD_PASSES * out->total_weights);
    detinit_status status = threshold_at_rank(tracked, count, THRESHOLD_OF_MAGNITUDE, out->sleeping,
                                              &run, &search.magnitude, &search.wanted, error);
    for (size_t n = 0; n < count && status == DETINIT_OK && search.wanted > 0; n++) {
        run = progress_share(progress, tracked[n].count);
        out->tie_tensor = n;
        status = tracked_stream(&tracked[n], &run, &sink, error);
    }
    out->magnitude = search.magnitude;
    out->tie_position = search.position;
    return status;
}

detinit_status detinit_pruning_find(const detinit_tracked *tracked, size_t count, double threshold,
                                    bool with_magnitude, const detinit_run *run,
                                    detinit_pruning *out, detinit_error *error)
{
    detinit_pruning found = {.threshold = threshold};
    const pair_sink sink = {sizeof(uint64_t), map_sleeping, take_sleeping, &found};
    shared_progress progress = {.run = run, .total = tracked_total(tracked, count)};
    detinit_status status = tracked_check_threshold(threshold, error);
    if (with_magnitude)
        progress.total *= THRESHOLD_PASSES + 2;
    for (size_t n = 0; n < count && status == DETINIT_OK; n++) {
        detinit_run part = progress_share(&progress, tracked[n].count);
        status = tracked_stream(&tracked[n], &part, &sink, error);
    }
    if (status == DETINIT_OK && with_magnitude && found.sleeping > 0)
        status = find_magnitude(tracked, count, &progress, &found, error);
    if (status == DETINIT_OK)
        *out = found;
    return status;
}

/* ------------------------------------------------------------------ saving */

typedef struct prune_context {
    const detinit_pruning *pruning;
    detinit_prune way;
    size_t tensor; /* its number among the tracked ones */
    detinit_dtype dtype;
    detinit_tensorwriter *to;
    strided memory; /* into which weights are set back; its data are NULL where a file is written */
} prune_context;

typedef struct prune_block {
    unsigned char flags[MATRIX_BLOCK];
    unsigned char stored[MATRIX_BLOCK * sizeof(double)];
} prune_block;

static void map_prune(void *context, const weight_pair *pair, void *partial)
{
    const prune_context *c = context;
    prune_block *block = partial;
    pruned_flags(c->pruning, c->way, c->tensor, pair, block->flags);
    pruned_replace(c->dtype, pair, block->flags,
                   c->way == DETINIT_PRUNE_INIT ? pair->initial : NULL, block->stored);
    if (c->memory.data != NULL)
        strided_put(&c->memory, pair->first, pair->count, block->stored);
}

static detinit_status take_prune(void *context, const weight_pair *pair, const void *partial,
                                 detinit_error *error)
{
    const prune_context *c = context;
    const prune_block *block = partial;
    return detinit_tensorwriter_write(c->to, block->stored,
                                      pair->count * detinit_dtype_size(c->dtype), error);
}

/* The header: everything of the file but its data. */
static detinit_status announce_all(const content *what, detinit_tensorwriter *to,
                                   detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    const detinit_tensorfile *file = what->file;
    const char *key;
    for (size_t n = 0; file != NULL && (key = detinit_tensorfile_metadata_key(file, n)) != NULL;
         n++)
        if (status == DETINIT_OK)
            status = detinit_tensorwriter_metadata(to, key, detinit_tensorfile_metadata(file, key),
                                                   error);
    for (size_t n = 0; n < what->count && status == DETINIT_OK; n++) {
        const content_part *part = &what->parts[n];
        status = detinit_tensorwriter_announce(to, part->name, part->type, part->rank, part->shape,
                                               NULL, error);
    }
    return status;
}

static detinit_status take_part(void *context, const unsigned char *data, size_t bytes,
                                detinit_error *error)
{
    return detinit_tensorwriter_write(context, data, bytes, error);
}

static detinit_status write_all(const content *what, const detinit_tracked *tracked,
                                prune_context *c, detinit_error *error)
{
    const pair_sink sink = {sizeof(prune_block), map_prune, take_prune, c};
    shared_progress progress = {.run = tensorwriter_run(c->to), .total = what->items};
    detinit_status status = announce_all(what, c->to, error);
    for (size_t n = 0; n < what->count && status == DETINIT_OK; n++) {
        const content_part *it = &what->parts[n];
        detinit_run part = progress_share(&progress, it->count);
        if (it->tracked == NULL) {
            status = tensorfile_each(what->file, it->tensor, &part, take_part, c->to, error);
            continue;
        }
        c->tensor = (size_t)(it->tracked - tracked);
        c->dtype = it->tracked->dtype;
        status = tracked_stream(it->tracked, &part, &sink, error);
    }
    return status;
}

detinit_status detinit_prune_save(const detinit_tensorfile *file, const detinit_tracked *tracked,
                                  size_t count, detinit_prune way, const detinit_pruning *pruning,
                                  const char *path, const detinit_run *run, uint64_t *bytes,
                                  detinit_error *error)
{
    content what;
    prune_context context = {.pruning = pruning, .way = way};
    detinit_status status = tracked_check_threshold(pruning->threshold, error);
    if (status == DETINIT_OK)
        status = content_of(file, tracked, count, &what, error);
    if (status != DETINIT_OK)
        return status;
    status = tensorwriter_open_by_ending(path, run, what.items, &context.to, error);
    if (status == DETINIT_OK) {
        status = write_all(&what, tracked, &context, error);
        if (status == DETINIT_OK)
            status = detinit_tensorwriter_commit(context.to, bytes, error);
        else
            detinit_tensorwriter_abandon(context.to);
    }
    content_free(&what);
    return status;
}

/* --------------------------------------------------------- setting back in place */

/* Whether weights can be written, each by itself. */
static detinit_status check_writable(const detinit_tracked *t, detinit_error *error)
{
    const strided memory =
        strided_of(t->data, detinit_dtype_size(t->dtype), t->recipe.rank, t->shape, t->strides);
    if (t->file != NULL)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' is a file; weights in memory were expected", tracked_shown(t));
    if (t->count > 0 && !strided_is_distinct(&memory))
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' has strides by which weights share memory: they cannot be set",
                         tracked_name(t));
    return DETINIT_OK;
}

detinit_status detinit_restore(const detinit_tracked *tracked, size_t count, detinit_prune way,
                               const detinit_pruning *pruning, const detinit_run *run,
                               detinit_error *error)
{
    prune_context c = {.pruning = pruning, .way = way};
    const pair_sink sink = {sizeof(prune_block), map_prune, NULL, &c};
    shared_progress progress = {.run = run, .total = tracked_total(tracked, count)};
    detinit_status status = tracked_check_threshold(pruning->threshold, error);
    for (size_t n = 0; n < count && status == DETINIT_OK; n++)
        status = check_writable(&tracked[n], error);
    for (size_t n = 0; n < count && status == DETINIT_OK; n++) {
        const detinit_tracked *t = &tracked[n];
        const detinit_run part = progress_share(&progress, t->count);
        c.tensor = n;
        c.dtype = t->dtype;
        c.memory =
            strided_of(t->data, detinit_dtype_size(t->dtype), t->recipe.rank, t->shape, t->strides);
        status = tracked_stream(t, &part, &sink, error);
    }
    return status;
}
