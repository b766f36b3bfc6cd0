#include "verb/report.h"

#include "base/error.h"
#include "detinit_describe.h"
#include "option/figure_text.h"
#include "option/option.h"
#include "option/place.h"
#include "option/recipe_text.h"
#include "text/one_line.h"
#include "verb/report_value.h"
#include "verb/verb.h"

#include <math.h>
#include <stdlib.h>

/* The largest integer that every JSON reader holds exactly. */
#define EXACT_INTEGER ((uint64_t)1 << 53)

json_t *report_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *report_whole(uint64_t value)
{
    if (value <= EXACT_INTEGER)
        return json_integer((json_int_t)value);
    return json_sprintf("%llu", (unsigned long long)value);
}

static json_t *hex(uint64_t key)
{
    return json_sprintf("%016llx", (unsigned long long)key);
}

json_t *report_list(const uint64_t *numbers, size_t count)
{
    json_t *all = json_array();
    for (size_t n = 0; n < count; n++)
        json_array_append_new(all, report_whole(numbers[n]));
    return all;
}

static json_t *shape_of(const detinit_recipe *recipe)
{
    return report_list(recipe->shape, recipe->rank);
}

/* The value of an option of the recipe; what is not stated is "default" or "none". */
static json_t *value_of(const settings *s, const option *which)
{
    const void *field = (const char *)s + which->offset;
    char text[128];
    switch (which->kind) {
    case OPTION_SWITCH:
        return json_boolean(*(const bool *)field);
    case OPTION_DIMENSIONS:
        return shape_of(&s->recipe);
    case OPTION_WHOLE:
    case OPTION_WHOLE_OR_NAME:
        return report_whole(*(const uint64_t *)field);
    case OPTION_REAL:
    case OPTION_NUMBER:
    case OPTION_SHARE:
    case OPTION_PORTION:
        return report_real(*(const double *)field);
    case OPTION_PAIR:
        if (s->recipe.fans[0] > 0)
            return report_list(s->recipe.fans, 2);
        break;
    case OPTION_ROW:
        if (s->recipe.has_zero_row)
            return report_whole(s->recipe.zero_row);
        break;
    default:
        break;
    }
    return json_string(option_text(s, which, text, sizeof text));
}

json_t *report_recipe(const settings *s, const verb *v)
{
    json_t *recipe = json_object();
    for (int n = 0; n < OPTION_COUNT; n++) {
        const option *which = &options[n];
        const bool side = n == OPTION_ROWS || n == OPTION_COLS;
        if ((which->uses & OPTION_IN_RECIPE) == 0 || !verb_takes(v, which) ||
            (side && s->recipe.rank != 2))
            continue;
        json_object_set_new(recipe, which->name, value_of(s, which));
    }
    json_object_set_new(recipe, "dist",
                        json_string(detinit_dist_name(detinit_recipe_dist(&s->recipe))));
    return recipe;
}

/* The indices of the weight at (row, col). */
static json_t *place(const detinit_recipe *recipe, uint64_t row, uint64_t col)
{
    uint64_t index[DETINIT_MAX_RANK];
    return report_list(index, place_indices(recipe, row, col, index));
}

nullable nullable_of(json_t *object, const char *reason)
{
    return (nullable){object, json_object(), reason};
}

void nullable_put(nullable *f, const char *name, double value)
{
    json_object_set_new(f->object, name, report_real(value));
    if (!isfinite(value))
        json_object_set_new(f->why_null, name,
                            json_string(isnan(value) ? f->reason
                                        : value > 0  ? "infinity"
                                                     : "-infinity"));
}

json_t *nullable_end(nullable *f)
{
    if (json_object_size(f->why_null) > 0)
        json_object_set(f->object, "why_null", f->why_null);
    json_decref(f->why_null);
    return f->object;
}

static json_t *kolmogorov_smirnov_of(const detinit_recipe *recipe, const detinit_statistics *s)
{
    char reason[FIGURE_TEXT];
    nullable f = nullable_of(json_object(), no_test_text(recipe, s, reason));
    json_object_set_new(f.object, "count", report_whole(s->ks_count));
    nullable_put(&f, "distance", s->ks_distance);
    nullable_put(&f, "p", s->ks_p);
    return nullable_end(&f);
}

