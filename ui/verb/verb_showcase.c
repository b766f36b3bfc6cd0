/* The command showcase: its steps, one after the other. */
#include "text/grouped.h"
#include "base/error.h"
#include "detinit_files.h"
#include "file/format.h"
#include "option/option.h"
#include "system/progress.h"
#include "option/refuse.h"
#include "text/one_line.h"
#include "trained/showcase.h"
#include "verb/report.h"
#include "verb/showcase_report.h"
#include "system/target.h"
#include "verb/verb.h"

#include <stdio.h>
#include <string.h>

static bool check(const settings *s, detinit_error *error)
{
    char names[FORMAT_NAMES];
    if (s->training.small && s->training.data != NULL)
        return refuse(error, "--small: has data of its own; leave --data out");
    if (s->output.save != NULL && !format_of_path_is(s->output.save, format_saves_networks))
        return refuse(error, "--save: '%.200s' must end in %s with the command showcase",
                      s->output.save, format_names(format_saves_networks, names));
    return true;
}

/* The showcase under way: what its steps share. */
typedef struct show {
    const settings *settings;
    showcase_result result;
    detinit_tensorwriter *writer; /* NULL where nothing is saved, or nothing more */
    uint64_t saved_bytes;
    progress bar;
    detinit_run run;
} show;

static bool as_text(const show *w)
{
    return w->settings->output.format == OUTPUT_TEXT && report_is_wanted(w->settings);
}

/* The bar makes way for the line of an epoch. */
static void observe(void *context, const showcase_result *r, const training_moment *moment)
{
    show *w = context;
    if (!moment->epoch_done || !as_text(w))
        return;
    progress_end(&w->bar);
    showcase_print_epoch(r, moment->epoch);
}

static detinit_status prepare(show *w, detinit_error *error)
{
    detinit_status status =
        showcase_prepare(&w->settings->training, &w->settings->recipe, &w->result, &w->run, error);
    if (status == DETINIT_OK && w->settings->output.save != NULL)
        status =
            showcase_open_file(w->settings->output.save, &w->result, &w->run, &w->writer, error);
    if (status == DETINIT_OK && as_text(w))
        showcase_print_heading(w->settings, &w->result);
    return status;
}

static detinit_status train(show *w, detinit_error *error)
{
    const showcase_observer observer = {observe, w};
    return showcase_train(&w->settings->training, w->settings->recipe.seed, &w->result, &observer,
                          &w->run, error);
}

static detinit_status prune(show *w, detinit_error *error)
{
    detinit_status status =
        showcase_prune(threshold_chosen(w->settings), &w->result, &w->run, error);
    progress_end(&w->bar);
    if (status == DETINIT_OK && as_text(w))
        showcase_print_pruning(&w->result);
    return status;
}

static detinit_status save(show *w, detinit_error *error)
{
    detinit_tensorwriter *writer = w->writer;
    w->writer = NULL;
    return writer != NULL ? showcase_save(&w->result, writer, &w->saved_bytes, error) : DETINIT_OK;
}

static detinit_status pack(show *w, detinit_error *error)
{
    char bytes[32], path[ONE_LINE];
    const char *saved = w->settings->output.save;
    if (saved != NULL && target_is_special(saved))
        saved = NULL; /* a pipe gives nothing back */
    detinit_status status = showcase_pack(&w->result, saved, &w->run, error);
    progress_end(&w->bar);
    if (status != DETINIT_OK || !as_text(w))
        return status;
    showcase_print_packing(&w->result);
    if (w->settings->output.save != NULL)
        printf("\nSaved the trained network: %s (%s bytes)\n",
               one_line(w->settings->output.save, path), grouped(w->saved_bytes, bytes));
    return DETINIT_OK;
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    static const struct {
        const char *what; /* for the bar */
        detinit_status (*take)(show *w, detinit_error *error);
    } steps[] = {{"preparing", prepare},
                 {"training", train},
                 {"pruning", prune},
                 {"saving", save},
                 {"packing", pack}};
    show w = {.settings = s};
    detinit_status status = DETINIT_OK;
    for (size_t n = 0; n < sizeof steps / sizeof steps[0] && status == DETINIT_OK; n++) {
        w.run = progress_run(&w.bar, steps[n].what, s->run.threads, s->output.quiet);
        status = steps[n].take(&w, error);
        progress_end(&w.bar);
    }
    if (w.writer != NULL)
        detinit_tensorwriter_abandon(w.writer);
    if (status == DETINIT_OK && s->output.format == OUTPUT_JSON)
        status = showcase_print_json(s, &w.result, error);
    if (status == DETINIT_OK && !w.result.unpacks) {
        status = error_set(error, DETINIT_NUMERIC,
                           "the unpacked network is not the one that was packed");
    }
    showcase_free(&w.result);
    return status;
}

const verb verb_showcase = {
    .name = "showcase",
    .usage = "[OPTION ...]",
    .help = "train a network, prune it, pack it",
    .told_by = "its network",
    .groups = GROUP_SCHEME | GROUP_TRAINING | GROUP_RUN,
    .options = {VERB_OPTION(SPARSITY), VERB_OPTION(SAVE)},
    .prints_no_csv = true,
    .check = check,
    .run = run_verb,
};
