/* What differs between two tensors of the same shape: one pass over both. */
#include "base/byteorder.h"
#include "base/error.h"
#include "file/tensorfile.h"
#include "number/address.h"
#include "track/change_rank.h"
#include "track/diff.h"
#include "track/piece.h"
#include "track/sweep.h"
#include "track/tracked.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Items are widened at most so many at a time. */
#define WIDENED ((size_t)4096)

/* Sums over the items that are finite: of |b - a|, (b - a)^2, a b, a^2 and b^2. */
typedef struct difference_sums {
    double deltas, delta_squares, products, a_squares, b_squares;
} difference_sums;

/* What the blocks of one group add up to. */
typedef struct group_difference {
    piece_figures figures;
    difference_sums sums;
} group_difference;

/* A pair under way. */
typedef struct comparison {
    const detinit_diff *diff;
    const detinit_tensor *a, *b;
    const tensor_type *a_type, *b_type;
    bool numeric; /* else bits of items alone are compared */
    bool widened; /* both are not weights of one type */
    size_t item;  /* bytes of one, as it is compared */
    piece_comparison by;
    const survey_kernel *survey;
    change_rank rank;
    group_difference *groups;
} comparison;

/* ------------------------------------------------------------------ both sides */

static bool is_number(const tensor_type *type)
{
    return type->coding == CODING_WEIGHT || (type->coding == CODING_SMALL && type->bits == 8);
}

/* As stored: the upper half of such a float32 is the bfloat16. */
static void widen_to_float32(const unsigned char *stored, size_t count, unsigned char *out)
{
    memset(out, 0, 4 * count);
    for (size_t n = 0; n < count; n++)
        memcpy(out + 4 * n + 2, stored + 2 * n, 2);
}

/* NaNs of a small type, whose bits tell more than a NaN of tensor_decode, stay apart by what they
 * leave in its lowest bits.  The numbers are as stored, too. */
static void widen_to_float64(const tensor_type *type, const unsigned char *stored, size_t count,
                             double *out)
{
    tensor_decode(type, stored, 0, count, out);
    for (size_t n = 0; n < count && type->bits == 8; n++)
        if (isnan(out[n]))
            out[n] = double_of_bits(bits_of_double(out[n]) | stored[n]);
    turn_little_endian(out, sizeof *out, count);
}

/* Items in the wider type that both are compared in. */
static detinit_status read_widened(const detinit_tensorfile *file, const detinit_tensor *tensor,
                                   const tensor_type *type, const sweep_block *block,
                                   detinit_dtype as, void *out, detinit_error *error)
{
    double room[WIDENED]; /* for any type */
    if (type->weights && type->dtype == as)
        return detinit_tensor_read(file, tensor, block->first, block->count, out, error);
    for (size_t n = 0, part; n < block->count; n += part) {
        part = block->count - n < WIDENED ? block->count - n : WIDENED;
        detinit_status status =
            detinit_tensor_read(file, tensor, block->first + n, part, room, error);
        if (status != DETINIT_OK)
            return status;
        if (as == DETINIT_FLOAT32)
            widen_to_float32((const unsigned char *)room, part,
                             (unsigned char *)out + n * sizeof(float));
        else
            widen_to_float64(type, (const unsigned char *)room, part, (double *)out + n);
    }
    return DETINIT_OK;
}

static detinit_status get_sides(const void *context, sweep_block *block, unsigned char *initial,
                                unsigned char *trained, detinit_error *error)
{
    const comparison *c = context;
    const detinit_diff *d = c->diff;
    detinit_status status;
    block->initial = initial;
    block->trained = trained;
    if (c->widened) {
        status = read_widened(d->a, c->a, c->a_type, block, c->by.dtype, initial, error);
        if (status == DETINIT_OK)
            status = read_widened(d->b, c->b, c->b_type, block, c->by.dtype, trained, error);
    } else {
        status = detinit_tensor_read(d->a, c->a, block->first, block->count, initial, error);
        if (status == DETINIT_OK)
            status = detinit_tensor_read(d->b, c->b, block->first, block->count, trained, error);
    }
    return status;
}

/* ------------------------------------------------------------------- one piece */

