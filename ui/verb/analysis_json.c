/* What analyze finds, as JSON. */
#include "verb/analysis.h"
#include "text/one_line.h"
#include "verb/left_out.h"
#include "detinit_track.h"
#include "option/option.h"
#include "verb/change_histogram.h"
#include "option/place.h"

#include <math.h>

static json_t *percentage(uint64_t part, uint64_t whole)
{
    return report_real(whole > 0 ? 100 * (double)part / (double)whole : 0);
}

/* The fields that a tensor and all tensors together have. */
static json_t *figures_of(const detinit_change *c)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "total_weights", report_whole(c->total_weights), "changed_weights",
        report_whole(c->changed_weights), "sleeping_weights", report_whole(c->sleeping_weights),
        "changed_percentage", percentage(c->changed_weights, c->total_weights), "mean_delta",
        report_real(c->mean_delta), "max_delta", report_real(c->max_delta), "exactly_unchanged",
        report_whole(c->exactly_unchanged), "exactly_unchanged_percentage",
        percentage(c->exactly_unchanged, c->total_weights), "not_finite",
        report_whole(c->not_finite), "dead_rows", report_whole(c->dead_rows), "dead_cols",
        report_whole(c->dead_cols), "units", report_whole(c->units), "dead_units",
        report_whole(c->dead_units), "inputs", report_whole(c->inputs), "dead_inputs",
        report_whole(c->dead_inputs));
}

static json_t *place_of(const detinit_recipe *recipe, uint64_t position)
{
    uint64_t index[DETINIT_MAX_RANK];
    const uint64_t cols = detinit_recipe_cols(recipe);
    const size_t count = place_indices(recipe, position / cols, position % cols, index);
    return report_list(index, count);
}

static json_t *tensor_of(const analysis *a, size_t n)
{
    const detinit_tracked *tracked = &a->w.c.tracked[n];
    const detinit_change *c = &a->changes[n];
    const detinit_recipe *r = &tracked->recipe;
    json_t *object =
        json_pack("{s:o, s:o, s:s}", "name", one_line_json(weights_name(&a->w, tracked)), "shape",
                  report_list(r->shape, r->rank), "dtype", detinit_dtype_name(tracked->dtype));
    json_t *figures = figures_of(c);
    json_object_update(object, figures);
    json_decref(figures);
    json_object_set_new(object, "max_at",
                        c->max_delta > 0 ? place_of(r, c->max_position) : json_null());
    json_object_set_new(object, "first_difference",
                        c->first_difference < c->total_weights ? place_of(r, c->first_difference)
                                                               : json_null());
    json_object_set_new(object, "decay",
                        json_pack("{s:o, s:o, s:o, s:b}", "factor", report_real(c->decay),
                                  "sleeping", report_whole(c->decay_sleeping), "counted",
                                  report_whole(c->decay_counted), "sampled",
                                  c->decay_counted < c->total_weights));
    json_object_set_new(object, "histogram", histogram_json(c->histogram));
    return object;
}

/* How the threshold came about. */
static const char *threshold_source(const settings *s)
{
    if (s->given[OPTION_SPARSITY])
        return "sparsity";
    return s->tracking.threshold == THRESHOLD_AUTO ? "auto" : "given";
}

detinit_status analysis_print_json(const analysis *a, detinit_error *error)
{
    json_t *tensors = json_array(), *total = figures_of(&a->total);
    for (size_t n = 0; n < a->w.c.count; n++)
        json_array_append_new(tensors, tensor_of(a, n));
    json_object_set_new(total, "histogram", histogram_json(a->total.histogram));
    json_t *root =
        json_pack("{s:i, s:o, s:o, s:s, s:o, s:o, s:o}", "version", DETINIT_GENERATOR_VERSION,
                  "file", one_line_json(detinit_tensorfile_path(a->w.c.file)), "threshold",
                  report_real(a->w.threshold), "threshold_from", threshold_source(a->w.settings),
                  "tensors", tensors, "total", total, "not_tracked", left_out_untracked(&a->w));
    if (root != NULL && a->w.settings->given[OPTION_SPARSITY])
        json_object_set_new(root, "sparsity", report_real(a->w.settings->tracking.sparsity));
    left_out_add(root, &a->w);
    return report_print(root, error);
}
