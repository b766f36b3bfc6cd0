/* All differences of a tensor from its initial weights, one by one. */
#include "base/error.h"
#include "detinit_track.h"
#include "track/pairs.h"

#include <math.h>

typedef struct delta_context {
    detinit_status (*take)(void *context, uint64_t first, size_t count, const double *deltas,
                           detinit_error *error);
    void *context;
} delta_context;

static void map_deltas(void *context, const weight_pair *pair, void *partial)
{
    double *w = pair->trained_values;
    const double *w0 = pair->initial_values;
    (void)context;
    (void)partial;
    for (size_t n = 0; n < pair->count; n++)
        w[n] = tracked_delta(w[n], w0[n]);
}

static detinit_status take_deltas(void *context, const weight_pair *pair, const void *partial,
                                  detinit_error *error)
{
    const delta_context *c = context;
    (void)partial;
    return c->take(c->context, pair->first, pair->count, pair->trained_values, error);
}

detinit_status detinit_tracked_deltas(const detinit_tracked *tracked,
                                      detinit_status (*take)(void *context, uint64_t first,
                                                             size_t count, const double *deltas,
                                                             detinit_error *error),
                                      void *context, const detinit_run *run, detinit_error *error)
{
    delta_context c = {take, context};
    pair_sink sink = {0, map_deltas, take_deltas, &c};
    return tracked_stream(tracked, run, &sink, error);
}
