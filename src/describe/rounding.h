/*
 * Rounding to a storage type as a step of the number line: which weights are stored as a number.
 */
#ifndef DETINIT_DESCRIBE_ROUNDING_H
#define DETINIT_DESCRIBE_ROUNDING_H

#include "detinit.h"

/* Weights are rounded to one type, and then to another. */
struct rounding {
    detinit_dtype via, dtype;
};

/* What a weight is stored as. */
double rounding_of(const struct rounding *rounding, double weight);

/*
 * Weights up to here are stored as the finite `stored` or less, those beyond as more; in float64
 * that is `stored` itself.  And where the weights begin that are stored as it.
 */
double rounding_end(const struct rounding *rounding, double stored);
double rounding_start(const struct rounding *rounding, double stored);

#endif
