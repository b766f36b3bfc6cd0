#include "model/watching.h"

#include "verb/command_line.h"
#include "verb/verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two lines that were written closer together than this, in seconds, tell no rate. */
#define RATE_APART 0.2

bool watching_look(model *m)
{
    watched_file *w = &m->watch;
    if (w->follower == NULL)
        return false;
    work_request *r = request_watch(w->follower, w->number);
    w->follower = NULL;
    if (r == NULL)
        return false;
    w->asked = true;
    requests_append(&m->asked, r);
    return true;
}

void watching_end(model *m)
{
    history_clear(&m->watch.history);
    follower_free(m->watch.follower);
    m->watch = (watched_file){.number = m->watch.number + 1};
}

/* "detinit watch awake.jsonl" */
static void make_line(model *m, char *manifest, char *save)
{
    settings shown = m->settings; /* for the moment */
    shown.file = m->watch.path;
    shown.network.manifest = manifest;
    shown.output.save = save;
    command_line_of(&shown, &verb_watch, m->watch.line, sizeof m->watch.line);
}

bool watching_begin(model *m, const char *path, char *manifest, char *save)
{
    const measure_by by = {manifest, threshold_chosen(&m->settings)};
    follower *f = follower_new(path, &by, save);
    work_request *r = f != NULL ? request_watch(f, m->watch.number + 1) : NULL;
    if (r == NULL)
        return false;
    watching_end(m);
    m->watch.asked = true;
    requests_append(&m->asked, r);
    snprintf(m->watch.path, sizeof m->watch.path, "%s", path);
    make_line(m, manifest, save);
    return true;
}

/* ------------------------------------------------------------- beside it all */

/* What is wrong with the file is found, too: the next look may find it mended. */
detinit_status watching_read(work_request *r, const work_tools *tools, detinit_error *error)
{
    watch_request *w = &r->of.watch;
    detinit_error why;
    const detinit_status status = follower_look(w->follower, tools->run, &w->news, &why);
    if (status == DETINIT_CANCELLED || status == DETINIT_NO_MEMORY) {
        *error = why;
        return status;
    }
    if (status != DETINIT_OK)
        snprintf(w->trouble, sizeof w->trouble, "%.390s", why.message);
    return DETINIT_OK;
}

/* ---------------------------------------------------------- in the main thread */

bool watching_is_outdated(const work_request *r, const model *m)
{
    return r->generation != m->watch.number;
}

bool watching_differs(const work_request *r, const model *m)
{
    const watch_request *w = &r->of.watch;
    return w->news.anew || w->news.told.count > 0 || w->news.wrong_lines > 0 || !m->watch.looked ||
           w->news.waiting != m->watch.waiting || w->news.place.there != m->watch.there ||
           strcmp(w->trouble, m->watch.trouble) != 0;
}

/* Steps a second since the last look that found some, half of it what the rate was before. */
static void measure_rate(watched_file *w, const struct timespec *at)
{
    const uint64_t step = w->history.points[w->history.count - 1].step;
    const double time = (double)at->tv_sec + 1e-9 * (double)at->tv_nsec;
    const double seconds = time - w->rate_time;
    const bool known = w->rate_time > 0 && step > w->rate_step;
    if (known && seconds < RATE_APART)
        return;
    if (known) {
        const double rate = (double)(step - w->rate_step) / seconds;
        w->rate = w->rate > 0 ? (w->rate + rate) / 2 : rate;
    }
    w->rate_step = step;
    w->rate_time = time;
}

/* What the file has told since; what it told before it was begun anew goes. */
static void take_news(model *m, history_news *news)
{
    watched_file *w = &m->watch;
    char text[512];
    if (news->anew) {
        history_clear(&w->history);
        w->wrong_lines = 0;
        w->rate = w->rate_time = 0;
    }
    w->there = news->place.there;
    w->waiting = news->waiting;
    w->wrong_lines += news->wrong_lines;
    if (!history_join(&w->history, &news->told))
        model_say(m, MESSAGE_BAD, "not enough memory for all of '%.200s'", w->path);
    if (news->told.count > 0 && w->history.count > 0)
        measure_rate(w, &news->place.changed);
    if (news->wrong_lines > 0)
        model_say(m, MESSAGE_INFO, "'%.200s': %s", w->path,
                  history_wrong_text(news, text, sizeof text));
}

void watching_take(model *m, work_request *r)
{
    watched_file *w = &m->watch;
    watch_request *found = &r->of.watch;
    const bool other = strcmp(found->trouble, w->trouble) != 0;
    w->follower = found->follower;
    found->follower = NULL;
    w->asked = false;
    w->looked = true;
    w->more = found->news.more;
    snprintf(w->trouble, sizeof w->trouble, "%s", found->trouble);
    if (found->trouble[0] == '\0')
        take_news(m, &found->news);
    else if (other)
        model_say(m, MESSAGE_BAD, "%s", found->trouble);
}

void watching_fail(model *m, work_request *r)
{
    m->watch.follower = r->of.watch.follower;
    r->of.watch.follower = NULL;
    m->watch.asked = false;
    m->watch.more = false;
}
