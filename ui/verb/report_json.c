#include "verb/report.h"

#include "base/error.h"
#include "detinit_describe.h"
#include "option/option.h"
#include "option/place.h"
#include "option/recipe_text.h"
#include "verb/report_value.h"

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

/* fan_in and fan_out as they are stated, or null. */
static json_t *fans_of(const detinit_recipe *recipe)
{
    return recipe->fans[0] > 0 ? report_list(recipe->fans, 2) : json_null();
}

/* The value of an option of the recipe. */
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
        return report_real(*(const double *)field);
    case OPTION_PAIR:
        return fans_of(&s->recipe);
    case OPTION_ROW:
        return s->recipe.has_zero_row ? report_whole(s->recipe.zero_row) : json_null();
    default:
        return json_string(option_text(s, which, text, sizeof text));
    }
}

/* Every option that determines the weights, under its own name. */
static json_t *recipe_of(const settings *s)
{
    json_t *recipe = json_object();
    for (int n = 0; n < OPTION_COUNT; n++) {
        const option *which = &options[n];
        const bool side = n == OPTION_ROWS || n == OPTION_COLS;
        if ((which->uses & OPTION_IN_RECIPE) == 0 || (side && s->recipe.rank != 2))
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

static json_t *statistics_of(const detinit_recipe *recipe, const detinit_statistics *s)
{
    char count[48];
    uint64_t all;
    json_t *weights = detinit_recipe_count(recipe, &all) ? report_whole(all)
                                                         : json_string(report_count(recipe, count));
    return json_pack(
        "{s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:o, "
        "s:o, s:o}}",
        "shape", shape_of(recipe), "count", weights, "sampled", s->sampled, "surveyed",
        report_whole(s->count), "mean", report_real(s->mean), "std", report_real(s->std),
        "target_std", report_real(s->target_std), "min", report_real(s->min), "max",
        report_real(s->max), "min_at", place(recipe, s->min_row, s->min_col), "max_at",
        place(recipe, s->max_row, s->max_col), "skewness", report_real(s->skewness),
        "excess_kurtosis", report_real(s->excess_kurtosis), "mean_errors",
        report_real(s->mean_errors), "std_errors", report_real(s->std_errors), "skewness_errors",
        report_real(s->skewness_errors), "kolmogorov_smirnov", "count", report_whole(s->ks_count),
        "distance", report_real(s->ks_distance), "p", report_real(s->ks_p));
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

/* Nested arrays; the caller has seen to it that memory allows them. */
static json_t *matrix_of(const report_data *d)
{
    const detinit_recipe *recipe = &d->settings->recipe;
    uint64_t rows = detinit_recipe_rows(recipe);
    size_t cols = (size_t)detinit_recipe_cols(recipe);
    double *weights = malloc(cols * sizeof *weights);
    json_t *matrix = json_array();
    for (uint64_t row = 0; row < rows && weights != NULL; row++) {
        json_t *line = json_array();
        detinit_matrix_window(d->matrix, row, 0, 1, cols, weights, cols);
        for (size_t col = 0; col < cols; col++)
            json_array_append_new(line, report_real(weights[col]));
        json_array_append_new(matrix, line);
    }
    free(weights);
    return matrix;
}

detinit_status report_print(json_t *object, detinit_error *error)
{
    const bool done = object != NULL &&
                      (json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) == 0 ||
                       ferror(stdout));
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
    json_object_set_new(all, "recipe", recipe_of(s));
    json_object_set_new(all, "statistics", statistics_of(&s->recipe, &d->survey.statistics));
    if (s->output.matrix)
        json_object_set_new(all, "matrix", matrix_of(d));
    if (d->has_orthogonality)
        json_object_set_new(all, "orthogonality",
                            json_pack("{s:o, s:o, s:o}", "condition", report_real(d->condition),
                                      "condition_normal", report_real(d->condition_normal),
                                      "max_abs_qtq_minus_i", report_real(d->gram_deviation)));
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
        json_object_set_new(
            all, "saved",
            json_pack("{s:s, s:o}", "path", s->output.save, "bytes", report_whole(d->saved_bytes)));
    return report_print(all, error);
}

/* The steps from the draws to the weight: null where there is no draw. */
static void put_draw(json_t *all, const detinit_trace *t, bool is)
{
    const struct {
        const char *name;
        double value;
    } steps[] = {{"u1", t->u1},       {"u2", t->u2}, {"r", t->r},
                 {"theta", t->theta}, {"z", t->z},   {"draw", t->draw}};
    json_object_set_new(all, "attempt", is ? report_whole(t->attempt) : json_null());
    json_object_set_new(all, "u1_key", is ? hex(t->u1_key) : json_null());
    json_object_set_new(all, "u2_key", is ? hex(t->u2_key) : json_null());
    for (size_t n = 0; n < sizeof steps / sizeof steps[0]; n++)
        json_object_set_new(all, steps[n].name, is ? report_real(steps[n].value) : json_null());
    json_object_set_new(all, "std", report_real(t->std));
    json_object_set_new(all, "weight", report_real(t->weight));
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
    json_object_set_new(all, "key_layer", hex(t->key_layer));
    if (t->rank == 2) {
        json_object_set_new(all, "key_i", hex(t->key[0]));
        json_object_set_new(all, "key_j", hex(t->key[1]));
    }
    json_object_set_new(all, "key_index", keys);
    put_draw(all, t, detinit_mode_is_drawn(s->recipe.mode));
    if (s->recipe.zero_mean) {
        json_object_set_new(all, "mean", report_real(t->mean));
        json_object_set_new(all, "scale", report_real(t->scale));
    }
    json_object_set_new(all, "shift", report_real(t->shift));
    json_object_set_new(all, "zeroed", json_boolean(t->zeroed));
    return report_print(all, error);
}
