/* The command audit: what the tensors of a checkpoint were initialized by, and what looks wrong. */
#include "base/error.h"
#include "detinit_audit.h"
#include "detinit_pack.h"
#include "file/tensorfile.h"
#include "option/refuse.h"
#include "system/progress.h"
#include "text/grouped.h"
#include "text/one_line.h"
#include "verb/not_read.h"
#include "verb/report.h"
#include "verb/report_value.h"
#include "verb/verb.h"
#include "verb/weights.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct auditing {
    const settings *settings;
    detinit_tensorfile *file;
    detinit_audit *audit;
} auditing;

/* What a tensor is consistent with, and what else is the same here. */
static const char *words_of(const detinit_audit_tensor *t, char *buffer, size_t size)
{
    char words[DETINIT_AUDIT_WORDS];
    const bool alone = t->also[0] == '\0' || t->origin >= DETINIT_ORIGIN_NONE;
    const bool other = !alone && t->origin == DETINIT_ORIGIN_SCHEME && !t->recipe.orthogonal;
    snprintf(buffer, size, "%s%s%s", detinit_audit_words(t, words),
             alone   ? ""
             : other ? "; the same as "
                     : ", ",
             alone ? "" : t->also);
    return buffer;
}

#define WORDS (2 * DETINIT_AUDIT_WORDS + 16)

/* -------------------------------------------------------------------- text */

static int name_width(const auditing *a)
{
    int widest = (int)strlen("tensor");
    for (size_t n = 0; n < detinit_tensorfile_count(a->file); n++) {
        const int width =
            report_width(weights_told_name(a->file, detinit_tensorfile_tensor(a->file, n)));
        widest = width > widest ? width : widest;
    }
    return widest < NAME_COLUMNS ? widest : NAME_COLUMNS;
}

/* A figure in so many columns, or a hyphen. */
static void print_figure(const char *format, int columns, double value)
{
    char text[32] = "-";
    if (!isnan(value))
        snprintf(text, sizeof text, format, value);
    printf(" %*s", columns, text);
}

static void print_tensor(const auditing *a, const detinit_audit_tensor *t, int widest)
{
    char text[WORDS];
    const char *name = weights_told_name(a->file, t->tensor);
    const int width = report_width(name);
    fputs("  ", stdout);
    one_line_print(name, NAME_COLUMNS);
    printf("%*s", width < widest ? widest - width : 0, "");
    printf(" %14s", grouped(t->tensor->count, text));
    print_figure("%.3g", 10, fabs(t->mean) < 1e-300 ? 0 : t->mean);
    print_figure("%.4g", 10, t->std);
    print_figure("%.2g", 8, t->ks_p);
    print_figure("%.1f%%", 8, 100 * t->outside);
    printf("  %s\n", words_of(t, text, sizeof text));
}

static void print_findings(const auditing *a)
{
    const size_t warnings = detinit_audit_warnings(a->audit);
    const detinit_finding *f;
    for (size_t n = 0; (f = detinit_audit_finding(a->audit, n)) != NULL; n++) {
        if (n == 0 && warnings > 0)
            printf("\nLooks wrong:\n");
        if (n == warnings)
            printf("\nTo note:\n");
        fputs("  ", stdout);
        one_line_print(weights_told_name(a->file, detinit_tensorfile_tensor(a->file, f->first)),
                       NAME_COLUMNS);
        const bool names_others =
            f->kind == DETINIT_FINDING_EQUAL || f->kind == DETINIT_FINDING_TIED;
        if (f->count > 1 && !names_others)
            printf(" and %zu more", f->count - 1);
        fputs(":\n    ", stdout);
        one_line_print(f->text, sizeof f->text);
        putchar('\n');
    }
    if (detinit_audit_of(a->audit, 0) == NULL)
        printf("\nThere are no weights to look at.\n");
    else if (warnings == 0)
        printf("\nNothing looks wrong.\n");
    not_read_print(stdout, a->file, "");
}

