/*
 * Thresholds found from all |w - w0| of some tensors: their bits, read as whole
 * numbers, stand in the order of their values, so that counting by leading bits
 * finds any place of the sorted order without sorting.
 */
#include "threshold.h"

#include "error.h"
#include "parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bits that one pass resolves; the sign is 0 and stands above them. */
#define DIGIT_BITS 15
#define DIGITS     ((size_t)1 << DIGIT_BITS)

/* THRESHOLD_PASSES: four of 15 bits and one of 3 make up 63. */
#define VALUE_BITS 63

typedef struct digit_count {
    threshold_key key;
    uint64_t prefix;  /* the bits found so far */
    int found;        /* how many they are */
    int width;        /* bits of this pass */
    uint64_t *counts; /* by digit, of the values that begin with the prefix */
} digit_count;

static uint64_t bits_of(double delta)
{
    uint64_t bits;
    memcpy(&bits, &delta, sizeof bits);
    return bits;
}

/* The keys, written over the trained weights. */
static void take_keys(threshold_key key, const weight_pair *pair)
{
    double *w = pair->trained_values;
    if (key == THRESHOLD_OF_MAGNITUDE)
        for (size_t n = 0; n < pair->count; n++)
            w[n] = fabs(w[n]);
    else
        for (size_t n = 0; n < pair->count; n++)
            w[n] = tracked_delta(w[n], pair->initial_values[n]);
}

static void map_digits(void *context, const weight_pair *pair, void *partial)
{
    const digit_count *d = context;
    uint32_t *counts = partial;
    const int below = VALUE_BITS - d->found - d->width;
    const uint64_t mask = ((uint64_t)1 << d->width) - 1;
    take_keys(d->key, pair);
    memset(counts, 0, sizeof *counts << d->width);
    for (size_t n = 0; n < pair->count; n++) {
        uint64_t bits = bits_of(pair->trained_values[n]);
        if (bits >> (VALUE_BITS - d->found) == d->prefix)
            counts[bits >> below & mask]++;
    }
}

static detinit_status take_digits(void *context, const weight_pair *pair, const void *partial,
                                  detinit_error *error)
{
    const digit_count *d = context;
    const uint32_t *counts = partial;
    (void)pair;
    (void)error;
    for (size_t digit = 0; digit < (size_t)1 << d->width; digit++)
        d->counts[digit] += counts[digit];
    return DETINIT_OK;
}

/* One pass over all tensors. */
static detinit_status count_digits(const detinit_tracked *tracked, size_t count, digit_count *d,
                                   parts *progress, detinit_error *error)
{
    pair_sink sink = {sizeof(uint32_t) * DIGITS, map_digits, take_digits, d};
    detinit_status status = DETINIT_OK;
    memset(d->counts, 0, DIGITS * sizeof *d->counts);
    for (size_t n = 0; n < count && status == DETINIT_OK; n++) {
        detinit_run run = parts_next(progress, tracked[n].tensor->count);
        status = tracked_stream(&tracked[n], &run, &sink, error);
    }
    return status;
}

static uint64_t count_weights(const detinit_tracked *tracked, size_t count)
{
    uint64_t total = 0;
    for (size_t n = 0; n < count; n++)
        total += tracked[n].tensor->count;
    return total;
}

static double value_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

detinit_status threshold_at_rank(const detinit_tracked *tracked, size_t count, threshold_key key,
                                 uint64_t rank, const detinit_run *run, double *value,
                                 uint64_t *among, detinit_error *error)
{
    digit_count d = {.key = key, .counts = malloc(DIGITS * sizeof *d.counts)};
    parts progress = {.run = run, .total = THRESHOLD_PASSES * count_weights(tracked, count)};
    detinit_status status = DETINIT_OK;
    if (d.counts == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory to count changes");
    while (status == DETINIT_OK && d.found < VALUE_BITS) {
        d.width = VALUE_BITS - d.found < DIGIT_BITS ? VALUE_BITS - d.found : DIGIT_BITS;
        status = count_digits(tracked, count, &d, &progress, error);
        uint64_t digit = 0;
        while (status == DETINIT_OK && d.counts[digit] < rank)
            rank -= d.counts[digit++];
        d.prefix = d.prefix << d.width | digit;
        d.found += d.width;
    }
    free(d.counts);
    if (status != DETINIT_OK)
        return status;
    *value = value_of(d.prefix);
    *among = rank;
    return DETINIT_OK;
}

detinit_status detinit_threshold_of_sparsity(const detinit_tracked *tracked, size_t count,
                                             double sparsity, const detinit_run *run,
                                             double *threshold, detinit_error *error)
{
    uint64_t total = count_weights(tracked, count), among;
    double found = 0;
    detinit_status status = DETINIT_OK;
    double wanted = ceil(sparsity * (double)total);
    uint64_t rank = wanted >= (double)total ? total : (uint64_t)wanted; /* so many shall sleep */
    if (rank > 0)
        status = threshold_at_rank(tracked, count, THRESHOLD_OF_CHANGE, rank, run, &found, &among,
                                   error);
    if (status != DETINIT_OK)
        return status;
    if (!(found < INFINITY))
        return error_set(error, DETINIT_INVALID,
                         "no threshold makes %g of the weights sleep: too many are not finite",
                         sparsity);
    *threshold = found;
    return DETINIT_OK;
}

detinit_status detinit_threshold_auto(const detinit_tracked *tracked, size_t count,
                                      const detinit_run *run, double *threshold,
                                      detinit_error *error)
{
    const int below = VALUE_BITS - DIGIT_BITS;
    const size_t infinite = (size_t)(bits_of(INFINITY) >> below);
    digit_count d = {.counts = malloc(DIGITS * sizeof *d.counts), .width = DIGIT_BITS};
    parts progress = {.run = run, .total = count_weights(tracked, count)};
    if (d.counts == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory to count changes");
    detinit_status status = count_digits(tracked, count, &d, &progress, error);
    double total = 0, held = 0;
    size_t digit = 0;
    for (size_t n = 0; n < infinite && status == DETINIT_OK; n++) {
        double upper = value_of((uint64_t)(n + 1) << below);
        total += n + 1 < infinite ? (double)d.counts[n] * upper * upper : 0;
    }
    /* All of a step counts as its upper end: what sleeps holds no more than that. */
    for (; digit + 1 < infinite && status == DETINIT_OK; digit++) {
        double upper = value_of((uint64_t)(digit + 1) << below);
        held += (double)d.counts[digit] * upper * upper;
        if (held > DETINIT_AUTO_SHARE * total)
            break;
    }
    free(d.counts);
    if (status == DETINIT_OK)
        *threshold = total > 0 ? value_of((uint64_t)digit << below) : 0;
    return status;
}
