#include "verb/watch_report.h"

#include "base/error.h"
#include "text/grouped.h"
#include "text/one_line.h"
#include "verb/report_value.h"
#include "verb/weights.h"

#include <math.h>
#include <stdio.h>

/* -------------------------------------------------------------------- text */

/* "1.2e-03", "-" for what is not told. */
static void print_figure(const char *format, int width, double value)
{
    char text[32] = "-";
    if (!isnan(value))
        snprintf(text, sizeof text, format, value);
    printf("  %*s", width, text);
}

static void print_heading(const history *h)
{
    fputs("        step", stdout);
    if (h->tells[HISTORY_AWAKE])
        fputs("   threshold        awake     changed of weights", stdout);
    else
        fputs("       weights", stdout);
    puts(h->tells[HISTORY_NORM] ? "        norm" : "");
}

static void print_points(const history *h)
{
    char changed[32], total[32];
    for (size_t n = 0; n < h->count; n++) {
        const history_point *p = &h->points[n];
        printf("  %10llu", (unsigned long long)p->step);
        grouped(p->weights, total);
        if (!isnan(p->awake))
            printf("  %10.4g  %9.2f %%  %10s of %s", p->threshold, 100 * p->awake,
                   grouped(p->changed, changed), total);
        else if (h->tells[HISTORY_AWAKE])
            printf("  %10s  %9s    %10s of %s", "-", "-", "-", total);
        else
            printf("  %12s", total);
        if (h->tells[HISTORY_NORM])
            print_figure("%.4g", 10, history_of_all(h, HISTORY_NORM, n));
        putchar('\n');
    }
}

/* Columns of the tensors, those that are told. */
static const struct column {
    const char *heading, *format;
    int width;
    double scale;
    history_figure figure;
} columns[] = {
    {"awake", "%.2f %%", 9, 100, HISTORY_AWAKE},
    {"mean delta", "%.3e", 10, 1, HISTORY_MEAN_DELTA},
    {"max delta", "%.3e", 10, 1, HISTORY_MAX_DELTA},
    {"decay", "%.5f", 8, 1, HISTORY_DECAY},
    {"norm", "%.4g", 9, 1, HISTORY_NORM},
    {"std", "%.3e", 9, 1, HISTORY_STD},
    {"spectral", "%.4g", 9, 1, HISTORY_SPECTRAL},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

static void print_layers(const history *h)
{
    const size_t last = h->count - 1;
    char text[32], name[ONE_LINE];
    printf("\nAt step %llu:\n\n       weights", (unsigned long long)h->points[last].step);
    for (size_t k = 0; k < COLUMNS; k++)
        if (h->tells[columns[k].figure])
            printf("  %*s", columns[k].width, columns[k].heading);
    puts("  tensor");
    for (size_t n = 0; n < h->layer_count; n++) {
        const uint64_t count = h->layers[n].weights;
        printf("  %12s", count > 0 ? grouped(count, text) : "-");
        for (size_t k = 0; k < COLUMNS; k++)
            if (h->tells[columns[k].figure])
                print_figure(columns[k].format, columns[k].width,
                             columns[k].scale * h->layers[n].at[columns[k].figure][last]);
        printf("  %s\n", one_line(h->layers[n].name, name));
    }
}

static bool is_sampled(const history *h)
{
    bool sampled = false;
    for (size_t n = 0; n < h->count; n++)
        sampled = sampled || h->points[n].sampled;
    return sampled;
}

static void print_notes(const history *h)
{
    putchar('\n');
    if (h->tells[HISTORY_AWAKE])
        puts("  awake: |w - w0| above the threshold; delta: |w - w0|; decay: the c for which c w0 "
             "fits\n  w best; -: not told, or, of weights, that none of them was ever awake.");
    if (h->tells[HISTORY_NORM])
        puts("  norm: the root of the sum of squares; spectral: the largest singular value of the\n"
             "  first dimension by all others, to a percent; -: none, or of too many weights.");
    if (is_sampled(h))
        puts("  norm and std of tensors of more than 16,777,216 weights are of a sample of "
             "4,194,304.");
}

static void print_text(const settings *s, const history *h)
{
    char file[ONE_LINE];
    if (!s->output.quiet)
        printf("WATCH ('%s')\n"
               "============================================================\n\n",
               one_line(s->file, file));
    if (h->count == 0) {
        puts("  no line, or checkpoint, is complete yet");
        return;
    }
    print_heading(h);
    print_points(h);
    print_layers(h);
    if (!s->output.quiet)
        print_notes(h);
}

/* ------------------------------------------------------------- CSV and JSON */

static void print_csv_heading(void)
{
    puts(
        "step,threshold,tensor,weights,awake,changed,mean_delta,max_delta,decay,norm,std,spectral");
}

/* Behind the first two columns: of a point, or of a tensor. */
static void begin_csv_line(const history_point *p)
{
    printf("%llu", (unsigned long long)p->step);
    report_csv_real(p->threshold);
    putchar(',');
}

/* All together have no name. */
static void print_csv_points(const history *h)
{
    for (size_t n = 0; n < h->count; n++) {
        const history_point *p = &h->points[n];
        begin_csv_line(p);
        printf(",%llu", (unsigned long long)p->weights);
        report_csv_real(p->awake);
        report_csv_real(isnan(p->awake) ? NAN : (double)p->changed);
        fputs(",,,", stdout);
        report_csv_real(history_of_all(h, HISTORY_NORM, n));
        puts(",,");
        for (size_t layer = 0; layer < h->layer_count; layer++) {
            const history_layer *l = &h->layers[layer];
            if (!history_is_told(l, n))
                continue;
            begin_csv_line(p);
            one_line_field(l->name);
            report_csv_real(l->weights > 0 ? (double)l->weights : NAN);
            for (int figure = 0; figure < HISTORY_FIGURES; figure++)
                report_csv_real(l->at[figure][n]);
            putchar('\n');
        }
    }
}

static detinit_status print_json(const settings *s, const history_news *news, detinit_error *error)
{
    json_t *points = json_array();
    for (size_t n = 0; n < news->told.count; n++)
        json_array_append_new(points, history_json(&news->told, n));
    return report_print(json_pack("{s:o, s:o, s:o}", "file", one_line_json(s->file), "wrong_lines",
                                  report_whole(news->wrong_lines), "points", points),
                        error);
}

static detinit_status print_json_lines(const history *h, detinit_error *error)
{
    for (size_t n = 0; n < h->count; n++) {
        json_t *line = history_json(h, n);
        const bool good = one_line_put_json(line, 0) || ferror(stdout);
        json_decref(line);
        if (!good)
            return error_set(error, DETINIT_NO_MEMORY, "not enough memory for a line");
        putchar('\n');
    }
    return DETINIT_OK;
}

/* --------------------------------------------------------------------- all */

detinit_status watch_report_print(const settings *s, const history_news *news, detinit_error *error)
{
    if (s->output.format == OUTPUT_JSON)
        return print_json(s, news, error);
    if (s->output.format == OUTPUT_CSV) {
        print_csv_heading();
        print_csv_points(&news->told);
    } else {
        print_text(s, &news->told);
    }
    return DETINIT_OK;
}

detinit_status watch_report_lines(const settings *s, const history *h, bool first,
                                  detinit_error *error)
{
    if (s->output.format == OUTPUT_JSON)
        return print_json_lines(h, error);
    if (s->output.format == OUTPUT_CSV) {
        if (first)
            print_csv_heading();
        print_csv_points(h);
        return DETINIT_OK;
    }
    if (first && !s->output.quiet)
        print_heading(h);
    print_points(h);
    return DETINIT_OK;
}
