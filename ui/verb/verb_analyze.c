/* The command analyze: what training changed, tensor by tensor. */
#include "verb/analysis.h"
#include "base/error.h"
#include "base/progress.h"
#include "detinit_track.h"
#include "option/option.h"
#include "option/refuse.h"
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

static detinit_status compare_all(analysis *a, const detinit_run *run, detinit_error *error)
{
    shared_progress all = {.run = run};
    for (size_t n = 0; n < a->w.c.count; n++)
        all.total += a->w.c.tracked[n].count;
    for (size_t n = 0; n < a->w.c.count; n++) {
        const detinit_run part = progress_share(&all, a->w.c.tracked[n].count);
        detinit_status status = detinit_tracked_change(
            &a->w.c.tracked[n], a->w.threshold,
            a->w.settings->output.exact ? DETINIT_DECAY_EXACT : DETINIT_DECAY_SAMPLED, &part,
            &a->changes[n], error);
        if (status != DETINIT_OK)
            return status;
        add_to_total(a, n);
    }
    return DETINIT_OK;
}

static detinit_status compare(analysis *a, detinit_error *error)
{
    const detinit_run run = weights_run(&a->w, "comparing");
    a->total.threshold = a->w.threshold;
    a->changes = calloc(a->w.c.count + 1, sizeof *a->changes);
    if (a->changes == NULL) {
        return error_set(error, DETINIT_NO_MEMORY,
                         "not enough memory for the figures of %zu tensors", a->w.c.count);
    }
    detinit_status status = compare_all(a, &run, error);
    progress_end(&a->w.bar);
    return status;
}

static detinit_status print(const analysis *a, detinit_error *error)
{
    if (a->w.settings->output.format == OUTPUT_JSON)
        return analysis_print_json(a, error);
    if (a->w.settings->output.format == OUTPUT_CSV)
        analysis_print_csv(a);
    else
        analysis_print_text(a, terminal_of_stdout(a->w.settings));
    return DETINIT_OK;
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    analysis a = {0};
    detinit_status status = weights_open(s, true, &a.w, error);
    if (status != DETINIT_OK)
        return status;
    status = compare(&a, error);
    if (status == DETINIT_OK)
        status = print(&a, error);
    free(a.changes);
    weights_close(&a.w);
    return status;
}

const verb verb_analyze = {
    .name = "analyze",
    .operand = "FILE",
    .noun = "file",
    .usage = "[OPTION ...]",
    .help = "what training changed, in figures",
    .groups = GROUPS_OF_RECIPE | GROUP_THRESHOLD | GROUP_RUN,
    .options = VERB_OPTION(MANIFEST) | VERB_OPTION(EXACT),
    .run = run_verb,
};
