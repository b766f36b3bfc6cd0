/* What changed in a tensor: one pass over it beside its initial weights. */
#include "error.h"
#include "tracked.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Partial sums in a fixed order that vectors of any width can keep. */
#define LANES 16

/* Of one block. */
typedef struct block_change {
    uint64_t changed, unchanged, not_finite, dead_rows;
    double deltas, products, squares; /* sums of |w - w0|, w w0 and w0^2 */
    double max_delta;
    uint32_t histogram[DETINIT_CHANGE_BINS];
    unsigned char awake_cols[MATRIX_BLOCK]; /* 1: a weight of the block's column has changed */
} block_change;

typedef struct change_context {
    double threshold;
    size_t item; /* bytes of one stored weight */
    uint64_t cols;
    detinit_change *change;
    double deltas, products, squares;
    unsigned char *awake_cols;
    bool row_awake; /* of the row that blocks are parts of */
    double decay;   /* of the second pass */
} change_context;

/* |w - w0|, written over w; 0 where the bits are equal, and infinity where w is not finite. */
static void take_differences(const weight_pair *pair, size_t item)
{
    double *w = pair->trained_values;
    const double *w0 = pair->initial_values;
    for (size_t n = 0; n < pair->count; n++) {
        double delta = fabs(w[n] - w0[n]);
        w[n] = delta <= INFINITY ? delta : INFINITY;
    }
    /* An initial weight that overflowed minus itself is not a number. */
    for (size_t n = 0; n < pair->count; n++)
        if (!(w[n] < INFINITY) &&
            memcmp(pair->initial + n * item, pair->trained + n * item, item) == 0)
            w[n] = 0;
}

/* Sums over the weights that are finite. */
static void add_up(const weight_pair *pair, block_change *out)
{
    double products[LANES] = {0}, squares[LANES] = {0};
    const double *w = pair->trained_values, *w0 = pair->initial_values;
    for (size_t n = 0; n < pair->count; n += LANES) {
        size_t most = pair->count - n < LANES ? pair->count - n : LANES;
        for (size_t lane = 0; lane < most; lane++) {
            bool finite = fabs(w[n + lane]) < INFINITY && fabs(w0[n + lane]) < INFINITY;
            double a = finite ? w[n + lane] : 0, b = finite ? w0[n + lane] : 0;
            products[lane] += a * b;
            squares[lane] += b * b;
        }
    }
    out->products = out->squares = 0;
    for (size_t lane = 0; lane < LANES; lane++) {
        out->products += products[lane];
        out->squares += squares[lane];
    }
}

static void measure_deltas(const weight_pair *pair, double threshold, block_change *out)
{
    double deltas[LANES] = {0}, largest[LANES] = {0};
    uint64_t changed = 0, not_finite = 0;
    const double *delta = pair->trained_values;
    for (size_t n = 0; n < pair->count; n += LANES) {
        size_t most = pair->count - n < LANES ? pair->count - n : LANES;
        for (size_t lane = 0; lane < most; lane++) {
            double d = delta[n + lane];
            bool finite = d < INFINITY;
            changed += d > threshold;
            not_finite += !finite;
            d = finite ? d : 0;
            deltas[lane] += d;
            largest[lane] = d > largest[lane] ? d : largest[lane];
        }
    }
    out->changed = changed;
    out->not_finite = not_finite;
    out->deltas = out->max_delta = 0;
    for (size_t lane = 0; lane < LANES; lane++) {
        out->deltas += deltas[lane];
        out->max_delta = fmax(out->max_delta, largest[lane]);
    }
}

static uint64_t count_unchanged(const weight_pair *pair, size_t item)
{
    uint64_t unchanged = 0;
    switch (item) {
    case 2:
        for (size_t n = 0; n < pair->count; n++)
            unchanged += ((const uint16_t *)(const void *)pair->initial)[n] ==
                         ((const uint16_t *)(const void *)pair->trained)[n];
        return unchanged;
    case 4:
        for (size_t n = 0; n < pair->count; n++)
            unchanged += ((const uint32_t *)(const void *)pair->initial)[n] ==
                         ((const uint32_t *)(const void *)pair->trained)[n];
        return unchanged;
    default:
        for (size_t n = 0; n < pair->count; n++)
            unchanged += ((const uint64_t *)(const void *)pair->initial)[n] ==
                         ((const uint64_t *)(const void *)pair->trained)[n];
        return unchanged;
    }
}

/* The binary exponent tells the bin. */
static size_t bin_of(double delta)
{
    uint64_t bits;
    memcpy(&bits, &delta, sizeof bits);
    int bin = (int)(bits >> 52) - 1023 - DETINIT_CHANGE_LOWEST;
    return (size_t)(bin < 0 ? 0 : bin < DETINIT_CHANGE_BINS ? bin : DETINIT_CHANGE_BINS - 1);
}

/* Two tables in turn: neighbours of one bin need not wait for one another. */
static void count_bins(const weight_pair *pair, block_change *out)
{
    uint32_t counts[2][DETINIT_CHANGE_BINS + 1] = {{0}};
    for (size_t n = 0; n < pair->count; n++) {
        double delta = pair->trained_values[n];
        counts[n & 1][delta < INFINITY ? bin_of(delta) : DETINIT_CHANGE_BINS]++;
    }
    for (size_t bin = 0; bin < DETINIT_CHANGE_BINS; bin++)
        out->histogram[bin] = counts[0][bin] + counts[1][bin];
}

