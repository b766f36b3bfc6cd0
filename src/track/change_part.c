/* What blocks of a tensor have changed, gathered until they are the whole. */
#include "track/change.h"

#include "base/error.h"
#include "base/shape.h"

#include <stdlib.h>
#include <string.h>

/* Begins what is written of a part: "changes1" as it lies in memory. */
#define MAGIC UINT64_C(0x3173656772616863)

/* Numbers that are written as they are. */
typedef struct part_figures {
    uint64_t magic;
    double threshold;
    uint64_t weights, changed, unchanged, not_finite;
    double max_delta;
    uint64_t max_position, first_difference; /* UINT64_MAX: there is none */
    double deltas, products, squares;
    uint64_t histogram[DETINIT_CHANGE_BINS];
} part_figures;

struct detinit_change_part {
    detinit_recipe recipe; /* its shape and layout are used, nothing that it points to */
    part_figures figures;
    size_t view_count;
    uint64_t rows[CHANGE_VIEWS], cols[CHANGE_VIEWS];
    uint64_t words;  /* of all marks */
    uint64_t *marks; /* of the rows of each view, then of its columns: a bit for each awake one */
};

/* ------------------------------------------------------------ from first to last */

static uint64_t *row_marks(const detinit_change_part *p, size_t view)
{
    uint64_t *at = p->marks;
    for (size_t v = 0; v < view; v++)
        at += awake_words(p->rows[v]) + awake_words(p->cols[v]);
    return at;
}

static uint64_t *column_marks(const detinit_change_part *p, size_t view)
{
    return row_marks(p, view) + awake_words(p->rows[view]);
}

detinit_status detinit_change_part_new(const detinit_recipe *recipe, double threshold,
                                       detinit_change_part **out, detinit_error *error)
{
    uint64_t count;
    detinit_status status = tracked_check_threshold(threshold, error);
    if (status == DETINIT_OK)
        status = detinit_recipe_check(recipe, error);
    if (status == DETINIT_OK && !detinit_recipe_count(recipe, &count))
        status = error_set(error, DETINIT_INVALID,
                           "a tensor of at most 2^64 - 1 weights was "
                           "expected");
    if (status != DETINIT_OK)
        return status;
    detinit_change_part *p = calloc(1, sizeof *p);
    if (p != NULL) {
        p->recipe = *recipe;
        p->recipe.parts = NULL;
        p->recipe.part_count = 0;
        p->figures = (part_figures){.magic = MAGIC,
                                    .threshold = threshold,
                                    .max_position = UINT64_MAX,
                                    .first_difference = UINT64_MAX};
        p->view_count = change_views(recipe, recipe->shape, p->rows, p->cols);
        for (size_t v = 0; v < p->view_count; v++)
            p->words += awake_words(p->rows[v]) + awake_words(p->cols[v]);
        p->marks = p->words <= SIZE_MAX / sizeof *p->marks
                       ? calloc((size_t)p->words, sizeof *p->marks)
                       : NULL;
    }
    if (p == NULL || p->marks == NULL) {
        detinit_change_part_free(p);
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for the units of a tensor");
    }
    *out = p;
    return DETINIT_OK;
}

void detinit_change_part_free(detinit_change_part *part)
{
    if (part != NULL)
        free(part->marks);
    free(part);
}

/* --------------------------------------------------------------------- adding */

/* Takes the largest change and the first difference of both, wherever they come from. */
static void join_places(part_figures *to, const part_figures *from)
{
    if (from->max_delta > to->max_delta ||
        (from->max_delta == to->max_delta && from->max_position < to->max_position)) {
        to->max_delta = from->max_delta;
        to->max_position = from->max_position;
    }
    if (from->first_difference < to->first_difference)
        to->first_difference = from->first_difference;
}

static void join_figures(part_figures *to, const part_figures *from)
{
    to->weights += from->weights;
    to->changed += from->changed;
    to->unchanged += from->unchanged;
    to->not_finite += from->not_finite;
    to->deltas += from->deltas;
    to->products += from->products;
    to->squares += from->squares;
    for (size_t bin = 0; bin < DETINIT_CHANGE_BINS; bin++)
        to->histogram[bin] += from->histogram[bin];
    join_places(to, from);
}

