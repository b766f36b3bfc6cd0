/*
 * Thresholds found from all |w - w0| of some tensors: their bits, read as whole
 * numbers, stand in the order of their values, so that counting by leading bits
 * finds any place of the sorted order without sorting.
 */
#include "track/threshold.h"

#include "detinit_track.h"
#include "number/address.h"
#include "kernel/kernels.h"
#include "base/error.h"
#include "base/progress.h"
#include "track/sweep.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/*
 * Bits that one pass resolves; the sign is 0 and stands above them.  Each thread counts in a
 * table of its own, of which only the pages that it needs take memory.
 */
#define DIGIT_BITS 20
#define DIGITS     DETINIT_SEARCH_COUNTS
#define VALUE_BITS 63

/* So many values are gathered in one pass more, rather than counted again. */
#define GATHER_MOST ((uint64_t)1 << 23)

typedef struct search {
    const detinit_tracked *tracked; /* of all */
    size_t count;
    threshold_key key;
    const change_kernel *kernel;
    detinit_dtype dtype; /* of the tensor under way */
    shared_progress progress;
    uint64_t less;    /* taken off the bits of what is neither 0 nor infinite */
    uint64_t prefix;  /* the bits found so far */
    int found, width; /* how many they are, and those of this pass */
    size_t workers;
    uint64_t *tables; /* DIGITS for each worker */
    uint64_t *gathered;
    size_t room; /* of gathered */
    atomic_size_t next;
} search;

/* --------------------------------------------------------------------- keys */

static void find_changes(const search *s, const unsigned char *initial,
                         const unsigned char *trained, size_t count, double *keys)
{
    const size_t item = detinit_dtype_size(s->dtype);
    s->kernel->differences(s->dtype, initial, trained,
                           (count + CHANGE_STEP - 1) / CHANGE_STEP * CHANGE_STEP, keys);
    for (size_t n = 0; n < count; n++) {
        double w, w0;
        if (keys[n] < INFINITY)
            continue;
        detinit_decode(s->dtype, trained + n * item, 1, &w);
        detinit_decode(s->dtype, initial + n * item, 1, &w0);
        keys[n] = tracked_delta(w, w0);
    }
}

/* The keys of up to CHANGE_PIECE weights of a block, from number n on; how many they are. */
static size_t find_keys(const search *s, const sweep_block *block, size_t n, double *keys)
{
    const size_t item = detinit_dtype_size(s->dtype), left = block->count - n;
    const size_t count = left < CHANGE_PIECE ? left : CHANGE_PIECE;
    if (s->key == THRESHOLD_OF_CHANGE) {
        find_changes(s, block->initial + n * item, block->trained + n * item, count, keys);
        return count;
    }
    detinit_decode(s->dtype, block->trained + n * item, count, keys);
    for (size_t k = 0; k < count; k++)
        keys[k] = fabs(keys[k]);
    return count;
}

/* ------------------------------------------------------------------- passes */

static void count_block(void *context, size_t group, const sweep_block *block)
{
    const search *s = context;
    uint64_t *counts = s->tables + block->worker * DIGITS;
    double keys[CHANGE_PIECE];
    const int below = VALUE_BITS - s->found - s->width;
    const uint64_t mask = ((uint64_t)1 << s->width) - 1, infinity = bits_of_double(INFINITY);
    (void)group;
    for (size_t n = 0; n < block->count; n += CHANGE_PIECE) {
        const size_t count = find_keys(s, block, n, keys);
        for (size_t k = 0; k < count; k++) {
            uint64_t bits = bits_of_double(keys[k]);
            bits -= bits - 1 < infinity - 1 ? s->less : 0;
            if (bits >> (VALUE_BITS - s->found) == s->prefix)
                counts[bits >> below & mask]++;
        }
    }
}

static void gather_block(void *context, size_t group, const sweep_block *block)
{
    search *s = context;
    double keys[CHANGE_PIECE];
    (void)group;
    for (size_t n = 0; n < block->count; n += CHANGE_PIECE) {
        const size_t count = find_keys(s, block, n, keys);
        for (size_t k = 0; k < count; k++) {
            if (bits_of_double(keys[k]) >> (VALUE_BITS - s->found) != s->prefix)
                continue;
            const size_t next = atomic_fetch_add(&s->next, 1);
            if (next < s->room) /* more only if the file was written to since they were counted */
                s->gathered[next] = bits_of_double(keys[k]);
        }
    }
}

/* One pass over all tensors. */
static detinit_status pass(search *s,
                           void (*visit)(void *context, size_t group, const sweep_block *block),
                           detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    for (size_t n = 0; n < s->count && status == DETINIT_OK; n++) {
        const detinit_run run = progress_share(&s->progress, s->tracked[n].count);
        s->dtype = s->tracked[n].dtype;
        status = sweep_run(&s->tracked[n], &run, visit, s, error);
    }
    return status;
}

/* Bits of the digit that comes after so many. */
static int width_after(int found)
{
    return VALUE_BITS - found < DIGIT_BITS ? VALUE_BITS - found : DIGIT_BITS;
}

