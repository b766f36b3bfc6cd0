#include "verb/report.h"

#include "detinit_files.h"
#include "system/progress.h"
#include "verb/report_value.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

void report_csv_real(double value)
{
    if (isnan(value))
        putchar(',');
    else
        printf(",%.17g", value);
}

/* The weights, a line for each row, as --save writes them into a .csv file. */
static detinit_status print_weights(const report_data *d, detinit_error *error)
{
    progress silent;
    const detinit_run run = progress_run(&silent, "printing", d->settings->run.threads, true);
    fflush(stdout);
    return detinit_matrix_write(d->matrix, STDOUT_FILENO, DETINIT_CSV, &run, NULL, NULL, error);
}

static void print_modes(const report_data *d)
{
    puts("\nmode,mean,std,target_std,std_errors,min,max");
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT; mode++) {
        const detinit_statistics *s = &d->modes[mode].survey.statistics;
        const double figures[] = {s->mean, s->std, s->target_std, s->std_errors, s->min, s->max};
        fputs(detinit_mode_name((detinit_mode)mode), stdout);
        for (size_t n = 0; n < sizeof figures / sizeof figures[0]; n++)
            report_csv_real(figures[n]);
        putchar('\n');
    }
}

static void print_histogram(const detinit_histogram *h)
{
    puts("\nfrom,to,count,expected");
    for (size_t n = 0; n < h->bins; n++)
        printf("%.17g,%.17g,%llu,%.17g\n", h->edges[n], h->edges[n + 1],
               (unsigned long long)h->counts[n], h->expected[n]);
}

static void print_reproducibility(const detinit_reproducibility *r)
{
    puts("\nequal,compared,max_difference,sha256");
    printf("%d,%llu,%.17g,%s\n", r->equal, (unsigned long long)r->compared, r->max_difference,
           r->sha256);
}

detinit_status report_csv(const report_data *d, detinit_error *error)
{
    const detinit_status status = print_weights(d, error);
    if (status != DETINIT_OK)
        return status;
    if (d->has_modes)
        print_modes(d);
    if (d->settings->output.show_dist)
        print_histogram(&d->survey.histogram);
    if (d->has_reproducibility)
        print_reproducibility(&d->reproducibility);
    return DETINIT_OK;
}