/* One item after the other, with all that is unusual. */
static void take_slowly(const piece_comparison *by, const piece *p, group_difference *out)
{
    double a[CHANGE_PIECE], b[CHANGE_PIECE];
    const size_t item = detinit_dtype_size(by->dtype);
    detinit_decode(by->dtype, p->initial, p->count, a);
    detinit_decode(by->dtype, p->trained, p->count, b);
    for (size_t n = 0; n < p->count; n++) {
        const double delta = fabs(b[n] - a[n]);
        const bool same = memcmp(p->initial + n * item, p->trained + n * item, item) == 0;
        if (!(delta < INFINITY)) {
            out->figures.not_finite++;
            out->figures.changed += !same;
            continue;
        }
        out->figures.changed += delta > by->threshold;
        out->sums.deltas += delta;
        out->sums.delta_squares += delta * delta;
        out->sums.products += a[n] * b[n];
        out->sums.a_squares += a[n] * a[n];
        out->sums.b_squares += b[n] * b[n];
        piece_take_delta(delta, p->first + n, &out->figures);
    }
}

/* The sum of the squares of `count` weights with zeros behind them; infinite or none where these
 * are. */
static double sum_squares(const piece_comparison *by, const void *weights, size_t padded)
{
    change_sums sums;
    memset(sums.unchanged, 0, sizeof sums.unchanged);
    by->kernel->add_unchanged(by->dtype, weights, padded, &sums);
    return piece_sum_lanes(sums.unchanged, CHANGE_SQUARE_LANES);
}

/* A piece of which every bit is the same; false where take_slowly must look at it. */
static bool take_same(const piece_comparison *by, const piece *p, size_t padded,
                      group_difference *out)
{
    const double squares = sum_squares(by, p->initial, padded);
    if (!(squares < INFINITY))
        return false;
    out->figures.histogram[0] += p->count;
    out->sums.a_squares += squares;
    out->sums.b_squares += squares;
    out->sums.products += squares;
    return true;
}

/* A piece that is not all the same; false where take_slowly must look at it. */
static bool take_different(comparison *c, const piece *p, size_t padded, const change_piece *found,
                           const change_sums *sums, group_difference *out)
{
    double deltas[CHANGE_PIECE], powers[SURVEY_POWERS][SURVEY_LANES] = {{0}};
    const double b_squares = sum_squares(&c->by, p->trained, padded);
    if (found->most >> 20 > CHANGE_EXPONENT_MOST || !(b_squares < INFINITY))
        return false;
    c->by.kernel->differences(c->by.dtype, p->initial, p->trained, padded, deltas);
    c->survey->sum_powers(deltas, padded, 1, powers);
    piece_take(&c->by, p, padded, found, &out->figures);
    out->figures.changed += c->by.kernel->count_bits(found->changed, padded);
    out->sums.deltas += piece_sum_lanes(sums->deltas, CHANGE_LANES);
    out->sums.delta_squares += piece_sum_lanes(powers[1], SURVEY_LANES);
    out->sums.products += piece_sum_lanes(sums->products, CHANGE_LANES);
    out->sums.a_squares += piece_sum_lanes(sums->squares, CHANGE_LANES);
    out->sums.b_squares += b_squares;
    return true;
}

static void take_piece(comparison *c, const piece *p, group_difference *out)
{
    const size_t padded = piece_padded(p->count);
    const piece_comparison *by = &c->by;
    change_sums sums = {{0}, {0}, {0}, {0}};
    change_piece found;
    if (memcmp(p->initial, p->trained, p->count * c->item) == 0) {
        out->figures.unchanged += p->count;
        if (!take_same(by, p, padded, out))
            take_slowly(by, p, out);
        return;
    }
    by->kernel->compare(by->dtype, p->initial, p->trained, padded, by->threshold, &sums, &found);
    const size_t equal = found.equal - (padded - p->count);
    out->figures.unchanged += equal;
    if (equal < p->count && out->figures.first_difference == UINT64_MAX)
        out->figures.first_difference = piece_first_difference(by, p);
    if (!take_different(c, p, padded, &found, &sums, out))
        take_slowly(by, p, out);
}

/* -------------------------------------------------------------------- the pass */

