/* What changed in a tensor: one pass over it beside its initial weights. */
#include "number/address.h"
#include "detinit_track.h"
#include "kernel/kernels.h"
#include "base/error.h"
#include "matrix/matrix.h"
#include "base/progress.h"
#include "matrix/sample.h"
#include "track/change.h"
#include "track/piece.h"
#include "track/source.h"
#include "track/sweep.h"
#include "track/tracked.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the blocks of one group add up to. */
typedef struct group_change {
    double deltas, products, squares; /* sums of |w - w0|, w w0 and w0^2 */
    piece_figures figures;
    awake_rows rows[CHANGE_VIEWS];
} group_change;

typedef struct change_context {
    piece_comparison by;
    compared *found;
    group_change *groups;
} change_context;

/* As compare_piece, one weight after the other, with all that is unusual. */
static void compare_slowly(const piece_comparison *by, const piece *p, change_sums *sums,
                           change_piece *found, piece_figures *out)
{
    double w0[CHANGE_PIECE], w[CHANGE_PIECE];
    detinit_decode(by->dtype, p->initial, p->count, w0);
    detinit_decode(by->dtype, p->trained, p->count, w);
    memset(found->changed, 0, sizeof found->changed);
    for (size_t n = 0; n < p->count; n++) {
        const double delta = tracked_delta(w[n], w0[n]);
        found->changed[n / 8] |= (uint8_t)((delta > by->threshold) << n % 8);
        if (!(delta < INFINITY)) {
            out->not_finite++;
            continue;
        }
        sums->deltas[n % CHANGE_LANES] += delta;
        if (fabs(w[n]) < INFINITY) { /* w0 then, too */
            sums->products[n % CHANGE_LANES] += w[n] * w0[n];
            sums->squares[n % CHANGE_LANES] += w0[n] * w0[n];
        }
        piece_take_delta(delta, p->first + n, out);
    }
}

/* Rows and columns that are awake in a piece. */
static void mark_awake(const change_context *c, const piece *p, const uint8_t *changed,
                       size_t awake, group_change *out)
{
    compared *found = c->found;
    for (size_t v = 0; v < found->view_count; v++)
        awake_take(&found->columns[v], found->marks_rows ? &found->rows[v] : NULL, &out->rows[v],
                   p->first, p->count, changed, awake);
}

/* A piece whose bits are all as they were drawn; false where compare_piece must look at it. */
static bool take_unchanged(change_context *c, const piece *p, size_t padded, change_sums *sums,
                           group_change *out)
{
    change_sums after = *sums;
    c->by.kernel->add_unchanged(c->by.dtype, p->initial, padded, &after);
    /* some are infinite */
    if (!(piece_sum_lanes(after.unchanged, CHANGE_SQUARE_LANES) < INFINITY))
        return false;
    *sums = after;
    out->figures.histogram[0] += p->count;
    out->figures.unchanged += p->count;
    mark_awake(c, p, NULL, 0, out);
    return true;
}

/* Compares a piece to which zeros were added, up to `padded`. */
static void compare_piece(change_context *c, const piece *p, size_t padded, change_sums *sums,
                          group_change *out)
{
    change_piece found;
    const change_sums before = *sums;
    const change_kernel *kernel = c->by.kernel;
    piece_figures *figures = &out->figures;
    kernel->compare(c->by.dtype, p->initial, p->trained, padded, c->by.threshold, sums, &found);
    const size_t equal = found.equal - (padded - p->count);
    figures->unchanged += equal;
    if (equal < p->count && figures->first_difference == UINT64_MAX)
        figures->first_difference = piece_first_difference(&c->by, p);
    if (found.most >> 20 <= CHANGE_EXPONENT_MOST) {
        piece_take(&c->by, p, padded, &found, figures);
    } else {
        *sums = before;
        compare_slowly(&c->by, p, sums, &found, figures);
    }
    const size_t awake = kernel->count_bits(found.changed, padded);
    figures->changed += awake;
    mark_awake(c, p, found.changed, awake, out);
}

