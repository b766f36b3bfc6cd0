/*
 * The Kolmogorov-Smirnov test of weights against the distribution of their recipe.
 */
#ifndef DETINIT_DESCRIBE_KS_H
#define DETINIT_DESCRIBE_KS_H

#include "detinit.h"
#include "describe/theory.h"

/*
 * Takes away the stored weights that have a value which the theory has for certain, since they
 * say nothing of a law.  Returns how many are left; their order stays.
 */
size_t ks_drop_certain(const struct theory *theory, double *stored, size_t count);

/*
 * D = sup |F_n - F| of 1 .. DETINIT_KS_COUNT stored and finite weights that ks_drop_certain left,
 * in any order.  F is the theory's for such weights.  It is compared where rounding turns from one
 * number to the next, so that ties make D no larger.  Takes time and memory in proportion to
 * `count`: nothing is sorted.
 */
detinit_status ks_distance(const struct theory *theory, const double *stored, size_t count,
                           const detinit_run *run, double *distance, detinit_error *error);

/*
 * The chance that `count` independent weights lie as far off as `distance` or farther; where they
 * are rounded, it is less than what is told here.
 */
double ks_probability(double distance, size_t count);

#endif
