/*
 * Mean, standard deviation and likeness of what goes through a layer, from blocks of its units.
 *
 * Signals fade to 1e-200 and explode to 1e200, whose squares binary64 does not hold: each block
 * has sums of its values over a scale of its own, a power of two.
 */
#ifndef DETINIT_DESCRIBE_BATCH_SUMS_H
#define DETINIT_DESCRIBE_BATCH_SUMS_H

#include <stddef.h>

/* Of the values over `scale`; m2 is the sum of the squared distances from the mean. */
typedef struct block_moments {
    double scale, count, mean, m2;
} block_moments;

/* Of `batch` values of each of `units` units, `lanes` apart. */
block_moments block_moments_of(const double *values, size_t units, size_t lanes, size_t batch);

/* Infinite where the values overflowed. */
typedef struct batch_moments {
    double mean, std;
    double square; /* mean square */
} batch_moments;

batch_moments batch_moments_of(const block_moments *blocks, size_t count);

/*
 * Products of pairs of inputs, 2 p and 2 p + 1, summed over a block's units and over the square of
 * `scale`: of the first with itself, of both, and of the second with itself, `pairs` of each.
 */
void block_products(const double *values, size_t units, size_t lanes, size_t pairs, double scale,
                    double *products);

/* The cosine of each pair, on average. `products` of all blocks lie behind one another. */
double batch_correlation(const block_moments *blocks, const double *products, size_t count,
                         size_t pairs);

#endif
