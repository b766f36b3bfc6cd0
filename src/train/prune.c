#include "train/prune.h"

#include "number/address.h"
#include "base/error.h"

#include <math.h>
#include <stdlib.h>

double prune_distance(float weight, float initial)
{
    double distance = fabs((double)weight - (double)initial);
    return isfinite(distance) ? distance : INFINITY;
}

/* The distance of one weight from its initial value, or from 0 where there is none. */
static double distance_at(const float *weights, const float *initial, size_t n)
{
    return prune_distance(weights[n], initial != NULL ? initial[n] : 0);
}

size_t prune_count_within(const float *weights, const float *initial, size_t count,
                          double threshold)
{
    size_t within = 0;
    for (size_t n = 0; n < count; n++)
        within += distance_at(weights, initial, n) <= threshold;
    return within;
}

size_t prune_count_of_share(double share, size_t count)
{
    return (size_t)ceil(share * (double)count);
}

/* Bits of a first digit, exponent and quarters of octaves, and of each that follows. */
enum { FIRST_SHIFT = 50, FIRST_DIGITS = 1 << 13, SHIFT = 10, DIGITS = 1 << SHIFT };

/* The bucket that holds number *k, from 1, which becomes its number in there. */
static size_t bucket_of(const size_t *counts, size_t *k)
{
    size_t digit = 0;
    while (*k > counts[digit])
        *k -= counts[digit++];
    return digit;
}

/* Number *k, from 1, of `count` numbers in ascending order; *k becomes its number among its equals.
 */
static uint64_t select_bits(uint64_t *bits, size_t count, size_t *k)
{
    for (int shift = FIRST_SHIFT - SHIFT; shift >= 0; shift -= SHIFT) {
        size_t counts[DIGITS] = {0}, left = 0;
        for (size_t n = 0; n < count; n++)
            counts[bits[n] >> shift & (DIGITS - 1)]++;
        const size_t digit = bucket_of(counts, k);
        for (size_t n = 0; n < count; n++)
            if ((bits[n] >> shift & (DIGITS - 1)) == digit)
                bits[left++] = bits[n];
        count = left;
    }
    return bits[0];
}

/*
 * Selects by radix: the bits of doubles that are not negative are ordered as the doubles are, so
 * that a digit after the other, from the highest down, leaves fewer of them.  Of the k smallest
 * *equal are at the distance found.
 */
static detinit_status select_distance(const float *weights, const float *initial, size_t count,
                                      size_t k, double *distance, size_t *equal,
                                      detinit_error *error)
{
    size_t counts[FIRST_DIGITS] = {0}, found = 0;
    for (size_t n = 0; n < count; n++)
        counts[bits_of_double(distance_at(weights, initial, n)) >> FIRST_SHIFT]++;
    const size_t digit = bucket_of(counts, &k);
    uint64_t *candidates = malloc(counts[digit] * sizeof *candidates);
    if (candidates == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory to order %zu weights", count);
    for (size_t n = 0; n < count; n++) {
        const uint64_t bits = bits_of_double(distance_at(weights, initial, n));
        if (bits >> FIRST_SHIFT == digit)
            candidates[found++] = bits;
    }
    *distance = double_of_bits(select_bits(candidates, found, &k));
    *equal = k;
    free(candidates);
    return DETINIT_OK;
}

/* The same, of finite weights alone; nothing is at a distance where k is 0. */
static detinit_status find_limit(const float *weights, const float *initial, size_t count, size_t k,
                                 double *limit, size_t *equal, detinit_error *error)
{
    double found = -1;
    *equal = 0;
    if (k > count)
        found = INFINITY;
    else if (k > 0) {
        detinit_status status = select_distance(weights, initial, count, k, &found, equal, error);
        if (status != DETINIT_OK)
            return status;
    }
    if (!(found < INFINITY))
        return error_set(error, DETINIT_INVALID,
                         "expected at least %zu finite weights to prune, got fewer", k);
    *limit = found;
    return DETINIT_OK;
}

detinit_status prune_kth_distance(const float *weights, const float *initial, size_t count,
                                  size_t k, double *distance, detinit_error *error)
{
    double limit = 0;
    size_t equal;
    detinit_status status = find_limit(weights, initial, count, k, &limit, &equal, error);
    if (status == DETINIT_OK)
        *distance = limit > 0 ? limit : 0;
    return status;
}

detinit_status prune_weights(detinit_prune way, const float *weights, const float *initial,
                             size_t count, size_t k, float *out, detinit_error *error)
{
    const float *from = way == DETINIT_PRUNE_MAGNITUDE ? NULL : initial;
    double limit = 0;
    size_t equal;
    detinit_status status = find_limit(weights, from, count, k, &limit, &equal, error);
    if (status != DETINIT_OK)
        return status;
    for (size_t n = 0; n < count; n++) {
        double distance = distance_at(weights, from, n);
        bool pruned = distance < limit;
        if (distance == limit && equal > 0) {
            pruned = true;
            equal--;
        }
        float replacement = way == DETINIT_PRUNE_INIT ? initial[n] : 0;
        out[n] = pruned ? replacement : weights[n];
    }
    return DETINIT_OK;
}