static void print_text(const auditing *a)
{
    const int widest = name_width(a);
    uint64_t all = 0, sampled = 0;
    const detinit_audit_tensor *t;
    char text[32], file[ONE_LINE];
    if (!a->settings->output.quiet)
        printf("AUDIT (%s, %s%s)\n"
               "============================================================\n",
               one_line(a->settings->file, file), tensorfile_format(a->file)->name,
               tensorfile_format(a->file)->packed ? ", packed" : "");
    printf("  %-*s %14s %10s %10s %8s %8s  consistent with\n", widest, "tensor", "weights", "mean",
           "std", "KS p", "outside");
    for (size_t n = 0; (t = detinit_audit_of(a->audit, n)) != NULL; n++) {
        print_tensor(a, t, widest);
        all += t->looked_at;
        sampled += t->sampled;
    }
    printf("\n%s weights looked at", grouped(all, text));
    if (sampled > 0)
        printf("; of %s tensor%s a sample, --exact looks at all", grouped(sampled, text),
               sampled == 1 ? "" : "s");
    printf(".\nA scheme is ruled out by a p below %.1e: all that is as it was drawn passes with a\n"
           "chance of %g%%.  outside: the share of the variance of a block of at most %zu x %zu\n"
           "weights beyond Marchenko and Pastur's edge.\n",
           detinit_audit_level(a->audit), 100 * (1 - DETINIT_AUDIT_FALSE_ALARM), DETINIT_AUDIT_ROWS,
           DETINIT_AUDIT_COLS);
    print_findings(a);
}

/* -------------------------------------------------------------- JSON and CSV */

static json_t *tensor_json(const detinit_audit_tensor *t)
{
    char text[WORDS];
    nullable f = nullable_of(
        json_pack("{s:s, s:s, s:o, s:o, s:b, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o}",
                  "name", t->tensor->name, "type", t->tensor->type, "shape",
                  report_list(t->tensor->shape, t->tensor->rank), "looked_at",
                  report_whole(t->looked_at), "sampled", t->sampled, "nan", report_whole(t->nan),
                  "infinite", report_whole(t->infinite), "zeros", report_whole(t->zeros), "origin",
                  detinit_origin_name(t->origin), "consistent_with", words_of(t, text, sizeof text),
                  "rows", report_whole(t->rows), "dead_rows", report_whole(t->dead_rows),
                  "dead_cols", report_whole(t->dead_cols), "ks_count", report_whole(t->ks_count),
                  "block", json_pack("[i, i]", (int)t->block_rows, (int)t->block_cols)),
        "there is no such figure of these weights");
    nullable_put(&f, "mean", t->mean);
    nullable_put(&f, "std", t->std);
    nullable_put(&f, "min", t->min);
    nullable_put(&f, "max", t->max);
    nullable_put(&f, "skewness", t->skewness);
    nullable_put(&f, "excess_kurtosis", t->excess_kurtosis);
    nullable_put(&f, "ks_distance", t->ks_distance);
    nullable_put(&f, "ks_p", t->ks_p);
    nullable_put(&f, "outside", t->outside);
    nullable_put(&f, "above_edge", t->above_edge);
    nullable_put(&f, "spectrum_p", t->spectrum_p);
    nullable_put(&f, "norms_p", t->norms_p);
    return nullable_end(&f);
}

static json_t *finding_json(const auditing *a, const detinit_finding *f)
{
    return json_pack("{s:s, s:b, s:s, s:I, s:o, s:s}", "kind", detinit_finding_name(f->kind),
                     "warning", f->warning, "tensor",
                     detinit_tensorfile_tensor(a->file, f->first)->name, "tensors",
                     (json_int_t)f->count, "factor", report_real(f->factor), "text", f->text);
}

