/* Which weights of a block are pruned, and what becomes of them. */
#ifndef DETINIT_TRACK_PRUNED_H
#define DETINIT_TRACK_PRUNED_H

#include "base/names.h"
#include "track/pairs.h"

#include "detinit_track.h"
/* What the ways to prune are called. */
extern const name_table prune_names;

/* flags[n] = 1 where weight n of the pair sleeps, else 0; returns how many do. */
size_t pruned_sleeping(double threshold, const weight_pair *pair, unsigned char *flags);

/* The same for those that a way prunes; the pair is of tensor number `tensor`. */
size_t pruned_flags(const detinit_pruning *pruning, detinit_prune way, size_t tensor,
                    const weight_pair *pair, unsigned char *flags);

/*
 * Writes the pair's stored weights to `out`, those with a flag replaced by the weights at
 * the same place of `instead`, or by 0 where that is NULL.
 */
void pruned_replace(detinit_dtype dtype, const weight_pair *pair, const unsigned char *flags,
                    const unsigned char *instead, unsigned char *out);

#endif
