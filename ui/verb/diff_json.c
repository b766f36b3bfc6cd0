/* What diff finds, as JSON. */
#include "verb/diff_report.h"

#include "text/one_line.h"
#include "verb/change_histogram.h"
#include "verb/not_read.h"
#include "verb/weights.h"

#include <math.h>

static json_t *side_of(const detinit_tensor *tensor)
{
    if (tensor == NULL)
        return json_null();
    return json_pack("{s:o, s:s, s:o}", "name", one_line_json(tensor->name), "type", tensor->type,
                     "shape", report_list(tensor->shape, tensor->rank));
}

static void put_counts(json_t *object, const detinit_difference *f)
{
    json_object_set_new(object, "total_items", report_whole(f->total_items));
    json_object_set_new(object, "changed_items", report_whole(f->changed_items));
    json_object_set_new(
        object, "changed_percentage",
        report_real(weights_percent((double)f->changed_items, (double)f->total_items)));
    json_object_set_new(object, "exactly_unchanged", report_whole(f->exactly_unchanged));
}

static json_t *put_figures(json_t *object, const detinit_difference *f)
{
    const bool infinite = isinf(f->norm_a) || isinf(f->norm_b);
    nullable figures =
        nullable_of(object, infinite ? "a norm is infinite" : "one of both is all zero");
    json_object_set_new(object, "not_finite", report_whole(f->not_finite));
    nullable_put(&figures, "mean_delta", f->mean_delta);
    nullable_put(&figures, "max_delta", f->max_delta);
    nullable_put(&figures, "norm_a", f->norm_a);
    nullable_put(&figures, "norm_b", f->norm_b);
    nullable_put(&figures, "norm_delta", f->norm_delta);
    nullable_put(&figures, "relative_norm", f->relative_norm);
    nullable_put(&figures, "cosine", f->cosine);
    json_object_set_new(object, "histogram", histogram_json(f->histogram));
    return nullable_end(&figures);
}

/* Where an item lies: its indices, first to last. */
static json_t *place_of(const detinit_tensor *tensor, uint64_t position)
{
    json_t *list = json_array();
    for (size_t d = tensor->rank; d-- > 0; position /= tensor->shape[d])
        json_array_insert_new(list, 0, report_whole(position % tensor->shape[d]));
    return list;
}

static json_t *tensor_of(const diff_report *d, size_t n)
{
    const detinit_diff_pair *pair = detinit_diff_pair_at(d->diff, n);
    const detinit_difference *f = &d->found[n];
    json_t *object =
        json_pack("{s:o, s:s, s:o, s:o}", "name", one_line_json(diff_report_name(d, pair)), "kind",
                  detinit_diff_kind_name(f->kind), "a", side_of(pair->a), "b", side_of(pair->b));
    if (object == NULL || !f->compared)
        return object;
    put_counts(object, f);
    json_object_set_new(object, "first_difference",
                        f->first_difference < f->total_items
                            ? place_of(pair->a, f->first_difference)
                            : json_null());
    if (!f->numeric)
        return object;
    json_object_set_new(object, "max_at",
                        f->max_delta > 0 ? place_of(pair->a, f->max_position) : json_null());
    if (f->effective_rank > 0)
        json_object_set_new(object, "effective_rank",
                            json_pack("{s:o, s:b}", "rank", report_real(f->effective_rank),
                                      "sampled", f->rank_sampled));
    return put_figures(object, f);
}

static json_t *saved_of(const diff_report *d)
{
    const detinit_patching *p = &d->patching;
    json_t *saved = weights_saved_json(d->settings, p->bytes);
    json_object_set_new(saved, "tensors_in_places", report_whole(p->sparse));
    json_object_set_new(saved, "tensors_as_a_whole", report_whole(p->whole));
    json_object_set_new(saved, "items_in_places", report_whole(p->changed_items));
    json_object_set_new(saved, "result_bytes", report_whole(p->result_bytes));
    return saved;
}

detinit_status diff_report_json(const diff_report *d, detinit_error *error)
{
    json_t *tensors = json_array(), *kinds = json_object(), *total = json_object();
    for (size_t n = 0; n < d->count; n++)
        json_array_append_new(tensors, tensor_of(d, n));
    for (int kind = 0; kind < DETINIT_DIFF_KIND_COUNT; kind++)
        json_object_set_new(kinds, detinit_diff_kind_name((detinit_diff_kind)kind),
                            report_whole(d->kinds[kind]));
    put_counts(total, &d->total);
    put_figures(total, &d->total);
    json_t *root = json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:{s:o, s:o}}", "a",
                             one_line_json(d->a_path), "b", one_line_json(d->b_path), "threshold",
                             report_real(d->threshold), "equal", diff_report_equal(d), "kinds",
                             kinds, "tensors", tensors, "total", total, "not_read", "a",
                             not_read_json(d->a), "b", not_read_json(d->b));
    if (root != NULL && d->saved)
        json_object_set_new(root, "saved", saved_of(d));
    return report_print(root, error);
}
