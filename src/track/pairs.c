#include "track/pairs.h"

#include "base/error.h"
#include "base/ordered.h"
#include "base/progress.h"
#include "track/source.h"

/* What a step leaves: how the reading went, the pair, then the sink's own partial. */
typedef struct read_pair {
    detinit_error error; /* DETINIT_OK where the weights could be read */
    weight_pair pair;
    double initial_values[MATRIX_BLOCK], trained_values[MATRIX_BLOCK];
    double initial[MATRIX_BLOCK], trained[MATRIX_BLOCK]; /* room for any type */
} read_pair;

/* The sink's partial begins behind, where any type may lie. */
#define READ_PAIR_SIZE ((sizeof(read_pair) + 63) / 64 * 64)

typedef struct pair_stream {
    source from;
    const pair_sink *sink;
    const detinit_run *run;
    uint64_t done;
} pair_stream;

static detinit_status read_trained(const source *from, read_pair *read)
{
    const detinit_tracked *tracked = from->tracked;
    weight_pair *pair = &read->pair;
    pair->trained = source_in_place(from, pair->first);
    if (pair->trained == NULL) {
        pair->trained = (const unsigned char *)read->trained;
        const detinit_status status =
            source_read(from, pair->first, pair->count, read->trained, &read->error);
        if (status != DETINIT_OK)
            return status;
    }
    detinit_decode(tracked->dtype, pair->trained, pair->count, read->trained_values);
    return DETINIT_OK;
}

static void read_and_map(void *context, uint64_t step, void *slot)
{
    const pair_stream *s = context;
    const detinit_tracked *tracked = s->from.tracked;
    read_pair *read = slot;
    const uint64_t first = step * MATRIX_BLOCK, left = tracked->count - first;
    read->pair = (weight_pair){
        .first = first,
        .count = left < MATRIX_BLOCK ? (size_t)left : MATRIX_BLOCK,
        .initial = (const unsigned char *)read->initial,
        .initial_values = read->initial_values,
        .trained_values = read->trained_values,
    };
    read->error.status = read_trained(&s->from, read);
    if (read->error.status != DETINIT_OK)
        return;
    source_make(&s->from, first, read->pair.count, read->initial);
    detinit_decode(tracked->dtype, read->initial, read->pair.count, read->initial_values);
    s->sink->map(s->sink->context, &read->pair, (unsigned char *)slot + READ_PAIR_SIZE);
}

static detinit_status take_pair(void *context, uint64_t step, void *slot, detinit_error *error)
{
    pair_stream *s = context;
    const read_pair *read = slot;
    detinit_status status = read->error.status;
    (void)step;
    if (status != DETINIT_OK)
        return error_set(error, status, "%s", read->error.message);
    if (s->sink->take != NULL)
        status = s->sink->take(s->sink->context, &read->pair,
                               (const unsigned char *)slot + READ_PAIR_SIZE, error);
    s->done += read->pair.count;
    return status == DETINIT_OK ? progress_tell(s->run, s->done, s->from.tracked->count, error)
                                : status;
}

detinit_status tracked_stream(const detinit_tracked *tracked, const detinit_run *run,
                              const pair_sink *sink, detinit_error *error)
{
    detinit_matrix *matrix;
    const uint64_t count = tracked->count;
    shared_progress progress = {.run = run, .total = count};
    detinit_run rest;
    if (count == 0)
        return DETINIT_OK;
    detinit_status status =
        matrix_new_in_share(&tracked->recipe, &progress, count, &matrix, &rest, error);
    if (status != DETINIT_OK)
        return status;
    pair_stream stream = {source_of(tracked, matrix, run), sink, &rest, 0};
    const ordered_work work = {
        .steps = count / MATRIX_BLOCK + (count % MATRIX_BLOCK != 0),
        .slot_bytes = READ_PAIR_SIZE + sink->partial_size,
        .make = read_and_map,
        .take = take_pair,
        .context = &stream,
    };
    status = ordered_run(&work, &rest, error);
    detinit_matrix_free(matrix);
    return status;
}
