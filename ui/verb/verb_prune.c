/* The command prune: what each way does to each tensor, and a file in which one was done. */
#include "base/error.h"
#include "detinit_track.h"
#include "text/grouped.h"
#include "option/place.h"
#include "option/refuse.h"
#include "text/one_line.h"
#include "verb/left_out.h"
#include "verb/report.h"
#include "verb/verb.h"
#include "verb/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct prune_result {
    detinit_pruning pruning;
    detinit_effect *effects; /* of each tracked tensor */
    detinit_effect all;      /* their sums */
    uint64_t bytes;          /* of the file that was saved */
} prune_result;

/* -------------------------------------------------------------------- text */

/* "12.345 %" of the output, or what stands for what is no number. */
static void print_change(const detinit_effect *effect, detinit_prune way)
{
    const double change = detinit_effect_relative(effect, way);
    if (isfinite(change))
        printf(" %9.3f %%", 100 * change);
    else
        printf(" %11s", "no number");
}

static void print_effect(const char *name, int width, const char *shape, uint64_t count,
                         const detinit_effect *effect)
{
    const uint64_t *pruned = effect->pruned;
    char plain[ONE_LINE];
    fputs("  ", stdout);
    report_pad(one_line(name, plain), width);
    printf(" %12s %8.2f %%", shape,
           weights_percent((double)pruned[DETINIT_PRUNE_INIT], (double)count));
    print_change(effect, DETINIT_PRUNE_INIT);
    print_change(effect, DETINIT_PRUNE_ZERO);
    printf(" %8.2f %%", weights_percent((double)pruned[DETINIT_PRUNE_MAGNITUDE], (double)count));
    print_change(effect, DETINIT_PRUNE_MAGNITUDE);
    putchar('\n');
}

static const char *const saved_as[DETINIT_PRUNE_COUNT] = {
    "with sleeping weights at their initial values", "with sleeping weights at 0",
    "with the smallest weights at 0"};

static void print_text(const weights *w, const prune_result *r)
{
    const settings *s = w->settings;
    const int width = weights_name_width(w, 6);
    char shape[PLACE_TEXT], sleeping[32], total[32], file[ONE_LINE];
    if (!s->output.quiet)
        printf("PRUNE (%s, threshold=%.9g)\n"
               "============================================================\n",
               one_line(s->file, file), w->threshold);
    printf("%s of %s weights sleep: %.2f %%\n\n", grouped(r->pruning.sleeping, sleeping),
           grouped(w->total, total),
           weights_percent((double)r->pruning.sleeping, (double)w->total));
    printf("  %-*s %12s %10s %11s %11s %10s %11s\n", width, "", "", "sleeping", "set back",
           "zeroed", "smallest", "zeroed");
    printf("  %-*s %12s %10s %11s %11s %10s %11s\n", width, "tensor", "shape", "share", "change",
           "change", "share", "change");
    for (size_t n = 0; n < w->c.count; n++) {
        const detinit_tracked *tracked = &w->c.tracked[n];
        print_effect(weights_name(w, tracked), width, weights_shape(tracked, shape, sizeof shape),
                     tracked->count, &r->effects[n]);
    }
    print_effect("all", width, "", w->total, &r->all);
    printf("\n  Sleeping weights can be set back to their initial values, which the seed makes\n"
           "  again (--to init), or be zeroed (zero); or as many weights, those nearest to 0\n"
           "  in all tensors together, are zeroed instead (magnitude).\n"
           "  Change: ||f'(x) - f(x)|| / ||f(x)|| of a tensor's outputs f(x) = W x, over %d\n"
           "  random inputs x, standard normals of seed %d.  What it does to the accuracy of\n"
           "  the network has to be measured on your own data.\n",
           DETINIT_EFFECT_INPUTS, DETINIT_EFFECT_SEED);
    if (s->output.save != NULL)
        weights_print_saved(s, saved_as[s->tracking.to], r->bytes);
}

/* ------------------------------------------------------------ JSON and CSV */

/* Adds each way under its name: {pruned, sparsity, relative_change}. */
static json_t *with_effect(json_t *object, uint64_t count, const detinit_effect *effect)
{
    for (int way = 0; way < DETINIT_PRUNE_COUNT; way++) {
        const double pruned = (double)effect->pruned[way];
        json_object_set_new(
            object, detinit_prune_name((detinit_prune)way),
            json_pack("{s:o, s:o, s:o}", "pruned", report_whole(effect->pruned[way]), "sparsity",
                      report_real(weights_percent(pruned, (double)count) / 100), "relative_change",
                      report_real(detinit_effect_relative(effect, (detinit_prune)way))));
    }
    return object;
}

