/*
 * The Kolmogorov-Smirnov test of weights against the distribution of their recipe.
 */
#ifndef KS_H
#define KS_H

#include "detinit.h"
#include "theory.h"

/*
 * D = sup |F_n - F| of `count` >= 1 unrounded weights in any order.  Takes time
 * and memory in proportion to `count`: nothing is sorted.
 */
detinit_status ks_distance(const struct theory *theory, const double *values, size_t count,
                           double *distance, detinit_error *error);

/* The chance that `count` independent weights lie as far off as `distance` or farther. */
double ks_probability(double distance, size_t count);

#endif