/* The number in the whole tensor of a block's weight, both in row-major order. */
static uint64_t number_in_whole(const detinit_tracked *t, uint64_t n)
{
    uint64_t number = 0, pitch = 1;
    for (size_t d = t->recipe.rank; d-- > 0; n /= t->shape[d]) {
        number += (t->offsets[d] + n % t->shape[d]) * pitch;
        pitch *= t->recipe.shape[d];
    }
    return number;
}

/*
 * Marks in the whole what is marked in a block.  Line n of the block holds its weight n * step,
 * which in the whole lies in the line of that number / `divisor` % `lines`.
 */
static void join_lines(const detinit_tracked *t, const awake_lines *from, uint64_t step,
                       uint64_t divisor, uint64_t lines, uint64_t *to)
{
    for (uint64_t word = 0; word < awake_words(from->count); word++) {
        for (uint64_t bits = atomic_load(&from->marks[word]); bits != 0; bits &= bits - 1) {
            const uint64_t n = 64 * word + (uint64_t)__builtin_ctzll(bits);
            const uint64_t line = number_in_whole(t, n * step) / divisor % lines;
            to[line / 64] |= (uint64_t)1 << line % 64;
        }
    }
}

static void join_block(detinit_change_part *p, const detinit_tracked *t, const compared *found)
{
    const detinit_change *c = &found->change;
    part_figures f = {.weights = c->total_weights,
                      .changed = c->changed_weights,
                      .unchanged = c->exactly_unchanged,
                      .not_finite = c->not_finite,
                      .max_delta = c->max_delta,
                      .max_position = UINT64_MAX,
                      .first_difference = UINT64_MAX,
                      .deltas = found->deltas,
                      .products = found->products,
                      .squares = found->squares};
    if (c->max_delta > 0)
        f.max_position = number_in_whole(t, c->max_position);
    if (c->first_difference < c->total_weights)
        f.first_difference = number_in_whole(t, c->first_difference);
    memcpy(f.histogram, c->histogram, sizeof f.histogram);
    join_figures(&p->figures, &f);
    for (size_t v = 0; v < p->view_count && c->total_weights > 0; v++) {
        /* A block may be narrow where the whole is not: then both its views are one. */
        const size_t own = v < found->view_count ? v : 0;
        join_lines(t, &found->rows[own], found->columns[own].count, p->cols[v], p->rows[v],
                   row_marks(p, v));
        join_lines(t, &found->columns[own], 1, 1, p->cols[v], column_marks(p, v));
    }
}

detinit_status detinit_change_part_add(detinit_change_part *part, const detinit_tracked *tracked,
                                       const detinit_run *run, detinit_error *error)
{
    const detinit_recipe *whole = &part->recipe, *of = &tracked->recipe;
    compared found = {.marks_rows = true};
    if (of->fan_in != whole->fan_in || !shape_same(of->rank, of->shape, whole->rank, whole->shape))
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' is no block of the tensor whose changes are gathered",
                         tracked_shown(tracked));
    detinit_status status = change_compare(tracked, part->figures.threshold, run, &found, error);
    if (status == DETINIT_OK)
        join_block(part, tracked, &found);
    compared_free(&found);
    return status;
}

detinit_status detinit_change_part_merge(detinit_change_part *part,
                                         const detinit_change_part *other, detinit_error *error)
{
    if (part->recipe.fan_in != other->recipe.fan_in ||
        !shape_same(part->recipe.rank, part->recipe.shape, other->recipe.rank,
                    other->recipe.shape) ||
        part->figures.threshold != other->figures.threshold)
        return error_set(error, DETINIT_INVALID,
                         "parts of the same tensor at the same threshold were expected");
    join_figures(&part->figures, &other->figures);
    for (uint64_t n = 0; n < part->words; n++)
        part->marks[n] |= other->marks[n];
    return DETINIT_OK;
}

/* --------------------------------------------------------------------- as bytes */

size_t detinit_change_part_size(const detinit_change_part *part)
{
    return sizeof part->figures + (size_t)part->words * sizeof *part->marks;
}

