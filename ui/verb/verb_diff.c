/* The command diff: what differs between two checkpoints, tensor by tensor. */
#include "base/error.h"
#include "detinit_pack.h"
#include "base/progress.h"
#include "file/tensorfile.h"
#include "option/refuse.h"
#include "trained/names.h"
#include "verb/diff_report.h"
#include "verb/verb.h"
#include "verb/weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -------------------------------------------------------------- for all reports */

bool diff_report_equal(const diff_report *d)
{
    return d->kinds[DETINIT_DIFF_UNCHANGED] == d->count;
}

const char *diff_report_name(const diff_report *d, const detinit_diff_pair *pair)
{
    const detinit_tensorfile *file = pair->a != NULL ? d->a : d->b;
    return pair->name[0] != '\0' || tensorfile_format(file)->many ? pair->name
                                                                  : detinit_tensorfile_path(file);
}

const char *diff_report_kinds(const diff_report *d, char *buffer, size_t size)
{
    size_t length = 0;
    for (int kind = 0; kind < DETINIT_DIFF_KIND_COUNT && length < size; kind++)
        if (d->kinds[kind] > 0)
            length +=
                (size_t)snprintf(buffer + length, size - length, "%s%zu %s", length > 0 ? ", " : "",
                                 d->kinds[kind], detinit_diff_kind_name((detinit_diff_kind)kind));
    return buffer;
}

/* ---------------------------------------------------------------------- comparing */

static uint64_t items_of(const detinit_diff_pair *pair)
{
    return pair->a != NULL && pair->b != NULL ? pair->a->count : 0;
}

static void take(diff_report *d, size_t n)
{
    const detinit_difference *f = &d->found[n];
    d->kinds[f->kind]++;
    detinit_difference_add(&d->total, f);
    if (f->compared && f->kind != DETINIT_DIFF_UNCHANGED)
        d->listed[d->listed_count++] = n;
}

static detinit_status compare_all(diff_report *d, const detinit_run *run, detinit_error *error)
{
    shared_progress all = {.run = run};
    detinit_status status = DETINIT_OK;
    for (size_t n = 0; n < d->count; n++)
        all.total += items_of(detinit_diff_pair_at(d->diff, n));
    for (size_t n = 0; n < d->count && status == DETINIT_OK; n++) {
        const detinit_run part = progress_share(&all, items_of(detinit_diff_pair_at(d->diff, n)));
        status = detinit_diff_tensor(d->diff, n, d->threshold, &part, &d->found[n], error);
        if (status == DETINIT_OK)
            take(d, n);
    }
    return status;
}

static detinit_status compare(diff_report *d, detinit_error *error)
{
    progress bar;
    const settings *s = d->settings;
    d->found = calloc(d->count + 1, sizeof *d->found);
    d->listed = calloc(d->count + 1, sizeof *d->listed);
    if (d->found == NULL || d->listed == NULL)
        return error_set(error, DETINIT_NO_MEMORY,
                         "not enough memory for the figures of %zu tensors", d->count);
    const detinit_run run = progress_run(&bar, "comparing", s->run.threads, s->output.quiet);
    detinit_status status = refuse_file(compare_all(d, &run, error), error);
    progress_end(&bar);
    return status;
}

static detinit_status save(diff_report *d, detinit_error *error)
{
    progress bar;
    const settings *s = d->settings;
    const detinit_run run = progress_run(&bar, "saving", s->run.threads, s->output.quiet);
    detinit_status status =
        refuse_file(detinit_diff_save(d->diff, s->output.save, &run, &d->patching, error), error);
    progress_end(&bar);
    d->saved = status == DETINIT_OK;
    return status;
}

/* ----------------------------------------------------------------------- the command */

static detinit_status print(const diff_report *d, detinit_error *error)
{
    const settings *s = d->settings;
    if (s->output.format == OUTPUT_JSON)
        return diff_report_json(d, error);
    if (s->output.format == OUTPUT_CSV)
        diff_report_csv(d);
    else if (report_is_wanted(s))
        diff_report_text(d, terminal_of_stdout(s));
    return DETINIT_OK;
}

/* With --strict what differs is a failure. */
static detinit_status judge(const diff_report *d, detinit_error *error)
{
    char kinds[256];
    if (!d->settings->output.strict || diff_report_equal(d))
        return DETINIT_OK;
    fflush(stdout);
    return error_set(error, DETINIT_IO, "'%.100s' and '%.100s' differ: of %zu tensors %s",
                     d->a_path, d->b_path, d->count, diff_report_kinds(d, kinds, sizeof kinds));
}

static detinit_status pair_files(diff_report *d, detinit_error *error)
{
    detinit_name_rules *rules;
    detinit_status status = names_read(d->settings->network.names, &rules, error);
    if (status != DETINIT_OK)
        return status;
    status = refuse_file(detinit_diff_open(d->a, d->b, rules, &d->diff, error), error);
    detinit_name_rules_free(rules);
    return status;
}

static detinit_status run_files(diff_report *d, detinit_error *error)
{
    detinit_status status = pair_files(d, error);
    if (status != DETINIT_OK)
        return status;
    d->count = detinit_diff_count(d->diff);
    status = compare(d, error);
    if (status == DETINIT_OK && d->settings->output.save != NULL)
        status = save(d, error);
    if (status == DETINIT_OK)
        status = print(d, error);
    if (status == DETINIT_OK)
        status = judge(d, error);
    detinit_diff_free(d->diff);
    free(d->found);
    free(d->listed);
    return status;
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    diff_report d = {
        .settings = s, .a_path = s->file, .b_path = s->more[0], .threshold = s->tracking.threshold};
    detinit_status status =
        refuse_file(detinit_tensorfile_open_unpacked(d.a_path, &d.a, error), error);
    if (status != DETINIT_OK)
        return status;
    status = refuse_file(detinit_tensorfile_open_unpacked(d.b_path, &d.b, error), error);
    if (status == DETINIT_OK) {
        status = run_files(&d, error);
        detinit_tensorfile_close(d.b);
    }
    detinit_tensorfile_close(d.a);
    return status;
}

static bool check(const settings *s, detinit_error *error)
{
    if (s->tracking.threshold == THRESHOLD_AUTO)
        return refuse(error, "--threshold: a number was expected with the command diff, not auto");
    return weights_check_save(s, false, format_saves_networks, error);
}

const verb verb_diff = {
    .name = "diff",
    .operand = "A B",
    .noun = "file",
    .usage = "[OPTION ...]",
    .help = "what differs between two checkpoints",
    .groups = GROUP_RUN,
    .options = {VERB_OPTION(THRESHOLD), VERB_OPTION(NAMES), VERB_OPTION(SAVE), VERB_OPTION(STRICT)},
    .check = check,
    .told = {{OPTION_THRESHOLD, "|b - a| above this counts as changed, a number"},
             {OPTION_SAVE, "save a patch, by which detinit patch makes B of A"},
             {OPTION_NAMES, "what tensors of B are called in A, a file of rules or 'net.* = *'"}},
    .run = run_verb,
};
