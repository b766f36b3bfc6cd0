/* The command race: schemes against one another, as text, JSON or CSV. */
#include "base/error.h"
#include "option/refuse.h"
#include "system/progress.h"
#include "train/race.h"
#include "verb/report.h"
#include "verb/report_value.h"
#include "verb/verb.h"

#include <math.h>
#include <stdio.h>

static const char *data_of(const settings *s)
{
    return s->training.data != NULL ? s->training.data : "built in, made from the seed";
}

/* -------------------------------------------------------------------- text */

static void print_heading(const settings *s, const race *r)
{
    if (!s->output.quiet)
        printf("RACE (seed=%llu, %d ReLU layers of %d, no normalization)\n"
               "============================================================\n",
               (unsigned long long)r->seed, RACE_DEPTH, RACE_WIDTH);
    printf("Data:     %s: %zu classes, %zu inputs,\n"
           "          %zu examples to train on, %zu to test on\n"
           "Training: %d steps of SGD, 32 examples each, learning rate %g falling to 0;\n"
           "          all on the same batches: the initial weights alone differ\n"
           "Bits:     the same on every machine, for every number of threads\n\n",
           data_of(s), r->classes, r->features, r->train, r->test, RACE_STEPS, RACE_RATE);
}

static void print_track(const race *r, int n)
{
    const race_track *t = &r->tracks[n];
    const race_point *first = &t->points[0], *last = &t->points[r->point_count - 1];
    printf("  %-10s  x%-5.2f x%-8.2g %8.2g %8.3f %7.1f %% %7.1f %%  %s\n", race_schemes[n].name,
           t->factor, t->signal, first->gradient, last->loss, 100 * last->accuracy,
           100 * last->awake, race_verdict_name(race_judge(r, n)));
}

static void print_text(const settings *s, const race *r)
{
    print_heading(s, r);
    printf("              signal at the start  gradient    after %d steps:\n"
           "  scheme      a layer  all layers  at first  loss   right   awake\n",
           RACE_STEPS);
    for (int n = 0; n < RACE_SCHEMES; n++)
        print_track(r, n);
    printf(
        "\n  a layer: sqrt(fan_in / 2) std, what theory says that a ReLU layer makes of a signal\n"
        "  and of a gradient; all layers: measured, of %d. Loss: %.3f is guessing.\n"
        "  awake: |w - w0| > %g. learns: loss below half of guessing; stuck: above 0.9 of it.\n"
        "  %s\n",
        RACE_DEPTH - 1, race_guessing(r), RACE_AWAKE,
        race_is_as_theory_says(r)
            ? "As theory says: those that hold the signal learn, the others do not in these steps."
            : "Not as theory says: on these data more than the scheme decides.");
}

/* ------------------------------------------------------------- CSV and JSON */

static void print_csv(const race *r)
{
    puts("scheme,step,loss,gradient,awake,accuracy");
    for (int n = 0; n < RACE_SCHEMES; n++)
        for (size_t k = 0; k < r->point_count; k++) {
            const race_point *p = &r->tracks[n].points[k];
            printf("%s,%u,%.17g,%.17g,%.17g,%.17g\n", race_schemes[n].name, race_steps_at(k),
                   p->loss, p->gradient, p->awake, p->accuracy);
        }
}

static json_t *points_json(const race *r, int n)
{
    json_t *points = json_array();
    for (size_t k = 0; k < r->point_count; k++) {
        const race_point *p = &r->tracks[n].points[k];
        json_array_append_new(
            points, json_pack("{s:I, s:o, s:o, s:f, s:f}", "step", (json_int_t)race_steps_at(k),
                              "loss", report_real(p->loss), "gradient", report_real(p->gradient),
                              "awake", p->awake, "accuracy", p->accuracy));
    }
    return points;
}

static json_t *schemes_json(const race *r)
{
    json_t *schemes = json_array();
    for (int n = 0; n < RACE_SCHEMES; n++) {
        const race_scheme *s = &race_schemes[n];
        json_array_append_new(
            schemes,
            json_pack("{s:s, s:s, s:b, s:f, s:o, s:s, s:o}", "name", s->name, "mode",
                      detinit_mode_name(s->mode), "orthogonal", s->orthogonal, "factor_of_a_layer",
                      r->tracks[n].factor, "signal_through_all", report_real(r->tracks[n].signal),
                      "verdict", race_verdict_name(race_judge(r, n)), "points", points_json(r, n)));
    }
    return schemes;
}

static detinit_status print_json(const settings *s, const race *r, detinit_error *error)
{
    json_t *root = json_pack(
        "{s:o, s:s?, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:f, s:b, s:o}", "seed",
        report_whole(r->seed), "data", s->training.data, "features", (json_int_t)r->features,
        "classes", (json_int_t)r->classes, "train_examples", (json_int_t)r->train, "test_examples",
        (json_int_t)r->test, "depth", (json_int_t)RACE_DEPTH, "width", (json_int_t)RACE_WIDTH,
        "steps", (json_int_t)RACE_STEPS, "learning_rate", RACE_RATE, "awake_threshold", RACE_AWAKE,
        "loss_of_guessing", race_guessing(r), "as_theory_says", race_is_as_theory_says(r),
        "schemes", schemes_json(r));
    return report_print(root, error);
}

/* -------------------------------------------------------------------- verb */

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    progress bar;
    dataset data;
    race r;
    detinit_run run = progress_run(&bar, "racing", s->run.threads, s->output.quiet);
    detinit_status status = s->training.data != NULL
                                ? refuse_file(dataset_read(s->training.data, &data, error), error)
                                : race_data(s->recipe.seed, &data, error);
    if (status != DETINIT_OK)
        return status;
    status = race_run(s->recipe.seed, &data, &r, NULL, NULL, &run, error);
    progress_end(&bar);
    dataset_free(&data);
    if (status != DETINIT_OK)
        return status;
    if (s->output.format == OUTPUT_JSON)
        return print_json(s, &r, error);
    if (s->output.format == OUTPUT_CSV)
        print_csv(&r);
    else
        print_text(s, &r);
    return DETINIT_OK;
}

const verb verb_race = {
    .name = "race",
    .usage = "[OPTION ...]",
    .help = "race five schemes in a deep network",
    .told_by = "its network",
    .groups = GROUP_RUN,
    .options = {VERB_OPTION(SEED), VERB_OPTION(DATA)},
    .run = run_verb,
};
