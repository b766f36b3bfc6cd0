/* The command watch: what a training run has told of its weights; on a terminal it is followed. */
#include "base/error.h"
#include "option/refuse.h"
#include "system/progress.h"
#include "system/target.h"
#include "text/one_line.h"
#include "trained/follower.h"
#include "verb/verb.h"
#include "verb/watch_report.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* What was wrong with lines, and what is waited for, where nobody waits. */
static void tell_wrong(const settings *s, const history_news *news)
{
    char text[ONE_LINE], other[ONE_LINE];
    if (news->wrong_lines > 0)
        fprintf(stderr, "detinit: '%s': %s\n", one_line(s->file, other),
                one_line(history_wrong_text(news, text, sizeof text), text));
    if (news->waiting > 0 && !s->output.follow)
        fprintf(stderr, "detinit: not complete, or no checkpoint: %s\n",
                one_line(news->waits_for, other));
}

/* All that is there now, into *all. */
static detinit_status look_at_all(const settings *s, follower *f, const detinit_run *run,
                                  history_news *all, detinit_error *error)
{
    history_news news;
    detinit_status status;
    *all = (history_news){0};
    do {
        status = follower_look(f, run, &news, error);
        if (status == DETINIT_OK && !history_join(&all->told, &news.told))
            status = error_set(error, DETINIT_NO_MEMORY, "not enough memory for all of it");
        if (status == DETINIT_OK && !news.more)
            tell_wrong(s, &news);
        all->place.there = news.place.there;
        all->wrong_lines += news.wrong_lines;
        history_clear(&news.told);
    } while (status == DETINIT_OK && news.more);
    return status;
}

static detinit_status print_all(const settings *s, follower *f, detinit_error *error)
{
    history_news all;
    progress bar;
    const detinit_run run = progress_run(&bar, "measuring", s->run.threads, s->output.quiet);
    detinit_status status = look_at_all(s, f, &run, &all, error);
    progress_end(&bar);
    if (status == DETINIT_OK && !all.place.there)
        status = error_set(error, DETINIT_IO, "'%.300s' is not there", s->file);
    if (status == DETINIT_OK)
        status = watch_report_print(s, &all, error);
    history_clear(&all.told);
    return status;
}

/* Until a signal comes, or nobody reads on. */
static detinit_status follow(const settings *s, follower *f, detinit_error *error)
{
    static const struct timespec interval = {.tv_sec = 1};
    history_news news;
    progress bar;
    bool first = true;
    const detinit_run run = progress_run(&bar, "measuring", s->run.threads, true);
    detinit_status status = DETINIT_OK;
    while (status == DETINIT_OK && progress_signal() == 0 && !ferror(stdout)) {
        status = follower_look(f, &run, &news, error);
        if (status == DETINIT_OK && news.told.count > 0) {
            status = watch_report_lines(s, &news.told, first, error);
            first = false;
            fflush(stdout);
        }
        if (status == DETINIT_OK)
            tell_wrong(s, &news);
        history_clear(&news.told);
        if (status == DETINIT_OK && !news.more && progress_signal() == 0)
            nanosleep(&interval, NULL);
    }
    return status == DETINIT_CANCELLED ? DETINIT_OK : status;
}

static detinit_status run_verb(const settings *s, detinit_error *error)
{
    const measure_by by = {s->network.manifest, threshold_chosen(s)};
    follower *f = follower_new(s->file, &by, s->output.save);
    if (f == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory");
    const detinit_status status = s->output.follow ? follow(s, f, error) : print_all(s, f, error);
    follower_free(f);
    return status;
}

/* Checkpoints are opened again and again. */
static bool check(const settings *s, detinit_error *error)
{
    const char *manifest = s->network.manifest, *save = s->output.save;
    if (manifest != NULL && strcmp(manifest, "-") == 0)
        return refuse(error, "--manifest: watch reads it more than once; name a file");
    if (save != NULL && (strcmp(save, "-") == 0 || target_is_special(save)))
        return refuse(error, "--save: watch keeps a history there; name a file");
    return true;
}

const verb verb_watch = {
    .name = "watch",
    .operand = "PATH",
    .noun = "path",
    .usage = "[OPTION ...]",
    .help = "follow what a training run writes",
    .groups = GROUP_THRESHOLD,
    .options = {VERB_OPTION(FORMAT), VERB_OPTION(QUIET), VERB_OPTION(COLOR),
                VERB_OPTION(BACKGROUND), VERB_OPTION(NO_MOUSE), VERB_OPTION(ASCII),
                VERB_OPTION(MANIFEST), VERB_OPTION(SAVE), VERB_OPTION(FOLLOW),
                VERB_OPTION(THREADS)},
    .explores = true,
    .zooms = true,
    .check = check,
    .told = {{OPTION_SAVE,
              "keep the figures of checkpoints there, as lines, and go on from those"}},
    .run = run_verb,
};