static void visit_numbers(void *context, size_t group, const sweep_block *block)
{
    comparison *c = context;
    group_difference *out = &c->groups[group];
    for (size_t n = 0; n < block->count; n += CHANGE_PIECE) {
        const size_t left = block->count - n;
        piece p = {.first = block->first + n,
                   .count = left < CHANGE_PIECE ? left : CHANGE_PIECE,
                   .initial = block->initial + n * c->item,
                   .trained = block->trained + n * c->item};
        if (p.count % CHANGE_STEP == 0) {
            take_piece(c, &p, out);
        } else {
            double initial[CHANGE_PIECE] = {0}, trained[CHANGE_PIECE] = {0};
            p = piece_with_zeros(&p, c->by.dtype, initial, trained);
            take_piece(c, &p, out);
        }
    }
    change_rank_take(&c->rank, block->first, block->count, c->by.dtype, block->initial,
                     block->trained);
}

static void visit_items(void *context, size_t group, const sweep_block *block)
{
    comparison *c = context;
    piece_figures *out = &c->groups[group].figures;
    if (memcmp(block->initial, block->trained, block->count * c->item) == 0) {
        out->unchanged += block->count;
        return;
    }
    for (size_t n = 0; n < block->count; n++) {
        const bool same =
            memcmp(block->initial + n * c->item, block->trained + n * c->item, c->item) == 0;
        out->unchanged += same;
        out->changed += !same;
        if (!same && out->first_difference == UINT64_MAX)
            out->first_difference = block->first + n;
    }
}

/* -------------------------------------------------------------------- figures */

static double relative_of(double norm_delta, double norm_a)
{
    return norm_delta > 0 ? norm_delta / norm_a : 0;
}

static double cosine_of(double product, double norm_a, double norm_b)
{
    return fmax(-1, fmin(1, product / norm_a / norm_b));
}

/* Rounding may leave a little more than 1; what is none stays none. */
static void finish_norms(detinit_difference *d)
{
    const bool any = d->norm_a > 0 && d->norm_b > 0 && isfinite(d->product);
    d->relative_norm = relative_of(d->norm_delta, d->norm_a);
    d->cosine = any ? cosine_of(d->product, d->norm_a, d->norm_b) : NAN;
}

static void join(const comparison *c, size_t count, detinit_difference *out)
{
    piece_figures all = {.first_difference = UINT64_MAX};
    difference_sums sums = {0};
    for (size_t n = 0; n < count; n++) {
        const difference_sums *own = &c->groups[n].sums;
        piece_join(&all, &c->groups[n].figures);
        sums.deltas += own->deltas;
        sums.delta_squares += own->delta_squares;
        sums.products += own->products;
        sums.a_squares += own->a_squares;
        sums.b_squares += own->b_squares;
    }
    const uint64_t finite = out->total_items - all.not_finite;
    out->changed_items = all.changed;
    out->exactly_unchanged = all.unchanged;
    out->not_finite = all.not_finite;
    out->max_delta = all.max_delta;
    out->max_position = all.max_position;
    if (all.first_difference != UINT64_MAX)
        out->first_difference = all.first_difference;
    out->mean_delta = finite > 0 ? sums.deltas / (double)finite : 0;
    out->norm_a = sqrt(sums.a_squares);
    out->norm_b = sqrt(sums.b_squares);
    out->norm_delta = sqrt(sums.delta_squares);
    out->product = sums.products;
    finish_norms(out);
    memcpy(out->histogram, all.histogram, sizeof all.histogram);
    if (out->kind == DETINIT_DIFF_CHANGED && all.unchanged == out->total_items)
        out->kind = DETINIT_DIFF_UNCHANGED;
}

static detinit_status compare(comparison *c, const detinit_run *run, detinit_difference *out,
                              detinit_error *error)
{
    const sweep_sides sides = {
        .count = c->a->count, .item = c->item, .get = get_sides, .context = c};
    const size_t groups = sweep_groups(sides.count);
    c->groups = calloc(groups + 1, sizeof *c->groups);
    if (c->groups == NULL || (c->numeric && !change_rank_begin(&c->rank, c->a)))
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory to compare tensors");
    for (size_t n = 0; n < groups; n++)
        c->groups[n].figures.first_difference = UINT64_MAX;
    detinit_status status =
        sweep_sides_run(&sides, run, c->numeric ? visit_numbers : visit_items, c, error);
    tensorfile_rest(c->diff->a);
    tensorfile_rest(c->diff->b);
    if (status != DETINIT_OK)
        return status;
    join(c, groups, out);
    out->rank_sampled = change_rank_sampled(&c->rank);
    if (!change_rank_finish(&c->rank, &out->effective_rank))
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for the rank of a change");
    return DETINIT_OK;
}