static void take_piece(change_context *c, const piece *p, change_sums *sums, group_change *out)
{
    const size_t padded = piece_padded(p->count),
                 bytes = p->count * detinit_dtype_size(c->by.dtype);
    const bool equal = memcmp(p->initial, p->trained, bytes) == 0;
    if (!equal || !take_unchanged(c, p, padded, sums, out))
        compare_piece(c, p, padded, sums, out);
}

/* ------------------------------------------------------------------ the pass */

/* The last piece goes on with zeros to a whole number of steps. */
static void compare_last(change_context *c, const piece *p, change_sums *sums, group_change *out)
{
    double initial[CHANGE_PIECE] = {0}, trained[CHANGE_PIECE] = {0};
    const piece padded = piece_with_zeros(p, c->by.dtype, initial, trained);
    take_piece(c, &padded, sums, out);
}

static void visit_change(void *context, size_t group, const sweep_block *block)
{
    change_context *c = context;
    group_change *out = &c->groups[group];
    const size_t item = detinit_dtype_size(c->by.dtype);
    change_sums sums = {{0}, {0}, {0}, {0}};
    for (size_t n = 0; n < block->count; n += CHANGE_PIECE) {
        const size_t left = block->count - n;
        const piece p = {.first = block->first + n,
                         .count = left < CHANGE_PIECE ? left : CHANGE_PIECE,
                         .initial = block->initial + n * item,
                         .trained = block->trained + n * item};
        if (p.count % CHANGE_STEP == 0)
            take_piece(c, &p, &sums, out);
        else
            compare_last(c, &p, &sums, out);
    }
    const double unchanged = piece_sum_lanes(sums.unchanged, CHANGE_SQUARE_LANES);
    out->deltas += piece_sum_lanes(sums.deltas, CHANGE_LANES);
    out->products += piece_sum_lanes(sums.products, CHANGE_LANES) + unchanged;
    out->squares += piece_sum_lanes(sums.squares, CHANGE_LANES) + unchanged;
}

/* Adds up the groups. */
static void join(const change_context *c, size_t count, compared *found)
{
    detinit_change *change = &found->change;
    piece_figures all = {.first_difference = UINT64_MAX};
    uint64_t dead_rows[CHANGE_VIEWS] = {0}, dead_cols[CHANGE_VIEWS];
    bool awake[CHANGE_VIEWS] = {false};
    for (size_t n = 0; n < count; n++) {
        const group_change *group = &c->groups[n];
        found->deltas += group->deltas;
        found->products += group->products;
        found->squares += group->squares;
        piece_join(&all, &group->figures);
        for (size_t v = 0; v < found->view_count; v++)
            dead_rows[v] += awake_join(&awake[v], &group->rows[v]);
    }
    change->changed_weights = all.changed;
    change->exactly_unchanged = all.unchanged;
    change->not_finite = all.not_finite;
    change->max_delta = all.max_delta;
    change->max_position = all.max_position;
    if (all.first_difference != UINT64_MAX)
        change->first_difference = all.first_difference;
    memcpy(change->histogram, all.histogram, sizeof all.histogram);
    for (size_t v = 0; v < found->view_count; v++)
        dead_cols[v] = found->columns[v].count - atomic_load(&found->columns[v].awake);
    change_dead(found, dead_rows, dead_cols);
}

void change_dead(compared *found, const uint64_t *rows, const uint64_t *cols)
{
    const size_t last = found->view_count - 1;
    detinit_change *change = &found->change;
    if (change->total_weights == 0)
        return;
    change->dead_rows = rows[0];
    change->dead_cols = cols[0];
    change->dead_units = found->layer.unit_columns ? cols[last] : rows[last];
    change->dead_inputs = found->layer.unit_columns ? rows[last] : cols[last];
}

