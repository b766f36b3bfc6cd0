/*
 * The Kolmogorov-Smirnov test of weights against the distribution of their recipe.
 */
#ifndef DETINIT_DESCRIBE_KS_H
#define DETINIT_DESCRIBE_KS_H

#include "detinit.h"
#include "describe/theory.h"

/*
 * D = sup |F_n - F| of 1 .. DETINIT_KS_COUNT unrounded weights in any order, which
 * are replaced by their probabilities.  Takes time and memory in proportion to
 * `count`: nothing is sorted.
 */
detinit_status ks_distance(const struct theory *theory, double *values, size_t count,
                           const detinit_run *run, double *distance, detinit_error *error);

/* The chance that `count` independent weights lie as far off as `distance` or farther. */
double ks_probability(double distance, size_t count);

#endif
