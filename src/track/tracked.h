/* Blocks of a tensor's weights beside the initial ones. */
#ifndef DETINIT_TRACK_TRACKED_H
#define DETINIT_TRACK_TRACKED_H

#include "detinit_track.h"
#include "matrix/matrix.h"

#include <math.h>

/* A run of consecutive weights, now and initially, in the storage type and widened. */
typedef struct weight_pair {
    uint64_t row, col, first; /* of the first weight; `first` is its number in row-major order */
    size_t rows, cols, count;
    const unsigned char *initial, *trained; /* little-endian, the tensor's dtype */
    const double *initial_values;
    double *trained_values; /* map may write here what take is to see */
} weight_pair;

/* |w - w0|: 0 for equal weights, also infinite ones, and infinity for what is not a number. */
static inline double tracked_delta(double w, double w0)
{
    double delta = w == w0 ? 0 : fabs(w - w0);
    return delta <= INFINITY ? delta : INFINITY;
}

/* As detinit_sink: map in any thread, take in storage order in the calling one. */
typedef struct pair_sink {
    size_t partial_size;
    void (*map)(void *context, const weight_pair *pair, void *partial);
    detinit_status (*take)(void *context, const weight_pair *pair, const void *partial,
                           detinit_error *error);
    void *context;
} pair_sink;

/*
 * Makes a matrix and sends all of it through `sink`.  Progress counts weights; those of an
 * orthogonal matrix count half when they are made, half when they are sent.
 */
detinit_status tracked_stream_initial(const detinit_recipe *recipe, const detinit_run *run,
                                      const detinit_sink *sink, detinit_error *error);

/* Sends all of a tracked tensor through `sink`, with the same progress. */
detinit_status tracked_stream(const detinit_tracked *tracked, const detinit_run *run,
                              const pair_sink *sink, detinit_error *error);

#endif