/* Counts the digit that comes next, into the first table. */
static detinit_status count_digits(search *s, detinit_error *error)
{
    s->width = width_after(s->found);
    free(s->tables);
    s->tables = calloc(s->workers * DIGITS, sizeof *s->tables);
    if (s->tables == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory to count changes");
    detinit_status status = pass(s, count_block, error);
    for (size_t worker = 1; worker < s->workers && status == DETINIT_OK; worker++)
        for (size_t digit = 0; digit < DIGITS; digit++)
            s->tables[digit] += s->tables[worker * DIGITS + digit];
    return status;
}

/* ------------------------------------------------------------------- places */

/* The value at place *rank of what was gathered; *rank becomes its place among equal ones. */
static uint64_t select_gathered(const uint64_t *values, size_t count, uint64_t prefix, int found,
                                uint64_t *rank)
{
    enum { BITS = 8 };
    while (found < VALUE_BITS) {
        const int width = VALUE_BITS - found < BITS ? VALUE_BITS - found : BITS;
        const int below = VALUE_BITS - found - width;
        uint64_t counts[1 << BITS] = {0}, digit = 0;
        for (size_t n = 0; n < count; n++)
            if (values[n] >> (VALUE_BITS - found) == prefix)
                counts[values[n] >> below & (((uint64_t)1 << width) - 1)]++;
        while (counts[digit] < *rank)
            *rank -= counts[digit++];
        prefix = prefix << width | digit;
        found += width;
    }
    return prefix;
}

/* The `count` values that begin with the prefix are few: one pass brings them together. */
static detinit_status gather(search *s, uint64_t count, uint64_t *rank, detinit_error *error)
{
    s->room = (size_t)count;
    s->gathered = malloc((s->room + 1) * sizeof *s->gathered);
    if (s->gathered == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory to compare changes");
    detinit_status status = pass(s, gather_block, error);
    if (status != DETINIT_OK)
        return status;
    if (atomic_load(&s->next) != s->room)
        return error_set(error, DETINIT_IO, "'%.200s' was changed while it was read",
                         tracked_shown(&s->tracked[0]));
    s->prefix = select_gathered(s->gathered, s->room, s->prefix, s->found, rank);
    s->found = VALUE_BITS;
    return DETINIT_OK;
}

/* The digit of the value at place *rank, which becomes its place among those of that digit. */
static uint64_t find_digit(const uint64_t *counts, uint64_t *rank)
{
    uint64_t digit = 0;
    while (digit + 1 < DIGITS && counts[digit] < *rank)
        *rank -= counts[digit++];
    return digit;
}

static detinit_status find_place(search *s, uint64_t *rank, detinit_error *error)
{
    while (s->found < VALUE_BITS) {
        detinit_status status = count_digits(s, error);
        if (status != DETINIT_OK)
            return status;
        const uint64_t digit = find_digit(s->tables, rank);
        s->prefix = s->prefix << s->width | digit;
        s->found += s->width;
        if (s->found < VALUE_BITS && s->tables[digit] <= GATHER_MOST)
            return gather(s, s->tables[digit], rank, error);
    }
    return DETINIT_OK;
}

static search search_of(const detinit_tracked *tracked, size_t count, const detinit_run *run)
{
    size_t workers = 1;
    for (size_t n = 0; n < count; n++) {
        const size_t needed = sweep_workers(run, tracked[n].count);
        workers = needed > workers ? needed : workers;
    }
    return (search){
        .tracked = tracked,
        .count = count,
        .kernel = kernels_for(run)->change,
        .workers = workers,
        .progress = {.run = run, .total = tracked_total(tracked, count)},
    };
}

static void search_free(search *s)
{
    free(s->tables);
    free(s->gathered);
}

detinit_status threshold_at_rank(const detinit_tracked *tracked, size_t count, threshold_key key,
                                 uint64_t rank, const detinit_run *run, double *value,
                                 uint64_t *among, detinit_error *error)
{
    search s = search_of(tracked, count, run);
    s.key = key;
    s.progress.total *= THRESHOLD_PASSES;
    detinit_status status = find_place(&s, &rank, error);
    search_free(&s);
    if (status != DETINIT_OK)
        return status;
    *value = double_of_bits(s.prefix);
    *among = rank;
    return DETINIT_OK;
}

/* How many of `total` weights shall sleep. */
static uint64_t rank_of(double sparsity, uint64_t total)
{
    const double wanted = ceil(sparsity * (double)total);
    return wanted >= (double)total ? total : (uint64_t)wanted;
}

static detinit_status check_found(double found, double sparsity, detinit_error *error)
{
    if (found < INFINITY)
        return DETINIT_OK;
    return error_set(error, DETINIT_INVALID,
                     "no threshold makes %g of the weights sleep: too many are not finite",
                     sparsity);
}

detinit_status detinit_threshold_of_sparsity(const detinit_tracked *tracked, size_t count,
                                             double sparsity, const detinit_run *run,
                                             double *threshold, detinit_error *error)
{
    const uint64_t rank = rank_of(sparsity, tracked_total(tracked, count));
    uint64_t among;
    double found = 0;
    detinit_status status = DETINIT_OK;
    if (rank > 0)
        status = threshold_at_rank(tracked, count, THRESHOLD_OF_CHANGE, rank, run, &found, &among,
                                   error);
    if (status == DETINIT_OK)
        status = check_found(found, sparsity, error);
    if (status == DETINIT_OK)
        *threshold = found;
    return status;
}

/* ---------------------------------------------------------------- automatic */

/* Digits in one of 16 steps an octave: 9 of their bits are of the fraction. */
#define STEP ((size_t)1 << (9 - 4))

/* Digit d counts what is above this, up to and with that of d + 1. */
static double edge_of(size_t digit)
{
    return double_of_bits((uint64_t)digit << (VALUE_BITS - DIGIT_BITS));
}

static double square(double x)
{
    return x * x;
}

/*
 * The threshold for counted digits.  What sleeps counts as large as it can be, the sum of all
 * as small, in units of the largest, so that no square is beyond binary64.
 */
static double cut_share(const uint64_t *counts)
{
    const size_t infinite = (size_t)(bits_of_double(INFINITY) >> (VALUE_BITS - DIGIT_BITS));
    double total = 0, held = 0;
    size_t end = infinite, digit = 0;
    while (end > 0 && counts[end - 1] == 0)
        end--;
    const double unit = end < infinite ? edge_of(end) : edge_of(infinite - 1);
    for (size_t n = 0; n < end; n++)
        total += (double)counts[n] * square(edge_of(n) / unit);
    for (; digit < end; digit += STEP) {
        for (size_t n = digit; n < digit + STEP; n++)
            held += counts[n] > 0 ? (double)counts[n] * square(edge_of(n + 1) / unit) : 0;
        if (held > DETINIT_AUTO_SHARE * total)
            break;
    }
    return total > 0 ? edge_of(digit) : 0;
}

detinit_status detinit_threshold_auto(const detinit_tracked *tracked, size_t count,
                                      const detinit_run *run, double *threshold,
                                      detinit_error *error)
{
    search s = search_of(tracked, count, run);
    s.less = 1;
    detinit_status status = count_digits(&s, error);
    if (status == DETINIT_OK)
        *threshold = cut_share(s.tables);
    search_free(&s);
    return status;
}

/* -------------------------------------------------------- step by step */

struct detinit_threshold_search {
    double sparsity; /* or DETINIT_SEARCH_AUTO */
    uint64_t rank;   /* of the value that is looked for; known from the first step on */
    uint64_t prefix;
    int found;
    uint64_t counts[DIGITS];
};

detinit_status detinit_threshold_search_new(double sparsity, detinit_threshold_search **out,
                                            detinit_error *error)
{
    if (sparsity != DETINIT_SEARCH_AUTO && !(sparsity >= 0 && sparsity <= 1))
        return error_set(error, DETINIT_INVALID, "a share, 0 .. 1, was expected");
    detinit_threshold_search *s = calloc(1, sizeof *s);
    if (s == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory to count changes");
    s->sparsity = sparsity;
    *out = s;
    return DETINIT_OK;
}

void detinit_threshold_search_free(detinit_threshold_search *s)
{
    free(s);
}

uint64_t *detinit_threshold_search_counts(detinit_threshold_search *s)
{
    return s->counts;
}

detinit_status detinit_threshold_search_add(detinit_threshold_search *s,
                                            const detinit_tracked *tracked, size_t count,
                                            const detinit_run *run, detinit_error *error)
{
    search once = search_of(tracked, count, run);
    once.less = s->sparsity == DETINIT_SEARCH_AUTO;
    once.prefix = s->prefix;
    once.found = s->found;
    detinit_status status = count_digits(&once, error);
    for (size_t digit = 0; digit < DIGITS && status == DETINIT_OK; digit++)
        s->counts[digit] += once.tables[digit];
    search_free(&once);
    return status;
}

/* Takes the digit that was counted; whether it is the last. */
static bool take_digit(detinit_threshold_search *s)
{
    uint64_t total = 0;
    for (size_t digit = 0; digit < DIGITS && s->found == 0; digit++)
        total += s->counts[digit];
    if (s->found == 0)
        s->rank = rank_of(s->sparsity, total);
    if (s->rank == 0)
        return true; /* the value is 0 */
    const int width = width_after(s->found);
    s->prefix = s->prefix << width | find_digit(s->counts, &s->rank);
    s->found += width;
    memset(s->counts, 0, sizeof s->counts);
    return s->found == VALUE_BITS;
}

detinit_status detinit_threshold_search_step(detinit_threshold_search *s, bool *found,
                                             double *threshold, detinit_error *error)
{
    const bool automatic = s->sparsity == DETINIT_SEARCH_AUTO;
    detinit_status status = DETINIT_OK;
    *found = automatic || take_digit(s);
    if (!*found)
        return DETINIT_OK;
    const double value = automatic ? cut_share(s->counts) : double_of_bits(s->prefix);
    if (!automatic)
        status = check_found(value, s->sparsity, error);
    if (status == DETINIT_OK)
        *threshold = value;
    return status;
}