static detinit_status print_json(const auditing *a, detinit_error *error)
{
    json_t *tensors = json_array(), *findings = json_array();
    const detinit_audit_tensor *t;
    const detinit_finding *f;
    for (size_t n = 0; (t = detinit_audit_of(a->audit, n)) != NULL; n++)
        json_array_append_new(tensors, tensor_json(t));
    for (size_t n = 0; (f = detinit_audit_finding(a->audit, n)) != NULL; n++)
        json_array_append_new(findings, finding_json(a, f));
    return report_print(json_pack("{s:o, s:s, s:o, s:I, s:o, s:o, s:o}", "file",
                                  one_line_json(a->settings->file), "format",
                                  tensorfile_format(a->file)->name, "level",
                                  report_real(detinit_audit_level(a->audit)), "warnings",
                                  (json_int_t)detinit_audit_warnings(a->audit), "tensors", tensors,
                                  "findings", findings, "not_read", not_read_json(a->file)),
                        error);
}

static void print_csv(const auditing *a)
{
    const detinit_audit_tensor *t;
    const detinit_finding *f;
    char text[WORDS];
    puts("tensor,weights,looked_at,nan,infinite,zeros,dead_rows,dead_cols,mean,std,min,max,"
         "skewness,excess_kurtosis,ks_p,outside,above_edge,spectrum_p,norms_p,origin,consistent_"
         "with");
    for (size_t n = 0; (t = detinit_audit_of(a->audit, n)) != NULL; n++) {
        const double figures[] = {
            t->mean, t->std,     t->min,        t->max,        t->skewness, t->excess_kurtosis,
            t->ks_p, t->outside, t->above_edge, t->spectrum_p, t->norms_p};
        one_line_field(t->tensor->name);
        printf(",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64,
               t->tensor->count, t->looked_at, t->nan, t->infinite, t->zeros, t->dead_rows,
               t->dead_cols);
        for (size_t k = 0; k < sizeof figures / sizeof *figures; k++)
            report_csv_real(figures[k]);
        printf(",%s,", detinit_origin_name(t->origin));
        one_line_field(words_of(t, text, sizeof text));
        putchar('\n');
    }
    not_read_print(stderr, a->file, "");
    puts("\nwarning,finding,tensor,tensors,text");
    for (size_t n = 0; (f = detinit_audit_finding(a->audit, n)) != NULL; n++) {
        printf("%d,%s,", f->warning, detinit_finding_name(f->kind));
        one_line_field(detinit_tensorfile_tensor(a->file, f->first)->name);
        printf(",%zu,", f->count);
        one_line_field(f->text);
        putchar('\n');
    }
}

/* --------------------------------------------------------------------- verb */

static detinit_status tell(const auditing *a, detinit_error *error)
{
    const size_t warnings = detinit_audit_warnings(a->audit);
    detinit_status status = DETINIT_OK;
    if (a->settings->output.format == OUTPUT_JSON)
        status = print_json(a, error);
    else if (a->settings->output.format == OUTPUT_CSV)
        print_csv(a);
    else
        print_text(a);
    if (status != DETINIT_OK || warnings == 0 || !a->settings->output.strict)
        return status;
    fflush(stdout);
    return error_set(error, DETINIT_IO, "'%.200s': %zu finding%s that look%s wrong",
                     a->settings->file, warnings, warnings == 1 ? "" : "s",
                     warnings == 1 ? "s" : "");
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    auditing a = {.settings = s};
    progress bar = {0};
    detinit_status status =
        refuse_file(detinit_tensorfile_open_unpacked(s->file, &a.file, error), error);
    if (status != DETINIT_OK)
        return status;
    const detinit_run run = progress_run(&bar, "auditing", s->run.threads, s->output.quiet);
    status = detinit_audit_new(a.file, s->output.exact, &run, &a.audit, error);
    progress_end(&bar);
    if (status == DETINIT_OK)
        status = tell(&a, error);
    else
        status = refuse_file(status, error);
    detinit_audit_free(a.audit);
    detinit_tensorfile_close(a.file);
    return status;
}

const verb verb_audit = {
    .name = "audit",
    .operand = "FILE",
    .noun = "file",
    .usage = "[OPTION ...]",
    .help = "what initialized a checkpoint",
    .groups = GROUP_RUN,
    .options = {VERB_OPTION(EXACT), VERB_OPTION(STRICT)},
    .run = run_verb,
};
