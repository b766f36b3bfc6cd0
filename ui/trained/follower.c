#include "trained/follower.h"

#include "base/error.h"
#include "file/jsondump.h"
#include "file/retry.h"
#include "system/json_memory.h"
#include "trained/checkpoint_series.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A checkpoint as it was when it was measured, or could not be. */
typedef struct seen {
    uint64_t step, bytes;
    int64_t modified;
    char *path;   /* owned; of one that could not be measured; else NULL */
    time_t since; /* when it was first tried as it is */
    bool told;    /* that it is wrong */
} seen;

typedef struct seen_list {
    size_t count;
    seen *all;
} seen_list;

struct follower {
    char *path, *manifest, *save; /* owned; the last two may be NULL */
    threshold_choice threshold;
    bool resumed;        /* what `save` held was told */
    history_place place; /* of lines */
    seen_list done, bad; /* by steps; by the time of failing */
    uint64_t last_step;
};

/* ------------------------------------------------------------------- lists */

static seen *add_seen(seen_list *to, seen one)
{
    seen *all = realloc(to->all, (to->count + 1) * sizeof *all);
    if (all == NULL)
        return NULL;
    to->all = all;
    all[to->count] = one;
    return &all[to->count++];
}

static bool is_same(const seen *s, const sighting *now)
{
    return s->bytes == now->bytes && s->modified == now->modified;
}

static bool is_done(const follower *f, const sighting *now)
{
    for (size_t n = f->done.count; n > 0; n--)
        if (is_same(&f->done.all[n - 1], now) &&
            (!now->numbered || f->done.all[n - 1].step == now->step))
            return true;
    return false;
}

/* Points from a step on go, as those of the history do. */
static bool add_done(follower *f, const history_point *point)
{
    seen_list *done = &f->done;
    while (done->count > 0 && done->all[done->count - 1].step >= point->step)
        done->count--;
    f->last_step = point->step;
    return add_seen(done, (seen){.step = point->step,
                                 .bytes = point->bytes,
                                 .modified = point->modified}) != NULL;
}

static seen *find_bad(const follower *f, const sighting *now)
{
    for (size_t n = 0; n < f->bad.count; n++)
        if (strcmp(f->bad.all[n].path, now->path) == 0)
            return &f->bad.all[n];
    return NULL;
}

/* ---------------------------------------------------------------- beginning */

static bool copy(char **to, const char *from)
{
    *to = from != NULL ? strdup(from) : NULL;
    return from == NULL || *to != NULL;
}

follower *follower_new(const char *path, const measure_by *by, const char *save)
{
    follower *f = calloc(1, sizeof *f);
    if (f == NULL)
        return NULL;
    f->threshold = by->threshold;
    bool enough = copy(&f->path, path);
    enough = copy(&f->manifest, by->manifest) && enough;
    if (copy(&f->save, save) && enough)
        return f;
    follower_free(f);
    return NULL;
}

void follower_free(follower *f)
{
    if (f == NULL)
        return;
    for (size_t n = 0; n < f->bad.count; n++)
        free(f->bad.all[n].path);
    free(f->bad.all);
    free(f->done.all);
    free(f->path);
    free(f->manifest);
    free(f->save);
    free(f);
}

/* --------------------------------------------------------- the saved history */

static detinit_status cannot_save(const follower *f, detinit_error *error)
{
    return error_set(error, DETINIT_IO, "cannot write '%.300s': %s", f->save, strerror(errno));
}

/* A last line whose end was never written is cut off. */
static detinit_status cut_rest(const follower *f, const history_place *place, detinit_error *error)
{
    if (place->offset >= place->size)
        return DETINIT_OK;
    if (place->lines == 0)
        return error_set(error, DETINIT_IO, "'%.300s' is no history, lines of JSON; save elsewhere",
                         f->save);
    int cut;
    do
        cut = truncate(f->save, place->offset);
    while (retry_needed(cut));
    return cut == 0 ? DETINIT_OK : cannot_save(f, error);
}

/* What was saved before is told, and known. */
static detinit_status resume(follower *f, const detinit_run *run, history_news *news,
                             detinit_error *error)
{
    static const history_place start;
    detinit_status status = history_read(f->save, &start, news, run, error);
    if (status == DETINIT_OK && news->wrong_lines > 0)
        status = error_set(error, DETINIT_IO, "'%.200s' is no history: %.200s; save elsewhere",
                           f->save, news->wrong);
    if (status == DETINIT_OK)
        status = cut_rest(f, &news->place, error);
    for (size_t n = 0; n < news->told.count && status == DETINIT_OK; n++)
        if (!add_done(f, &news->told.points[n]))
            status = error_set(error, DETINIT_NO_MEMORY, "not enough memory");
    f->resumed = status == DETINIT_OK;
    news->more = true;
    return status;
}

