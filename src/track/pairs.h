/* Blocks of weights beside the initial ones, in order. */
#ifndef DETINIT_TRACK_PAIRS_H
#define DETINIT_TRACK_PAIRS_H

#include "matrix/matrix.h"
#include "track/tracked.h"

/* Consecutive weights, now and initially, in the storage type and widened. */
typedef struct weight_pair {
    uint64_t first; /* the number of the first in row-major order */
    size_t count;   /* at most MATRIX_BLOCK */
    /* Little-endian, of the type that the weights are stored in. */
    const unsigned char *initial;
    const unsigned char *trained;
    const double *initial_values;
    double *trained_values; /* map may write here what take is to see */
} weight_pair;

/* As detinit_sink: map in any thread, take in storage order in the calling one, or NULL. */
typedef struct pair_sink {
    size_t partial_size;
    void (*map)(void *context, const weight_pair *pair, void *partial);
    detinit_status (*take)(void *context, const weight_pair *pair, const void *partial,
                           detinit_error *error);
    void *context;
} pair_sink;

/*
 * Sends all weights through `sink`.  Progress counts weights; those of an orthogonal tensor count
 * half when they are made, half when they are sent.
 */
detinit_status tracked_stream(const detinit_tracked *tracked, const detinit_run *run,
                              const pair_sink *sink, detinit_error *error);

#endif
