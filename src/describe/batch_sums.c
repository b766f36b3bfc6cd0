#include "describe/batch_sums.h"

#include <math.h>

/* Powers of two beyond these have no inverse. */
#define MOST_EXPONENT 1000

/* A power of two of the values' size, or 1 where they are not finite or all 0. */
static double scale_of(const double *values, size_t units, size_t lanes, size_t batch)
{
    double largest = 0;
    int exponent;
    for (size_t unit = 0; unit < units; unit++)
        for (size_t n = 0; n < batch; n++)
            largest = fmax(largest, fabs(values[unit * lanes + n]));
    if (largest == 0 || !isfinite(largest))
        return 1;
    frexp(largest, &exponent);
    exponent = exponent > MOST_EXPONENT ? MOST_EXPONENT : exponent;
    return ldexp(1, exponent < -MOST_EXPONENT ? -MOST_EXPONENT : exponent);
}

block_moments block_moments_of(const double *values, size_t units, size_t lanes, size_t batch)
{
    block_moments m = {.scale = scale_of(values, units, lanes, batch)};
    const double inverse = 1 / m.scale;
    m.count = (double)units * (double)batch;
    for (size_t unit = 0; unit < units; unit++)
        for (size_t n = 0; n < batch; n++)
            m.mean += values[unit * lanes + n] * inverse;
    m.mean /= m.count;
    for (size_t unit = 0; unit < units; unit++)
        for (size_t n = 0; n < batch; n++) {
            const double distance = values[unit * lanes + n] * inverse - m.mean;
            m.m2 += distance * distance;
        }
    return m;
}

static double largest_scale(const block_moments *blocks, size_t count)
{
    double scale = 0;
    for (size_t n = 0; n < count; n++)
        scale = fmax(scale, blocks[n].scale);
    return scale;
}

static double or_infinite(double value)
{
    return isfinite(value) ? value : INFINITY;
}

batch_moments batch_moments_of(const block_moments *blocks, size_t count)
{
    const double scale = largest_scale(blocks, count);
    double all = 0, mean = 0, m2 = 0;
    for (size_t n = 0; n < count; n++) {
        const double ratio = blocks[n].scale / scale;
        const double further = blocks[n].mean * ratio - mean;
        const double sum = all + blocks[n].count;
        m2 += blocks[n].m2 * ratio * ratio + further * further * (all * blocks[n].count / sum);
        mean += further * (blocks[n].count / sum);
        all = sum;
    }
    return (batch_moments){.mean = or_infinite(mean * scale),
                           .std = or_infinite(sqrt(m2 / all) * scale),
                           .square = or_infinite((m2 / all + mean * mean) * scale * scale)};
}

void block_products(const double *values, size_t units, size_t lanes, size_t pairs, double scale,
                    double *products)
{
    const double inverse = 1 / scale;
    for (size_t n = 0; n < 3 * pairs; n++)
        products[n] = 0;
    for (size_t unit = 0; unit < units; unit++)
        for (size_t pair = 0; pair < pairs; pair++) {
            const double *both = values + unit * lanes + 2 * pair;
            const double a = both[0] * inverse, b = both[1] * inverse;
            products[pair] += a * a;
            products[pairs + pair] += a * b;
            products[2 * pairs + pair] += b * b;
        }
}

double batch_correlation(const block_moments *blocks, const double *products, size_t count,
                         size_t pairs)
{
    const double scale = largest_scale(blocks, count);
    double cosines = 0;
    for (size_t pair = 0; pair < pairs; pair++) {
        double sums[3] = {0};
        for (size_t n = 0; n < count; n++) {
            const double ratio = blocks[n].scale / scale;
            for (size_t k = 0; k < 3; k++)
                sums[k] += products[(3 * n + k) * pairs + pair] * ratio * ratio;
        }
        cosines += sums[1] / (sqrt(sums[0]) * sqrt(sums[2]));
    }
    return cosines / (double)pairs;
}
