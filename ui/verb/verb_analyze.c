/* The command analyze: what training changed, tensor by tensor. */
#include "verb/analysis.h"
#include "base/error.h"
#include "base/progress.h"
#include "detinit_track.h"
#include "option/option.h"
#include "option/refuse.h"
#include "verb/left_out.h"
#include "verb/parts.h"
#include "verb/verb.h"

#include <stdlib.h>

const char *analysis_threshold_text(const analysis *a, char *buffer, size_t size)
{
    settings s = *a->w.settings;
    s.tracking.threshold = a->w.threshold;
    return option_text(&s, &options[OPTION_THRESHOLD], buffer, size);
}

static void add_to_total(analysis *a, size_t index)
{
    const detinit_change *one = &a->changes[index];
    detinit_change *all = &a->total;
    const double finite = (double)(all->total_weights - all->not_finite);
    const double more = (double)(one->total_weights - one->not_finite);
    if (finite + more > 0)
        all->mean_delta += (one->mean_delta - all->mean_delta) * (more / (finite + more));
    if (index == 0 || one->max_delta > all->max_delta) {
        all->max_delta = one->max_delta;
        a->max_tensor = index;
    }
    all->total_weights += one->total_weights;
    all->changed_weights += one->changed_weights;
    all->sleeping_weights += one->sleeping_weights;
    all->exactly_unchanged += one->exactly_unchanged;
    all->not_finite += one->not_finite;
    all->decay_counted += one->decay_counted;
    all->decay_sleeping += one->decay_sleeping;
    all->dead_rows += one->dead_rows;
    all->dead_cols += one->dead_cols;
    all->units += one->units;
    all->dead_units += one->dead_units;
    all->inputs += one->inputs;
    all->dead_inputs += one->dead_inputs;
    for (size_t bin = 0; bin < DETINIT_CHANGE_BINS; bin++)
        all->histogram[bin] += one->histogram[bin];
}

static detinit_status compare_all(analysis *a, const parts *p, const detinit_run *run,
                                  detinit_error *error)
{
    shared_progress all = {.run = run};
    for (size_t n = p->first; n < p->end; n++)
        all.total += a->w.c.tracked[n].count;
    for (size_t n = p->first; n < p->end; n++) {
        const detinit_run part = progress_share(&all, a->w.c.tracked[n].count);
        detinit_status status = detinit_tracked_change(
            &a->w.c.tracked[n], a->w.threshold,
            a->w.settings->output.exact ? DETINIT_DECAY_EXACT : DETINIT_DECAY_SAMPLED, &part,
            &a->changes[n], error);
        if (status != DETINIT_OK)
            return status;
    }
    return DETINIT_OK;
}

/* What a part tells of a tensor. */
static const figure change_rows[] = {
    FIGURE(detinit_change, threshold, true),
    FIGURE(detinit_change, total_weights, false),
    FIGURE(detinit_change, changed_weights, false),
    FIGURE(detinit_change, sleeping_weights, false),
    FIGURE(detinit_change, exactly_unchanged, false),
    FIGURE(detinit_change, not_finite, false),
    FIGURE(detinit_change, mean_delta, true),
    FIGURE(detinit_change, max_delta, true),
    FIGURE(detinit_change, max_position, false),
    FIGURE(detinit_change, first_difference, false),
    FIGURE(detinit_change, decay, true),
    FIGURE(detinit_change, decay_counted, false),
    FIGURE(detinit_change, decay_sleeping, false),
    FIGURE(detinit_change, dead_rows, false),
    FIGURE(detinit_change, dead_cols, false),
    FIGURE(detinit_change, units, false),
    FIGURE(detinit_change, dead_units, false),
    FIGURE(detinit_change, inputs, false),
    FIGURE(detinit_change, dead_inputs, false),
    {"histogram", offsetof(detinit_change, histogram), false, DETINIT_CHANGE_BINS},
};
static const figure_table change_table = {change_rows, sizeof change_rows / sizeof change_rows[0],
                                          sizeof(detinit_change)};
_Static_assert(sizeof(detinit_change) ==
                   (sizeof change_rows / sizeof change_rows[0] - 1 + DETINIT_CHANGE_BINS) * 8,
               "change_rows has all fields of a detinit_change");

static detinit_status compare(analysis *a, const parts *p, detinit_error *error)
{
    const detinit_run run = weights_run(&a->w, "comparing");
    a->changes = calloc(a->w.c.count + 1, sizeof *a->changes);
    if (a->changes == NULL) {
        return error_set(error, DETINIT_NO_MEMORY,
                         "not enough memory for the figures of %zu tensors", a->w.c.count);
    }
    detinit_status status = p->count > 0
                                ? parts_read_figures(p, &a->w, &change_table, a->changes, error)
                                : compare_all(a, p, &run, error);
    progress_end(&a->w.bar);
    return status;
}

static detinit_status print(analysis *a, detinit_error *error)
{
    a->total.threshold = a->w.threshold;
    for (size_t n = 0; n < a->w.c.count; n++)
        add_to_total(a, n);
    if (a->w.settings->output.format == OUTPUT_JSON)
        return analysis_print_json(a, error);
    if (a->w.settings->output.format == OUTPUT_CSV)
        analysis_print_csv(a);
    else
        analysis_print_text(a, terminal_of_stdout(a->w.settings));
    if (a->w.settings->output.format == OUTPUT_CSV)
        left_out_print_partial(&a->w);
    return DETINIT_OK;
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    analysis a = {0};
    parts p;
    detinit_status status = parts_open(s, true, &p, &a.w, error);
    if (status != DETINIT_OK)
        return status;
    status = compare(&a, &p, error);
    if (status == DETINIT_OK && s->given[OPTION_SHARD])
        status = parts_save_figures(&p, &a.w, &change_table, a.changes, error);
    else if (status == DETINIT_OK)
        status = print(&a, error);
    free(a.changes);
    parts_close(&p, &a.w);
    return status;
}

const verb verb_analyze = {
    .name = "analyze",
    .operand = "FILE",
    .noun = "file",
    .usage = "[OPTION ...]",
    .help = "what training changed, in figures",
    .groups = GROUPS_OF_RECIPE | GROUP_THRESHOLD | GROUP_RUN,
    .options = {VERB_OPTION(MANIFEST), VERB_OPTION(NAMES), VERB_OPTION(PARTIAL), VERB_OPTION(EXACT),
                VERB_OPTIONS_OF_PARTS},
    .part_ending = ".json",
    .check = parts_check,
    .told = {{OPTION_SAVE, "where the part is saved that --shard makes"}},
    .run = run_verb,
};