/* The type in which two others are compared, exactly: float32 is enough for some. */
static detinit_dtype common_type(const tensor_type *a, const tensor_type *b)
{
    const tensor_type *const wide = tensor_type_of_dtype(DETINIT_FLOAT32);
    const tensor_type *const narrow = tensor_type_of_dtype(DETINIT_BFLOAT16);
    if (a == b && a->coding == CODING_WEIGHT)
        return a->dtype;
    return (a == wide && b == narrow) || (a == narrow && b == wide) ? DETINIT_FLOAT32
                                                                    : DETINIT_FLOAT64;
}

/* How the items of a pair are compared; false: not at all. */
static bool choose(const detinit_diff *diff, const detinit_diff_pair *pair, double threshold,
                   const detinit_run *run, comparison *out)
{
    if (pair->kind != DETINIT_DIFF_CHANGED && pair->kind != DETINIT_DIFF_RETYPED)
        return false;
    const tensor_type *a = tensor_type_anywhere(pair->a->type);
    const tensor_type *b = tensor_type_anywhere(pair->b->type);
    const bool numeric = is_number(a) && is_number(b);
    const detinit_dtype as = numeric ? common_type(a, b) : DETINIT_FLOAT64;
    *out = (comparison){
        .diff = diff,
        .a = pair->a,
        .b = pair->b,
        .a_type = a,
        .b_type = b,
        .numeric = numeric,
        .widened = numeric && (a != b || a->coding != CODING_WEIGHT),
        .item = numeric ? detinit_dtype_size(as) : (size_t)pair->a->item_bytes,
        .by = {.kernel = kernels_for(run)->change, .dtype = as, .threshold = threshold},
        .survey = kernels_for(run)->survey};
    return numeric || a == b;
}

detinit_status detinit_diff_tensor(const detinit_diff *diff, size_t index, double threshold,
                                   const detinit_run *run, detinit_difference *out,
                                   detinit_error *error)
{
    comparison c;
    detinit_status status = tracked_check_threshold(threshold, error);
    if (status == DETINIT_OK && index >= diff->count)
        status = error_set(error, DETINIT_INVALID, "pair %zu was asked for; there are %zu", index,
                           diff->count);
    if (status != DETINIT_OK)
        return status;
    const detinit_diff_pair *pair = &diff->pairs[index];
    detinit_difference d = {.kind = pair->kind, .threshold = threshold};
    if (choose(diff, pair, threshold, run, &c)) {
        d.compared = true;
        d.numeric = c.numeric;
        d.total_items = d.first_difference = pair->a->count;
        status = compare(&c, run, &d, error);
        change_rank_free(&c.rank);
        free(c.groups);
    }
    if (status == DETINIT_OK)
        *out = d;
    return status;
}

static void add_figures(detinit_difference *total, const detinit_difference *one)
{
    const double finite = (double)(total->total_items - total->not_finite);
    const double more = (double)(one->total_items - one->not_finite);
    if (finite + more > 0)
        total->mean_delta += (one->mean_delta - total->mean_delta) * (more / (finite + more));
    total->max_delta = fmax(total->max_delta, one->max_delta);
    total->norm_a = hypot(total->norm_a, one->norm_a);
    total->norm_b = hypot(total->norm_b, one->norm_b);
    total->norm_delta = hypot(total->norm_delta, one->norm_delta);
    total->product += one->product;
    total->total_items += one->total_items;
    total->changed_items += one->changed_items;
    total->exactly_unchanged += one->exactly_unchanged;
    total->not_finite += one->not_finite;
    finish_norms(total);
    for (size_t bin = 0; bin < DETINIT_CHANGE_BINS; bin++)
        total->histogram[bin] += one->histogram[bin];
}

void detinit_difference_add(detinit_difference *total, const detinit_difference *one)
{
    total->threshold = one->threshold;
    if (one->kind != DETINIT_DIFF_UNCHANGED)
        total->kind = DETINIT_DIFF_CHANGED;
    total->compared |= one->compared;
    if (one->numeric) {
        total->numeric = true;
        add_figures(total, one);
    }
}
