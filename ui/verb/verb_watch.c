/* The command watch: what a training run has told of its weights; on a terminal it is followed. */
#include "base/error.h"
#include "text/grouped.h"
#include "trained/history_file.h"
#include "verb/report_value.h"
#include "verb/verb.h"
#include "verb/weights.h"

#include <math.h>
#include <stdio.h>

/* -------------------------------------------------------------------- text */

static void print_points(const history *h)
{
    char changed[32], total[32];
    puts("        step   threshold        awake     changed of weights");
    for (size_t n = 0; n < h->count; n++) {
        const history_point *p = &h->points[n];
        printf("  %10llu  %10.4g  %9.2f %%  %10s of %s\n", (unsigned long long)p->step,
               p->threshold, 100 * p->awake, grouped(p->changed, changed),
               grouped(p->weights, total));
    }
}

/* "1.2e-03", "-" for what is not told. */
static void print_figure(const char *format, int width, double value)
{
    char text[32];
    snprintf(text, sizeof text, isnan(value) ? "-" : format, value);
    printf("  %*s", width, text);
}

static void print_layers(const history *h)
{
    const size_t last = h->count - 1;
    char text[32];
    printf(
        "\nAt step %llu:\n\n       weights      awake  mean delta   max delta     decay  tensor\n",
        (unsigned long long)h->points[last].step);
    for (size_t n = 0; n < h->layer_count; n++) {
        double *const *at = h->layers[n].at;
        const uint64_t count = h->layers[n].weights;
        printf("  %12s", count > 0 ? grouped(count, text) : "-");
        print_figure("%.2f %%", 9, 100 * at[HISTORY_AWAKE][last]);
        print_figure("%.3e", 10, at[HISTORY_MEAN_DELTA][last]);
        print_figure("%.3e", 10, at[HISTORY_MAX_DELTA][last]);
        print_figure("%.5f", 8, at[HISTORY_DECAY][last]);
        printf("  %s\n", h->layers[n].name);
    }
}

static void print_text(const settings *s, const history *h)
{
    if (!s->output.quiet)
        printf("WATCH ('%s')\n"
               "============================================================\n\n",
               s->file);
    if (h->count == 0) {
        puts("  no line is complete yet");
        return;
    }
    print_points(h);
    print_layers(h);
    if (!s->output.quiet)
        puts("\n  awake: |w - w0| above the threshold; delta: |w - w0|; decay: the c for which c "
             "w0 fits\n"
             "  w best; -: not told, or, of weights, that none of them was ever awake.");
}

/* ------------------------------------------------------------- CSV and JSON */

static void print_real(double value)
{
    if (isnan(value))
        putchar(',');
    else
        printf(",%.17g", value);
}

/* Whether the line of a point told of a tensor. */
static bool is_told(const history_layer *layer, size_t point)
{
    for (int figure = 0; figure < HISTORY_FIGURES; figure++)
        if (!isnan(layer->at[figure][point]))
            return true;
    return false;
}

/* All together have no name. */
static void print_csv(const history *h)
{
    puts("step,threshold,tensor,weights,awake,changed,mean_delta,max_delta,decay");
    for (size_t n = 0; n < h->count; n++) {
        const history_point *p = &h->points[n];
        printf("%llu,%.17g,,%llu,%.17g,%llu,,,\n", (unsigned long long)p->step, p->threshold,
               (unsigned long long)p->weights, p->awake, (unsigned long long)p->changed);
        for (size_t layer = 0; layer < h->layer_count; layer++) {
            if (!is_told(&h->layers[layer], n))
                continue;
            printf("%llu,%.17g,", (unsigned long long)p->step, p->threshold);
            weights_print_quoted(h->layers[layer].name);
            print_real(h->layers[layer].weights > 0 ? (double)h->layers[layer].weights : NAN);
            for (int figure = 0; figure < HISTORY_FIGURES; figure++)
                print_real(h->layers[layer].at[figure][n]);
            putchar('\n');
        }
    }
}

/* Of a point, by name: what its line told. */
static json_t *tensors_json(const history *h, size_t point)
{
    json_t *tensors = json_object();
    for (size_t layer = 0; layer < h->layer_count; layer++) {
        if (!is_told(&h->layers[layer], point))
            continue;
        json_t *figures = json_object();
        for (int figure = 0; figure < HISTORY_FIGURES; figure++) {
            const double value = h->layers[layer].at[figure][point];
            json_object_set_new(figures, history_figure_name((history_figure)figure),
                                figure == HISTORY_CHANGED && !isnan(value)
                                    ? report_whole((uint64_t)value)
                                    : report_real(value));
        }
        json_object_set_new(tensors, h->layers[layer].name, figures);
    }
    return tensors;
}

static detinit_status print_json(const settings *s, const history_news *news, detinit_error *error)
{
    const history *h = &news->told;
    json_t *points = json_array();
    for (size_t n = 0; n < h->count; n++) {
        const history_point *p = &h->points[n];
        json_array_append_new(points, json_pack("{s:o, s:f, s:o, s:o, s:f, s:o}", "step",
                                                report_whole(p->step), "threshold", p->threshold,
                                                "weights", report_whole(p->weights), "changed",
                                                report_whole(p->changed), "awake", p->awake,
                                                "tensors", tensors_json(h, n)));
    }
    return report_print(json_pack("{s:s, s:o, s:o}", "file", s->file, "wrong_lines",
                                  report_whole(news->wrong_lines), "points", points),
                        error);
}

/* -------------------------------------------------------------------- verb */

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    static const history_place start;
    history_news news;
    char text[512];
    detinit_status status = history_read(s->file, &start, &news, NULL, NULL, error);
    if (status == DETINIT_OK && !news.place.there)
        status = error_set(error, DETINIT_IO, "'%.300s' is not there", s->file);
    if (status == DETINIT_OK && news.wrong_lines > 0)
        fprintf(stderr, "detinit: '%s': %s\n", s->file,
                history_wrong_text(&news, text, sizeof text));
    if (status == DETINIT_OK && s->output.format == OUTPUT_JSON)
        status = print_json(s, &news, error);
    else if (status == DETINIT_OK && s->output.format == OUTPUT_CSV)
        print_csv(&news.told);
    else if (status == DETINIT_OK)
        print_text(s, &news.told);
    history_clear(&news.told);
    return status;
}

const verb verb_watch = {
    .name = "watch",
    .operand = "FILE",
    .noun = "file",
    .help = "follow what a training run writes",
    .options = {VERB_OPTION(FORMAT), VERB_OPTION(QUIET), VERB_OPTION(COLOR),
                VERB_OPTION(BACKGROUND), VERB_OPTION(NO_MOUSE), VERB_OPTION(ASCII)},
    .explores = true,
    .zooms = true,
    .run = run_verb,
};
