/* Places in the sorted order of all weights of some tensors, found without sorting. */
#ifndef DETINIT_TRACK_THRESHOLD_H
#define DETINIT_TRACK_THRESHOLD_H

#include "track/tracked.h"

#include "detinit_track.h"
/* Passes over all weights that finding a place takes at most; most often 2 do. */
#define THRESHOLD_PASSES 4

/* What the weights are sorted by. */
typedef enum threshold_key {
    THRESHOLD_OF_CHANGE,   /* tracked_delta */
    THRESHOLD_OF_MAGNITUDE /* |w|, infinity behind all numbers, and what is none behind that */
} threshold_key;

/*
 * The key of the weight that is number `rank` (from 1) in ascending order, and which of the
 * weights of equal keys it is: *among, from 1.  There must be so many weights.
 */
detinit_status threshold_at_rank(const detinit_tracked *tracked, size_t count, threshold_key key,
                                 uint64_t rank, const detinit_run *run, double *value,
                                 uint64_t *among, detinit_error *error);

#endif