static detinit_status print_json(const weights *w, const prune_result *r, detinit_error *error)
{
    const settings *s = w->settings;
    json_t *tensors = json_array();
    for (size_t n = 0; n < w->c.count; n++)
        json_array_append_new(tensors, with_effect(weights_tensor_json(w, &w->c.tracked[n]),
                                                   w->c.tracked[n].count, &r->effects[n]));
    json_t *all = json_pack("{s:i, s:o, s:o, s:o, s:o, s:i, s:i, s:o, s:o}", "version",
                            DETINIT_GENERATOR_VERSION, "file", one_line_json(s->file), "threshold",
                            report_real(w->threshold), "total_weights", report_whole(w->total),
                            "sleeping_weights", report_whole(r->pruning.sleeping), "random_inputs",
                            DETINIT_EFFECT_INPUTS, "random_seed", DETINIT_EFFECT_SEED, "tensors",
                            tensors, "all", with_effect(json_object(), w->total, &r->all));
    if (all != NULL && s->output.save != NULL) {
        json_t *saved = weights_saved_json(s, r->bytes);
        json_object_set_new(saved, "to", json_string(detinit_prune_name(s->tracking.to)));
        json_object_set_new(all, "saved", saved);
    }
    return report_print(left_out_add(all, w), error);
}

static void print_csv(const weights *w, const prune_result *r)
{
    puts("tensor,weights,way,pruned,relative_change");
    for (size_t n = 0; n < w->c.count; n++) {
        for (int way = 0; way < DETINIT_PRUNE_COUNT; way++) {
            one_line_field(weights_name(w, &w->c.tracked[n]));
            printf(",%llu,%s,%llu,%.17g\n", (unsigned long long)w->c.tracked[n].count,
                   detinit_prune_name((detinit_prune)way),
                   (unsigned long long)r->effects[n].pruned[way],
                   detinit_effect_relative(&r->effects[n], (detinit_prune)way));
        }
    }
}

/* ----------------------------------------------------------------- the work */

static void add_up(const weights *w, prune_result *r)
{
    for (size_t n = 0; n < w->c.count; n++) {
        r->all.output += r->effects[n].output;
        for (int way = 0; way < DETINIT_PRUNE_COUNT; way++) {
            r->all.pruned[way] += r->effects[n].pruned[way];
            r->all.change[way] += r->effects[n].change[way];
        }
    }
}

static detinit_status measure(weights *w, prune_result *r, detinit_error *error)
{
    detinit_run run = weights_run(w, "comparing");
    detinit_status status = detinit_pruning_find(w->c.tracked, w->c.count, w->threshold, true, &run,
                                                 &r->pruning, error);
    r->effects = calloc(w->c.count + 1, sizeof *r->effects);
    if (status == DETINIT_OK && r->effects == NULL)
        status = error_set(error, DETINIT_NO_MEMORY, "not enough memory for a list of tensors");
    if (status != DETINIT_OK)
        return status;
    run = weights_run(w, "measuring");
    status = detinit_prune_effects(w->c.tracked, w->c.count, &r->pruning, &run, r->effects, error);
    if (status == DETINIT_OK)
        add_up(w, r);
    return status;
}

static detinit_status save(weights *w, prune_result *r, detinit_error *error)
{
    const settings *s = w->settings;
    const detinit_run run = weights_run(w, "saving");
    return detinit_prune_save(w->c.file, w->c.tracked, w->c.count, s->tracking.to, &r->pruning,
                              s->output.save, &run, &r->bytes, error);
}

static detinit_status print(const weights *w, const prune_result *r, detinit_error *error)
{
    if (w->settings->output.format == OUTPUT_JSON)
        return print_json(w, r, error);
    if (w->settings->output.format == OUTPUT_CSV)
        print_csv(w, r);
    else
        print_text(w, r);
    left_out_print_partial(w);
    return DETINIT_OK;
}

static bool check(const settings *s, detinit_error *error)
{
    return weights_check_save(s, false, format_saves_tensors, error);
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    weights w;
    prune_result r = {0};
    detinit_status status = weights_open(s, true, &w, error);
    if (status != DETINIT_OK)
        return status;
    if (!weights_check_count(s, detinit_tensorfile_count(w.c.file), error)) {
        weights_close(&w);
        return DETINIT_INVALID;
    }
    status = measure(&w, &r, error);
    if (status == DETINIT_OK && s->output.save != NULL)
        status = save(&w, &r, error);
    status = refuse_file(status, error);
    progress_end(&w.bar);
    if (status == DETINIT_OK && report_is_wanted(s))
        status = print(&w, &r, error);
    free(r.effects);
    weights_close(&w);
    return status;
}

const verb verb_prune = {
    .name = "prune",
    .operand = "FILE",
    .noun = "file",
    .usage = "[OPTION ...]",
    .help = "what pruning sleeping weights does",
    .groups = GROUPS_OF_RECIPE | GROUP_THRESHOLD | GROUP_RUN,
    .options = {VERB_OPTION(MANIFEST), VERB_OPTION(NAMES), VERB_OPTION(PARTIAL), VERB_OPTION(TO),
                VERB_OPTION(SAVE)},
    .check = check,
    .told = {{OPTION_SAVE, "where the pruned file is saved"}},
    .run = run_verb,
};
