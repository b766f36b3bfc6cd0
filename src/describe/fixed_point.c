#include "describe/fixed_point.h"

#include <math.h>

/* Lengths beyond these are told as 0 and infinity. */
#define LEAST_LENGTH 1e-30
#define MOST_LENGTH  1e12

/* A length that changes by less than this share of itself in a layer stands still. */
#define STILL 1e-9

/* A length map: by how much of itself a length grows in one layer. */
typedef struct length_map {
    const field_source *source;
    double weights, biases;
} length_map;

static double growth_at(const length_map *map, double q)
{
    const field f = map->source->at(map->source->context, q);
    return (map->weights * f.second + map->biases) / q - 1;
}

/*
 * Between a length that grows by `above` and a greater one by `below`, which is no growth: the
 * secant, where an end that stays for a second time counts half (the Illinois method).
 */
static double rest_between(const length_map *map, double low, double above, double high,
                           double below)
{
    int stayed = 0; /* 1: high, -1: low */
    double q = high;
    for (int step = 0; step < 100 && below < 0 && high > low * (1 + 1e-13); step++) {
        q = low * pow(high / low, above / (above - below));
        const double growth = growth_at(map, q);
        if (fabs(growth) < 1e-15)
            return q;
        if (growth > 0) {
            low = q;
            above = growth;
            below /= stayed == 1 ? 2 : 1;
            stayed = 1;
        } else {
            high = q;
            below = growth;
            above /= stayed == -1 ? 2 : 1;
            stayed = -1;
        }
    }
    return q;
}

/*
 * Where the length map leads an input of mean square 1.  The map rises everywhere, so lengths move
 * one way, to the first that stands still.
 */
static double resting_length(const length_map *map)
{
    double q = map->weights + map->biases, before = q;
    if (!(q > LEAST_LENGTH))
        return 0;
    double growth = growth_at(map, q), grew = growth;
    if (fabs(growth) <= STILL)
        return q;
    if (growth > 0) {
        for (; growth > 0 && q <= MOST_LENGTH; growth = growth_at(map, q)) {
            before = q;
            grew = growth;
            q *= 2;
        }
        return q > MOST_LENGTH ? INFINITY : rest_between(map, before, grew, q, growth);
    }
    for (; growth < -STILL && q >= LEAST_LENGTH; growth = growth_at(map, q)) {
        before = q;
        grew = growth;
        q /= 8;
    }
    if (q < LEAST_LENGTH)
        return 0;
    return growth <= 0 ? q : rest_between(map, q, growth, before, grew);
}

/*
 * Of the correlation map at a chaotic length, which is convex and ends at 1 with a slope above 1:
 * Newton's method from 0 rises to the other point where it rests, and does not pass it.
 */
static double resting_correlation(const field *f, const double *squares, double weights,
                                  double biases)
{
    const double length = weights * f->second + biases;
    double c = 0;
    for (int step = 0; step < 100; step++) {
        const double ahead = (weights * field_kernel(f, squares, c) + biases) / length - c;
        const double slope = weights * field_kernel_slope(f, squares, c) / length - 1;
        if (!(ahead > 1e-14) || slope >= 0)
            break;
        c -= ahead / slope;
    }
    return c < 1 ? c : 1;
}

field_point fixed_point_of(const field_source *source, double weights, double biases)
{
    const length_map map = {source, weights, biases};
    field_point p = {.length = resting_length(&map), .correlation = 1};
    const double q = fmin(fmax(p.length, LEAST_LENGTH), MOST_LENGTH);
    const field f = source->at(source->context, q);
    p.chi = weights * f.slopes;
    p.length_rate = weights * f.growth;
    p.rate = p.length > 0 ? p.chi * q / (weights * f.second + biases) : p.chi;
    if (p.rate > 1 + STILL) {
        double squares[FIELD_SQUARES];
        source->expand(source->context, &f, squares);
        p.correlation = resting_correlation(&f, squares, weights, biases);
        p.rate = weights * field_kernel_slope(&f, squares, p.correlation) /
                 (weights * f.second + biases);
    }
    return p;
}
