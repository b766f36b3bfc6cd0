#include "track/tracked.h"

#include "detinit_track.h"
#include "base/error.h"
#include "file/npy.h"
#include "file/tensortype.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

detinit_status detinit_track(const detinit_tensorfile *file, const detinit_tensor *tensor,
                             const detinit_recipe *recipe, detinit_tracked *out,
                             detinit_error *error)
{
    char have[200], want[200], told[64];
    detinit_status status = detinit_recipe_check(recipe, error);
    if (status != DETINIT_OK)
        return status;
    if (!tensor->weights)
        return error_set(error, DETINIT_INVALID, "'%.160s'%s%.60s holds %s; %s was expected",
                         detinit_tensorfile_path(file), tensor->name[0] != '\0' ? ": " : "",
                         tensor->name, tensor->type, tensor_weights_told(told, sizeof told));
    if (tensor->rank != recipe->rank ||
        memcmp(tensor->shape, recipe->shape, recipe->rank * sizeof recipe->shape[0]) != 0) {
        npy_describe(tensor->dtype, tensor->rank, tensor->shape, have, sizeof have);
        npy_describe(tensor->dtype, recipe->rank, recipe->shape, want, sizeof want);
        return error_set(error, DETINIT_INVALID, "'%.160s'%s%.60s holds %s; %s was expected",
                         detinit_tensorfile_path(file), tensor->name[0] != '\0' ? ": " : "",
                         tensor->name, have, want);
    }
    *out = (detinit_tracked){.file = file, .tensor = tensor, .recipe = *recipe};
    out->recipe.dtype = tensor->dtype;
    return DETINIT_OK;
}

uint64_t detinit_tracked_memory(const detinit_tracked *tracked)
{
    return detinit_matrix_memory(&tracked->recipe);
}

bool detinit_weight_changed(const detinit_matrix *matrix, uint64_t row, uint64_t col,
                            double current, double threshold, double *delta)
{
    double initial;
    if (detinit_matrix_weight(matrix, row, col, &initial) != DETINIT_OK)
        initial = NAN;
    if (delta != NULL)
        *delta = current - initial;
    return !(fabs(current - initial) <= threshold);
}

/* What map leaves for take: how the reading went, the block, then the sink's own partial. */
typedef struct read_block {
    detinit_error error; /* DETINIT_OK where the block could be read */
    weight_pair pair;
    double values[MATRIX_BLOCK];
    unsigned char stored[MATRIX_BLOCK * sizeof(double)];
} read_block;

/* The sink's partial begins behind, where any type may lie. */
#define READ_BLOCK_SIZE ((sizeof(read_block) + 63) / 64 * 64)

typedef struct pair_stream {
    const detinit_tracked *tracked;
    const pair_sink *sink;
} pair_stream;

static void read_and_map(void *context, const detinit_block *block, void *partial)
{
    const pair_stream *s = context;
    const detinit_tracked *tracked = s->tracked;
    read_block *read = partial;
    size_t count = block->rows * block->cols;
    uint64_t first = block->row * detinit_recipe_cols(&tracked->recipe) + block->col;
    read->error.status = detinit_tensor_read(tracked->file, tracked->tensor, first, count,
                                             read->stored, &read->error);
    if (read->error.status != DETINIT_OK)
        return;
    detinit_decode(tracked->recipe.dtype, read->stored, count, read->values);
    read->pair = (weight_pair){
        .row = block->row,
        .col = block->col,
        .first = first,
        .rows = block->rows,
        .cols = block->cols,
        .count = count,
        .initial = block->stored,
        .trained = read->stored,
        .initial_values = block->values,
        .trained_values = read->values,
    };
    s->sink->map(s->sink->context, &read->pair, (unsigned char *)partial + READ_BLOCK_SIZE);
}

static detinit_status take_pair(void *context, const detinit_block *block, const void *partial,
                                detinit_error *error)
{
    const pair_stream *s = context;
    const read_block *read = partial;
    (void)block;
    if (read->error.status != DETINIT_OK)
        return error_set(error, read->error.status, "%s", read->error.message);
    return s->sink->take(s->sink->context, &read->pair,
                         (const unsigned char *)partial + READ_BLOCK_SIZE, error);
}

detinit_status tracked_stream_initial(const detinit_recipe *recipe, const detinit_run *run,
                                      const detinit_sink *sink, detinit_error *error)
{
    detinit_matrix *matrix;
    uint64_t count = 0;
    detinit_recipe_count(recipe, &count);
    shared_progress progress = {.run = run, .total = count};
    detinit_run rest;
    detinit_status status = matrix_new_in_share(recipe, &progress, count, &matrix, &rest, error);
    if (status != DETINIT_OK)
        return status;
    status = detinit_matrix_stream(matrix, &rest, sink, error);
    detinit_matrix_free(matrix);
    return status;
}

detinit_status tracked_stream(const detinit_tracked *tracked, const detinit_run *run,
                              const pair_sink *sink, detinit_error *error)
{
    pair_stream stream = {tracked, sink};
    const detinit_sink blocks = {
        .needs_values = true,
        .partial_size = READ_BLOCK_SIZE + sink->partial_size,
        .map = read_and_map,
        .take = take_pair,
        .context = &stream,
    };
    return tracked_stream_initial(&tracked->recipe, run, &blocks, error);
}
