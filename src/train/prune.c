#include "train/prune.h"

#include "number/address.h"
#include "base/error.h"

#include <math.h>

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

/*
 * Selects by radix: the bits of doubles that are not negative are ordered as the doubles
 * are, so eight passes fix the eight bytes of the k-th, from the highest down.
 */
static double select_distance(const float *weights, const float *initial, size_t count, size_t k)
{
    uint64_t prefix = 0, known = 0;
    for (int shift = 56; shift >= 0; shift -= 8) {
        size_t counts[256] = {0}, digit = 0;
        for (size_t n = 0; n < count; n++) {
            uint64_t bits = bits_of_double(distance_at(weights, initial, n));
            if ((bits & known) == prefix)
                counts[bits >> shift & 0xff]++;
        }
        while (k > counts[digit])
            k -= counts[digit++];
        prefix |= (uint64_t)digit << shift;
        known |= (uint64_t)0xff << shift;
    }
    return double_of_bits(prefix);
}

detinit_status prune_kth_distance(const float *weights, const float *initial, size_t count,
                                  size_t k, double *distance, detinit_error *error)
{
    double found = 0;
    if (k > 0)
        found = k <= count ? select_distance(weights, initial, count, k) : INFINITY;
    if (!isfinite(found))
        return error_set(error, DETINIT_INVALID,
                         "expected at least %zu finite weights to prune, got fewer", k);
    *distance = found;
    return DETINIT_OK;
}

detinit_status prune_weights(detinit_prune way, const float *weights, const float *initial,
                             size_t count, size_t k, float *out, detinit_error *error)
{
    const float *from = way == DETINIT_PRUNE_MAGNITUDE ? NULL : initial;
    double limit = 0;
    size_t at_limit = k;
    detinit_status status = prune_kth_distance(weights, from, count, k, &limit, error);
    if (status != DETINIT_OK)
        return status;
    for (size_t n = 0; n < count; n++)
        at_limit -= k > 0 && distance_at(weights, from, n) < limit;
    for (size_t n = 0; n < count; n++) {
        double distance = distance_at(weights, from, n);
        bool pruned = k > 0 && distance < limit;
        if (!pruned && distance == limit && at_limit > 0) {
            pruned = true;
            at_limit--;
        }
        float replacement = way == DETINIT_PRUNE_INIT ? initial[n] : 0;
        out[n] = pruned ? replacement : weights[n];
    }
    return DETINIT_OK;
}