static json_t *statistics_of(const detinit_recipe *recipe, const detinit_statistics *s)
{
    char count[48];
    uint64_t all;
    nullable f = nullable_of(json_object(), no_figure_text(s));
    json_t *o = f.object;
    json_object_set_new(o, "shape", shape_of(recipe));
    json_object_set_new(o, "count",
                        detinit_recipe_count(recipe, &all)
                            ? report_whole(all)
                            : json_string(report_count(recipe, count)));
    json_object_set_new(o, "sampled", json_boolean(s->sampled));
    json_object_set_new(o, "surveyed", report_whole(s->count));
    nullable_put(&f, "mean", s->mean);
    nullable_put(&f, "std", s->std);
    nullable_put(&f, "target_std", s->target_std);
    nullable_put(&f, "min", s->min);
    nullable_put(&f, "max", s->max);
    if (s->count > 0) {
        json_object_set_new(o, "min_at", place(recipe, s->min_row, s->min_col));
        json_object_set_new(o, "max_at", place(recipe, s->max_row, s->max_col));
    }
    nullable_put(&f, "skewness", s->skewness);
    nullable_put(&f, "excess_kurtosis", s->excess_kurtosis);
    nullable_put(&f, "mean_errors", s->mean_errors);
    nullable_put(&f, "std_errors", s->std_errors);
    nullable_put(&f, "skewness_errors", s->skewness_errors);
    nullable_put(&f, "kurtosis_errors", s->kurtosis_errors);
    json_object_set_new(o, "kolmogorov_smirnov", kolmogorov_smirnov_of(recipe, s));
    json_object_set_new(o, "overflowed", report_whole(s->overflowed));
    json_object_set_new(o, "underflowed", report_whole(s->underflowed));
    nullable_put(&f, "target_mean", s->target_mean);
    nullable_put(&f, "target_skewness", s->target_skewness);
    nullable_put(&f, "target_excess_kurtosis", s->target_excess_kurtosis);
    return nullable_end(&f);
}

static json_t *orthogonality_of(const report_data *d)
{
    const double gain = detinit_recipe_orthogonal_gain(&d->settings->recipe);
    nullable f = nullable_of(json_object(), d->orthogonality_refusal);
    const double none = d->has_orthogonality ? 0 : NAN;
    nullable_put(&f, "condition", d->condition + none);
    nullable_put(&f, "condition_normal", d->condition_normal + none);
    nullable_put(&f, "max_abs_qtq_minus_i", d->gram_deviation + none);
    nullable_put(&f, "gain", gain);
    nullable_put(&f, "gain_squared", gain * gain);
    return nullable_end(&f);
}

static json_t *histogram_of(const detinit_histogram *h)
{
    json_t *edges = json_array(), *counts = json_array(), *expected = json_array();
    for (size_t n = 0; n < h->bins; n++) {
        json_array_append_new(edges, report_real(h->edges[n]));
        json_array_append_new(counts, report_whole(h->counts[n]));
        json_array_append_new(expected, report_real(h->expected[n]));
    }
    json_array_append_new(edges, report_real(h->edges[h->bins]));
    return json_pack("{s:o, s:o, s:o}", "edges", edges, "counts", counts, "expected", expected);
}

static json_t *modes_of(const report_data *d)
{
    json_t *modes = json_array();
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT; mode++) {
        const mode_data *m = &d->modes[mode];
        json_t *entry = statistics_of(&m->recipe, &m->survey.statistics);
        json_object_set_new(entry, "mode", json_string(detinit_mode_name((detinit_mode)mode)));
        json_array_append_new(modes, entry);
    }
    return modes;
}

/*
 * Nested arrays; the caller has seen to it that memory allows them.  Infinite weights are null, and
 * their places go into `infinite`.  NULL without memory for a row.
 */
static json_t *matrix_of(const report_data *d, json_t *infinite)
{
    const detinit_recipe *recipe = &d->settings->recipe;
    uint64_t rows = detinit_recipe_rows(recipe);
    size_t cols = (size_t)detinit_recipe_cols(recipe);
    double *weights = malloc(cols * sizeof *weights);
    if (weights == NULL)
        return NULL;
    json_t *matrix = json_array();
    for (uint64_t row = 0; row < rows; row++) {
        json_t *line = json_array();
        detinit_matrix_window(d->matrix, row, 0, 1, cols, weights, cols);
        for (size_t col = 0; col < cols; col++) {
            json_array_append_new(line, report_real(weights[col]));
            if (!isfinite(weights[col]))
                json_array_append_new(
                    json_object_get(infinite, weights[col] > 0 ? "infinity" : "-infinity"),
                    place(recipe, row, col));
        }
        json_array_append_new(matrix, line);
    }
    free(weights);
    return matrix;
}

/* The matrix, and, where some of it is null, which places are infinite.  False without memory. */
static bool put_matrix(const report_data *d, json_t *all)
{
    json_t *infinite = json_pack("{s:[], s:[]}", "infinity", "-infinity");
    const bool put = json_object_set_new(all, "matrix", matrix_of(d, infinite)) == 0;
    if (d->survey.statistics.overflowed > 0)
        json_object_set(all, "matrix_nulls_at", infinite);
    json_decref(infinite);
    return put;
}

