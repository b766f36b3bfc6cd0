/*
 * Which weights to prune, and three ways to do it.  Weights that are not finite have
 * changed and are large: they are pruned by no way.
 */
#ifndef DETINIT_TRAIN_PRUNE_H
#define DETINIT_TRAIN_PRUNE_H

#include "detinit_track.h"

/* |w - w0|, exact but for one rounding to binary64; infinity where w or w0 is not finite. */
double prune_distance(float weight, float initial);

/* How many of `count` weights lie within `threshold` (>= 0) of their initial values. */
size_t prune_count_within(const float *weights, const float *initial, size_t count,
                          double threshold);

/*
 * The distance of the weight that is number k (from 1) in ascending order of distance from
 * `initial`, or from 0 where that is NULL; 0 for k = 0.  DETINIT_INVALID where k exceeds the
 * number of finite weights.  It needs memory for some of the weights, DETINIT_NO_MEMORY.
 */
detinit_status prune_kth_distance(const float *weights, const float *initial, size_t count,
                                  size_t k, double *distance, detinit_error *error);

/* The fewest weights that are at least this share (0 .. 1) of `count`. */
size_t prune_count_of_share(double share, size_t count);

/*
 * Writes the pruned weights to `out`, which may be `weights`: the k weights that the way
 * prunes, exactly; of equal distances the first positions go first.  Fails as
 * prune_kth_distance does.
 */
detinit_status prune_weights(detinit_prune way, const float *weights, const float *initial,
                             size_t count, size_t k, float *out, detinit_error *error);

#endif