static detinit_status save_line(const follower *f, const json_t *line, detinit_error *error)
{
    if (f->save == NULL)
        return DETINIT_OK;
    char *text = json_memory_lacked() ? NULL : jsondump_text(line, 0);
    if (text == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for '%.200s'", f->save);
    FILE *file = fopen(f->save, "a");
    bool good = file != NULL;
    if (file != NULL) {
        good = fprintf(file, "%s\n", text) > 0;
        good = fclose(file) == 0 && good;
    }
    free(text);
    return good ? DETINIT_OK : cannot_save(f, error);
}

/* -------------------------------------------------------------- checkpoints */

/* Whether it is still the one that was seen: the same, or another in its place, renamed over it. */
static bool is_still(const follower *f, const sighting *before)
{
    checkpoint_series now;
    bool still = false;
    if (checkpoint_series_look(f->path, &now, NULL) == DETINIT_OK)
        for (size_t n = 0; n < now.count; n++)
            if (strcmp(now.all[n].path, before->path) == 0)
                still = (now.all[n].bytes == before->bytes &&
                         now.all[n].modified == before->modified) ||
                        now.all[n].inode != before->inode;
    checkpoint_series_free(&now);
    return still;
}

static time_t seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* One that cannot be measured: waited for, or, after a while, told as wrong. */
static detinit_status wait_for(follower *f, const sighting *s, const char *why, history_news *news,
                               detinit_error *error)
{
    seen *before = find_bad(f, s);
    if (before == NULL) {
        char *path = strdup(s->path);
        before = path != NULL ? add_seen(&f->bad, (seen){.path = path}) : NULL;
        if (before == NULL) {
            free(path);
            return error_set(error, DETINIT_NO_MEMORY, "not enough memory");
        }
    }
    if (before->since == 0 || !is_same(before, s)) {
        before->bytes = s->bytes;
        before->modified = s->modified;
        before->since = seconds_now();
        before->told = false;
    }
    if (!before->told && seconds_now() - before->since >= FOLLOW_PATIENCE) {
        before->told = true;
        if (news->wrong_lines++ == 0)
            snprintf(news->wrong, sizeof news->wrong, "%.390s", why);
    } else if (!before->told && news->waiting++ == 0) {
        snprintf(news->waits_for, sizeof news->waits_for, "%.390s", why);
    }
    return DETINIT_OK;
}

/* The step that a checkpoint is of: its name's, that of its metadata, or the one behind the last.
 */
static uint64_t step_of(const follower *f, const sighting *s, const json_t *measured)
{
    const json_t *told = json_object_get(measured, "step");
    return s->numbered    ? s->step
           : told != NULL ? (uint64_t)json_integer_value(told)
                          : f->last_step + 1;
}

/* Completes the line of a checkpoint, and takes it. */
static detinit_status take(follower *f, const sighting *s, json_t *measured, history_news *news,
                           detinit_error *error)
{
    json_t *line = json_pack("{s:I, s:I, s:I}", "step", (json_int_t)step_of(f, s, measured),
                             "bytes", (json_int_t)s->bytes, "modified", (json_int_t)s->modified);
    json_object_update_missing(line, measured);
    detinit_status status = save_line(f, line, error);
    if (status == DETINIT_OK)
        status = history_add_json(&news->told, line, error);
    json_decref(line);
    if (status == DETINIT_OK && !add_done(f, &news->told.points[news->told.count - 1]))
        status = error_set(error, DETINIT_NO_MEMORY, "not enough memory");
    news->place.changed = (struct timespec){.tv_sec = s->modified / 1000000000,
                                            .tv_nsec = (long)(s->modified % 1000000000)};
    return status;
}

/* *taken says whether it was measured. */
static detinit_status try_one(follower *f, const sighting *s, const detinit_run *run,
                              history_news *news, bool *taken, detinit_error *error)
{
    const measure_by by = {f->manifest, f->threshold};
    const seen *before = find_bad(f, s);
    json_t *line = NULL;
    detinit_error why;
    *taken = false;
    if (before != NULL && before->told && is_same(before, s))
        return DETINIT_OK;
    detinit_status status = measure_checkpoint(s->path, &by, run, &line, &why);
    if (status == DETINIT_CANCELLED || status == DETINIT_NO_MEMORY || status == DETINIT_INVALID)
        return error_set(error, status, "%s", why.message);
    if (status == DETINIT_OK && is_still(f, s)) {
        *taken = true;
        status = take(f, s, line, news, error);
    } else {
        char text[200];
        snprintf(text, sizeof text, "'%.160s' changes", s->name);
        status = wait_for(f, s, status == DETINIT_OK ? text : why.message, news, error);
    }
    json_decref(line);
    return status;
}

static detinit_status look_at_checkpoints(follower *f, const detinit_run *run, history_news *news,
                                          detinit_error *error)
{
    checkpoint_series series;
    detinit_status status = checkpoint_series_look(f->path, &series, error);
    news->place.there = status == DETINIT_OK && series.there;
    for (size_t n = 0; n < series.count && status == DETINIT_OK; n++) {
        bool taken;
        if (is_done(f, &series.all[n]))
            continue;
        status = try_one(f, &series.all[n], run, news, &taken, error);
        if (taken) {
            news->more = n + 1 < series.count;
            break;
        }
    }
    checkpoint_series_free(&series);
    return status;
}

/* ------------------------------------------------------------------ looking */

detinit_status follower_look(follower *f, const detinit_run *run, history_news *news,
                             detinit_error *error)
{
    const bool checkpoints = checkpoint_series_is_at(f->path);
    *news = (history_news){0};
    if (checkpoints && f->save != NULL && !f->resumed)
        return resume(f, run, news, error);
    if (checkpoints)
        return look_at_checkpoints(f, run, news, error);
    const detinit_status status = history_read(f->path, &f->place, news, run, error);
    if (status == DETINIT_OK)
        f->place = news->place;
    if (status == DETINIT_OK && f->save != NULL && news->place.lines > 0)
        return error_set(error, DETINIT_INVALID,
                         "--save: '%.200s' is a history already; leave it out", f->path);
    return status;
}