static detinit_status no_memory(detinit_error *error)
{
    return error_set(error, DETINIT_NO_MEMORY, "not enough memory for the result as JSON");
}

detinit_status report_print(json_t *object, detinit_error *error)
{
    if (object == NULL)
        return no_memory(error);
    const bool done =
        one_line_put_json(object, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) || ferror(stdout);
    json_decref(object);
    if (!done)
        return error_set(error, DETINIT_IO, "the result could not be written as JSON");
    putchar('\n');
    return DETINIT_OK;
}

detinit_status report_json(const report_data *d, detinit_error *error)
{
    const settings *s = d->settings;
    json_t *all = json_object();
    json_object_set_new(all, "version", json_integer(DETINIT_GENERATOR_VERSION));
    json_object_set_new(all, "recipe", report_recipe(s, &verb_print));
    json_object_set_new(all, "statistics", statistics_of(&s->recipe, &d->survey.statistics));
    if (s->output.matrix && !put_matrix(d, all)) {
        json_decref(all);
        return no_memory(error);
    }
    if (d->has_orthogonality || d->orthogonality_refusal[0] != '\0')
        json_object_set_new(all, "orthogonality", orthogonality_of(d));
    if (d->has_modes)
        json_object_set_new(all, "modes", modes_of(d));
    if (s->output.show_dist)
        json_object_set_new(all, "histogram", histogram_of(&d->survey.histogram));
    if (d->has_reproducibility)
        json_object_set_new(all, "reproducibility",
                            json_pack("{s:b, s:o, s:o, s:s}", "equal", d->reproducibility.equal,
                                      "compared", report_whole(d->reproducibility.compared),
                                      "max_difference",
                                      report_real(d->reproducibility.max_difference), "sha256",
                                      d->reproducibility.sha256));
    if (recipe_note(&s->recipe) != NULL)
        json_object_set_new(all, "notes", json_pack("[s]", recipe_note(&s->recipe)));
    if (d->saved)
        json_object_set_new(all, "saved",
                            json_pack("{s:o, s:o}", "path", one_line_json(s->output.save), "bytes",
                                      report_whole(d->saved_bytes)));
    return report_print(all, error);
}

/* The steps from the draws to what std multiplies. */
static void put_draw(json_t *all, const detinit_trace *t)
{
    json_object_set_new(all, "attempt", report_whole(t->attempt));
    json_object_set_new(all, "u1_key", hex(t->u1_key));
    json_object_set_new(all, "u2_key", hex(t->u2_key));
    json_object_set_new(all, "u1", report_real(t->u1));
    json_object_set_new(all, "u2", report_real(t->u2));
    json_object_set_new(all, "r", report_real(t->r));
    json_object_set_new(all, "theta", report_real(t->theta));
    json_object_set_new(all, "z", report_real(t->z));
    json_object_set_new(all, "draw", report_real(t->draw));
}

detinit_status report_weight_json(const settings *s, const detinit_trace *t, detinit_error *error)
{
    json_t *keys = json_array();
    json_t *all = json_pack("{s:o, s:o}", "seed", report_whole(t->seed), "layer",
                            report_whole(s->recipe.layer));
    for (size_t n = 0; n < t->rank; n++)
        json_array_append_new(keys, hex(t->key[n]));
    if (t->rank == 2) {
        json_object_set_new(all, "i", report_whole(t->index[0]));
        json_object_set_new(all, "j", report_whole(t->index[1]));
    }
    json_object_set_new(all, "index", report_list(t->index, t->rank));
    if (!isfinite(t->weight))
        json_object_set_new(all, "why_null",
                            json_pack("{s:s}", "weight", t->weight > 0 ? "infinity" : "-infinity"));
    json_object_set_new(all, "key_layer", hex(t->key_layer));
    if (t->rank == 2) {
        json_object_set_new(all, "key_i", hex(t->key[0]));
        json_object_set_new(all, "key_j", hex(t->key[1]));
    }
    json_object_set_new(all, "key_index", keys);
    if (detinit_mode_is_drawn(s->recipe.mode))
        put_draw(all, t);
    json_object_set_new(all, "std", report_real(t->std));
    json_object_set_new(all, "weight", report_real(t->weight));
    if (s->recipe.zero_mean) {
        json_object_set_new(all, "mean", report_real(t->mean));
        json_object_set_new(all, "scale", report_real(t->scale));
    }
    json_object_set_new(all, "shift", report_real(t->shift));
    json_object_set_new(all, "zeroed", json_boolean(t->zeroed));
    return report_print(all, error);
}