void change_finish(detinit_change *change, double deltas, double products, double squares)
{
    const uint64_t finite = change->total_weights - change->not_finite;
    change->sleeping_weights = change->total_weights - change->changed_weights;
    change->mean_delta = finite > 0 ? deltas / (double)finite : 0;
    change->decay = squares > 0 ? products / squares : 1;
}

size_t change_views(const detinit_recipe *recipe, const uint64_t *shape,
                    uint64_t rows[CHANGE_VIEWS], uint64_t cols[CHANGE_VIEWS])
{
    const tracked_layer layer = tracked_layer_of(recipe, shape);
    rows[0] = 1;
    for (size_t d = 0; d + 1 < recipe->rank; d++)
        rows[0] *= shape[d];
    cols[0] = recipe->rank > 0 ? shape[recipe->rank - 1] : 1;
    rows[1] = layer.unit_columns ? layer.inputs : layer.units;
    cols[1] = layer.unit_columns ? layer.units : layer.inputs;
    return cols[0] == cols[1] ? 1 : 2;
}

static bool make_room(change_context *c, const detinit_tracked *tracked, compared *found,
                      size_t groups)
{
    uint64_t rows[CHANGE_VIEWS], cols[CHANGE_VIEWS];
    found->view_count = change_views(&tracked->recipe, tracked->shape, rows, cols);
    c->groups = calloc(groups + 1, sizeof *c->groups);
    if (c->groups == NULL)
        return false;
    for (size_t n = 0; n < groups; n++)
        c->groups[n].figures.first_difference = UINT64_MAX;
    for (size_t v = 0; v < found->view_count; v++)
        if (!awake_lines_init(&found->columns[v], cols[v]) ||
            (found->marks_rows && !awake_lines_init(&found->rows[v], rows[v])))
            return false;
    return true;
}

detinit_status change_compare(const detinit_tracked *tracked, double threshold,
                              const detinit_run *run, compared *found, detinit_error *error)
{
    const size_t groups = sweep_groups(tracked->count);
    change_context c = {
        .by = {.kernel = kernels_for(run)->change, .dtype = tracked->dtype, .threshold = threshold},
        .found = found};
    found->layer = tracked_layer_of(&tracked->recipe, tracked->shape);
    found->change = (detinit_change){.threshold = threshold,
                                     .total_weights = tracked->count,
                                     .first_difference = tracked->count,
                                     .units = found->layer.units,
                                     .inputs = found->layer.inputs};
    detinit_status status =
        make_room(&c, tracked, found, groups)
            ? sweep_run(tracked, run, visit_change, &c, error)
            : error_set(error, DETINIT_NO_MEMORY, "not enough memory to compare weights");
    if (status == DETINIT_OK)
        join(&c, groups, found);
    free(c.groups);
    return status;
}

void compared_free(compared *found)
{
    for (size_t v = 0; v < CHANGE_VIEWS; v++) {
        awake_lines_free(&found->columns[v]);
        awake_lines_free(&found->rows[v]);
    }
}

/* -------------------------------------------------------- the second pass */

typedef struct decay_context {
    detinit_dtype dtype;
    double threshold, decay;
    atomic_uint_fast64_t sleeping;
} decay_context;

/* How many of `count` weights, at most CHANGE_PIECE, lie within the threshold of c w0. */
static size_t count_decayed(const decay_context *c, const void *initial, const void *trained,
                            size_t count)
{
    double w0[CHANGE_PIECE], w[CHANGE_PIECE];
    size_t near = 0;
    detinit_decode(c->dtype, initial, count, w0);
    detinit_decode(c->dtype, trained, count, w);
    for (size_t n = 0; n < count; n++)
        near += fabs(w[n] - c->decay * w0[n]) <= c->threshold;
    return near;
}

