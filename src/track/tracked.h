/* Weights that are tracked: what is known of them, and what they are called. */
#ifndef DETINIT_TRACK_TRACKED_H
#define DETINIT_TRACK_TRACKED_H

#include "detinit_track.h"

#include <math.h>

/* |w - w0|: 0 for equal weights, also infinite ones, and infinity for what is not a number. */
static inline double tracked_delta(double w, double w0)
{
    double delta = w == w0 ? 0 : fabs(w - w0);
    return delta <= INFINITY ? delta : INFINITY;
}

/* The weights as the layer has them: units by inputs. */
typedef struct tracked_layer {
    uint64_t units, inputs;
    bool unit_columns; /* a unit's weights lie `units` apart; else one behind the other */
} tracked_layer;

/*
 * Of (out, in, h, w, ...) a unit is an index of the first dimension, of (h, w, ..., in, out) of the
 * last; a vector and a single number are one unit.
 */
tracked_layer tracked_layer_of(const detinit_recipe *recipe, const uint64_t *shape);

/* The name that the weights have in files whose tensors have names. */
const char *tracked_name(const detinit_tracked *tracked);

/* What errors call the weights: the file's path, or their name. */
const char *tracked_shown(const detinit_tracked *tracked);

/* DETINIT_OK for a finite threshold >= 0. */
detinit_status tracked_check_threshold(double threshold, detinit_error *error);

/* The weights of all. */
uint64_t tracked_total(const detinit_tracked *tracked, size_t count);

/* Whether it is no block of a larger tensor. */
bool tracked_is_whole(const detinit_tracked *tracked);

/* The initial weights of a recipe, stored as `dtype`, without trained ones. */
detinit_tracked tracked_initial(const detinit_recipe *recipe, detinit_dtype dtype);

#endif