/* Rows and columns in which no weight of the block has changed. */
static void find_awake(const weight_pair *pair, double threshold, block_change *out)
{
    out->dead_rows = 0;
    memset(out->awake_cols, 0, pair->cols);
    for (size_t row = 0; row < pair->rows; row++) {
        const double *delta = pair->trained_values + row * pair->cols;
        unsigned char awake = 0;
        for (size_t col = 0; col < pair->cols; col++) {
            unsigned char changed = delta[col] > threshold;
            out->awake_cols[col] |= changed;
            awake |= changed;
        }
        out->dead_rows += awake == 0;
    }
}

static void map_change(void *context, const weight_pair *pair, void *partial)
{
    const change_context *c = context;
    block_change *out = partial;
    out->unchanged = count_unchanged(pair, c->item);
    add_up(pair, out);
    take_differences(pair, c->item);
    measure_deltas(pair, c->threshold, out);
    count_bins(pair, out);
    find_awake(pair, c->threshold, out);
}

/* The place of the first weight of the block whose bits differ. */
static size_t first_difference(const weight_pair *pair, size_t item)
{
    size_t n = 0;
    while (memcmp(pair->initial + n * item, pair->trained + n * item, item) == 0)
        n++;
    return n;
}

static void take_rows(change_context *c, const weight_pair *pair, const block_change *block)
{
    if (pair->cols == c->cols) {
        c->change->dead_rows += block->dead_rows;
        return;
    }
    c->row_awake = (pair->col > 0 && c->row_awake) || block->changed > 0;
    if (pair->col + pair->cols == c->cols)
        c->change->dead_rows += !c->row_awake;
}

static detinit_status take_change(void *context, const weight_pair *pair, const void *partial,
                                  detinit_error *error)
{
    change_context *c = context;
    const block_change *block = partial;
    detinit_change *change = c->change;
    (void)error;
    if (change->first_difference == change->total_weights && block->unchanged < pair->count)
        change->first_difference = pair->first + first_difference(pair, c->item);
    if (block->max_delta > change->max_delta) {
        size_t n = 0;
        while (pair->trained_values[n] != block->max_delta)
            n++;
        change->max_delta = block->max_delta;
        change->max_position = pair->first + n;
    }
    change->changed_weights += block->changed;
    change->exactly_unchanged += block->unchanged;
    change->not_finite += block->not_finite;
    c->deltas += block->deltas;
    c->products += block->products;
    c->squares += block->squares;
    for (size_t bin = 0; bin < DETINIT_CHANGE_BINS; bin++)
        change->histogram[bin] += block->histogram[bin];
    for (size_t col = 0; col < pair->cols; col++)
        c->awake_cols[pair->col + col] |= block->awake_cols[col];
    take_rows(c, pair, block);
    return DETINIT_OK;
}

static void finish(const change_context *c)
{
    detinit_change *change = c->change;
    uint64_t finite = change->total_weights - change->not_finite;
    change->sleeping_weights = change->total_weights - change->changed_weights;
    change->mean_delta = finite > 0 ? c->deltas / (double)finite : 0;
    change->decay = c->squares > 0 ? c->products / c->squares : 1;
    for (uint64_t col = 0; col < c->cols; col++)
        change->dead_cols += c->awake_cols[col] == 0;
}

/* -------------------------------------------------------- the second pass */

static void map_decay(void *context, const weight_pair *pair, void *partial)
{
    const change_context *c = context;
    uint64_t near = 0;
    for (size_t n = 0; n < pair->count; n++)
        near += fabs(pair->trained_values[n] - c->decay * pair->initial_values[n]) <= c->threshold;
    *(uint64_t *)partial = near;
}

static detinit_status take_decay(void *context, const weight_pair *pair, const void *partial,
                                 detinit_error *error)
{
    change_context *c = context;
    (void)pair;
    (void)error;
    c->change->decay_sleeping += *(const uint64_t *)partial;
    return DETINIT_OK;
}

detinit_status detinit_tracked_change(const detinit_tracked *tracked, double threshold,
                                      bool with_decay, const detinit_run *run, detinit_change *out,
                                      detinit_error *error)
{
    if (!(threshold >= 0))
        return error_set(error, DETINIT_INVALID, "a threshold of 0 or more was expected");
    uint64_t total = tracked->tensor->count, cols = detinit_recipe_cols(&tracked->recipe);
    detinit_change change = {
        .threshold = threshold, .total_weights = total, .first_difference = total};
    change_context context = {
        .threshold = threshold,
        .item = detinit_dtype_size(tracked->recipe.dtype),
        .cols = cols,
        .change = &change,
        .awake_cols = cols <= SIZE_MAX ? calloc((size_t)cols, 1) : NULL,
    };
    pair_sink sink = {sizeof(block_change), map_change, take_change, &context};
    pair_sink decay_sink = {sizeof(uint64_t), map_decay, take_decay, &context};
    if (context.awake_cols == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for a flag a column");
    detinit_status status = tracked_stream(tracked, run, &sink, error);
    if (status == DETINIT_OK)
        finish(&context);
    free(context.awake_cols);
    context.decay = change.decay;
    if (status == DETINIT_OK && with_decay)
        status = tracked_stream(tracked, run, &decay_sink, error);
    if (status == DETINIT_OK)
        *out = change;
    return status;
}