static void visit_decay(void *context, size_t group, const sweep_block *block)
{
    decay_context *c = context;
    const size_t item = detinit_dtype_size(c->dtype);
    size_t near = 0;
    (void)group;
    for (size_t n = 0; n < block->count; n += CHANGE_PIECE)
        near += count_decayed(c, block->initial + n * item, block->trained + n * item,
                              block->count - n < CHANGE_PIECE ? block->count - n : CHANGE_PIECE);
    atomic_fetch_add(&c->sleeping, near);
}

detinit_status detinit_tracked_decay(const detinit_tracked *tracked, double threshold, double decay,
                                     const detinit_run *run, uint64_t *sleeping,
                                     detinit_error *error)
{
    decay_context c = {.dtype = tracked->dtype, .threshold = threshold, .decay = decay};
    detinit_status status = tracked_check_threshold(threshold, error);
    if (status == DETINIT_OK)
        status = sweep_run(tracked, run, visit_decay, &c, error);
    if (status == DETINIT_OK)
        *sleeping = atomic_load(&c.sleeping);
    return status;
}

/* The sample is small: one thread reads it. */
static detinit_status sample_decay(const detinit_tracked *tracked, const detinit_run *run,
                                   detinit_change *change, detinit_error *error)
{
    detinit_recipe shape = tracked->recipe;
    memcpy(shape.shape, tracked->shape, sizeof shape.shape);
    const struct sample sample = sample_of(&shape);
    const size_t count = sample.rows * sample.cols;
    decay_context c = {
        .dtype = tracked->dtype, .threshold = change->threshold, .decay = change->decay};
    double initial[CHANGE_PIECE], trained[CHANGE_PIECE]; /* room for any type */
    detinit_matrix *matrix;
    detinit_status status = detinit_matrix_new(&tracked->recipe, run, &matrix, error);
    if (status != DETINIT_OK)
        return status;
    const source from = source_of(tracked, matrix, run);
    for (uint64_t k = 0; k < sample.stretches && status == DETINIT_OK; k++) {
        uint64_t row, col;
        sample_place(&sample, k, &row, &col);
        const uint64_t first = row * sample.matrix_cols + col;
        status = source_read(&from, first, count, trained, error);
        if (status != DETINIT_OK)
            break;
        source_make(&from, first, count, initial);
        change->decay_sleeping += count_decayed(&c, initial, trained, count);
        change->decay_counted += count;
    }
    detinit_matrix_free(matrix);
    return status;
}

static detinit_status compare_all(const detinit_tracked *tracked, double threshold,
                                  detinit_decay decay, const detinit_run *run, compared *found,
                                  detinit_error *error)
{
    detinit_change *change = &found->change;
    const uint64_t total = tracked->count;
    const bool sampled = decay == DETINIT_DECAY_SAMPLED && total > DETINIT_SAMPLE_ABOVE;
    const uint64_t second = decay == DETINIT_DECAY_NOT || sampled ? 0 : total;
    shared_progress progress = {.run = run, .total = total + second};
    detinit_run part = progress_share(&progress, total);
    detinit_status status = change_compare(tracked, threshold, &part, found, error);
    if (status != DETINIT_OK)
        return status;
    change_finish(change, found->deltas, found->products, found->squares);
    part = progress_share(&progress, second);
    if (decay == DETINIT_DECAY_NOT)
        return status;
    if (sampled)
        return sample_decay(tracked, &part, change, error);
    change->decay_counted = total;
    return detinit_tracked_decay(tracked, threshold, change->decay, &part, &change->decay_sleeping,
                                 error);
}

detinit_status detinit_tracked_change(const detinit_tracked *tracked, double threshold,
                                      detinit_decay decay, const detinit_run *run,
                                      detinit_change *out, detinit_error *error)
{
    compared found = {0};
    detinit_status status = tracked_check_threshold(threshold, error);
    if (status == DETINIT_OK)
        status = compare_all(tracked, threshold, decay, run, &found, error);
    compared_free(&found);
    if (status == DETINIT_OK)
        *out = found.change;
    return status;
}