void detinit_change_part_write(const detinit_change_part *part, void *out)
{
    unsigned char *to = out;
    memcpy(to, &part->figures, sizeof part->figures);
    memcpy(to + sizeof part->figures, part->marks, (size_t)part->words * sizeof *part->marks);
}

/* Whether bits are set in `words` words beyond so many lines. */
static bool marks_beyond(const uint64_t *marks, uint64_t lines)
{
    return marks[lines / 64] >> lines % 64 != 0;
}

static const char *mistake_of(const detinit_change_part *p)
{
    const part_figures *f = &p->figures;
    uint64_t count = 0;
    detinit_recipe_count(&p->recipe, &count);
    if (f->magic != MAGIC || !(f->threshold >= 0 && f->threshold < INFINITY))
        return "it does not begin as one";
    if (f->weights > count || f->changed > f->weights || f->unchanged > f->weights ||
        f->not_finite > f->weights || !(f->max_delta >= 0 && f->max_delta < INFINITY))
        return "its counts contradict one another";
    for (size_t v = 0; v < p->view_count; v++)
        if (marks_beyond(row_marks(p, v), p->rows[v]) ||
            marks_beyond(column_marks(p, v), p->cols[v]))
            return "it marks units that the tensor does not have";
    return NULL;
}

detinit_status detinit_change_part_read(const detinit_recipe *recipe, const void *data, size_t size,
                                        detinit_change_part **out, detinit_error *error)
{
    detinit_change_part *p;
    detinit_status status = detinit_change_part_new(recipe, 0, &p, error);
    const unsigned char *from = data;
    const char *mistake = "it has another size";
    if (status != DETINIT_OK)
        return status;
    if (size == detinit_change_part_size(p)) {
        memcpy(&p->figures, from, sizeof p->figures);
        memcpy(p->marks, from + sizeof p->figures, (size_t)p->words * sizeof *p->marks);
        mistake = mistake_of(p);
    }
    if (mistake != NULL) {
        detinit_change_part_free(p);
        return error_set(error, DETINIT_INVALID, "these bytes are no part of this tensor: %s",
                         mistake);
    }
    *out = p;
    return DETINIT_OK;
}

/* ---------------------------------------------------------------------- result */

static uint64_t count_dead(const uint64_t *marks, uint64_t lines)
{
    uint64_t awake = 0;
    for (uint64_t n = 0; n < awake_words(lines); n++)
        awake += (uint64_t)__builtin_popcountll(marks[n]);
    return lines - awake;
}

detinit_status detinit_change_part_finish(const detinit_change_part *part, detinit_change *out,
                                          detinit_error *error)
{
    const part_figures *f = &part->figures;
    uint64_t count = 0, rows[CHANGE_VIEWS], cols[CHANGE_VIEWS];
    detinit_recipe_count(&part->recipe, &count);
    if (f->weights != count)
        return error_set(error, DETINIT_INVALID,
                         "%llu of the tensor's %llu weights were compared; each once was expected",
                         (unsigned long long)f->weights, (unsigned long long)count);
    compared whole = {.layer = tracked_layer_of(&part->recipe, part->recipe.shape),
                      .view_count = part->view_count};
    detinit_change *c = &whole.change;
    *c = (detinit_change){.threshold = f->threshold,
                          .total_weights = count,
                          .changed_weights = f->changed,
                          .exactly_unchanged = f->unchanged,
                          .not_finite = f->not_finite,
                          .max_delta = f->max_delta,
                          .max_position = f->max_delta > 0 ? f->max_position : 0,
                          .first_difference =
                              f->first_difference < count ? f->first_difference : count,
                          .units = whole.layer.units,
                          .inputs = whole.layer.inputs};
    memcpy(c->histogram, f->histogram, sizeof c->histogram);
    change_finish(c, f->deltas, f->products, f->squares);
    for (size_t v = 0; v < part->view_count; v++) {
        rows[v] = count_dead(row_marks(part, v), part->rows[v]);
        cols[v] = count_dead(column_marks(part, v), part->cols[v]);
    }
    change_dead(&whole, rows, cols);
    *out = *c;
    return DETINIT_OK;
}
