/*
 * The Kolmogorov-Smirnov test of weights against the distribution of their recipe.
 */
#ifndef DETINIT_DESCRIBE_KS_H
#define DETINIT_DESCRIBE_KS_H

#include "detinit.h"
#include "describe/theory.h"

/*
 * D = sup |F_n - F| of 1 .. DETINIT_KS_COUNT stored and finite weights in any order.  F is the
 * theory's: what rounding makes one number is compared where the next number begins, and a value
 * that many weights have beside it, so that ties make D no larger.  Takes time and memory in
 * proportion to `count`: nothing is sorted.
 */
detinit_status ks_distance(const struct theory *theory, const double *stored, size_t count,
                           const detinit_run *run, double *distance, detinit_error *error);

/*
 * The chance that `count` independent weights lie as far off as `distance` or farther; where they
 * are rounded or share values, it is less than what is told here.
 */
double ks_probability(double distance, size_t count);

#endif
