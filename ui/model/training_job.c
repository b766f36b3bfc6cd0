#include "model/training_job.h"

#include "option/option.h"
#include "system/progress.h"
#include "system/thread.h"
#include "model/training_work.h"
#include "system/turn.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How often whoever waits for the worker looks for a signal, in nanoseconds. */
#define LOOK_EVERY 50000000L

struct training_job {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t asked, told;
    int wake_fd;
    training_desk *desk; /* the worker's */
    /* Under the lock: */
    bool stop;
    training_wish *waiting, *granting; /* what is under way stands in no list */
    uint64_t done, total;
    trained_network *news; /* the newest state of the network, to be collected */
    uint64_t news_generation;
    char said[480]; /* a sentence to be collected */
    message_kind said_kind;
    uint64_t lost;                        /* the generation of a network that could not be had */
    uint64_t kept;                        /* and of the one that is still there */
    uint64_t measured_of, measured_count; /* what was last measured, so that it is not done again */
    /* Read by the worker without the lock: */
    atomic_bool give_up;
};

static void wake(const training_job *j)
{
    ssize_t written = j->wake_fd >= 0 ? write(j->wake_fd, "", 1) : 0; /* full, it wakes as well */
    (void)written;
}

/* -------------------------------------------------------------- the worker */

static bool report(void *context, uint64_t done, uint64_t total)
{
    training_job *j = context;
    if (atomic_load(&j->give_up))
        return false;
    pthread_mutex_lock(&j->lock);
    j->done = done;
    j->total = total;
    pthread_mutex_unlock(&j->lock);
    return true;
}

/* Lays a copy down to be collected; the lock is held. */
static void lay_down(training_job *j, trained_network *copy)
{
    if (copy == NULL)
        return; /* the next state may find memory */
    trained_network_free(j->news);
    j->news = copy;
    j->news_generation = training_desk_generation(j->desk);
}

static void tell(void *context, const trained_network *now)
{
    training_job *j = context;
    trained_network *copy = trained_network_copy(now);
    pthread_mutex_lock(&j->lock);
    lay_down(j, copy);
    pthread_mutex_unlock(&j->lock);
    wake(j);
}

static bool is_network(const training_wish *wish)
{
    return wish->task == TRAINING_TRAIN || wish->task == TRAINING_OPEN;
}

/*
 * What is to be said of a wish that came to its end; the lock is held.  A network that could
 * not be had leaves the one before, which is shown again: both are told at once, since news of
 * a network that is not asked for are thrown away.
 */
static void conclude(training_job *j, const training_wish *wish, detinit_status status,
                     const char *said, const detinit_error *error)
{
    if (is_network(wish) && training_desk_generation(j->desk) != wish->generation) {
        j->lost = wish->generation;
        j->kept = training_desk_generation(j->desk);
        if (training_desk_now(j->desk) != NULL)
            lay_down(j, trained_network_copy(training_desk_now(j->desk)));
    }
    if (status == DETINIT_CANCELLED || (status == DETINIT_OK && said[0] == '\0'))
        return;
    j->said_kind = status == DETINIT_OK ? MESSAGE_GOOD : MESSAGE_BAD;
    snprintf(j->said, sizeof j->said, "%s", status == DETINIT_OK ? said : error->message);
}

static detinit_status grant(training_job *j, const training_wish *wish, char said[256],
                            detinit_error *error)
{
    const training_listener listener = {tell, j};
    const detinit_run run = {
        .threads = (unsigned)wish->settings.run.threads, .progress = report, .context = j};
    bool needs_turn = wish->task == TRAINING_TRAIN || wish->task == TRAINING_MEASURE;
    detinit_status status = DETINIT_CANCELLED;
    if (!needs_turn || turn_take(&j->give_up)) {
        status = training_grant(j->desk, wish, &listener, &run, said, error);
        if (needs_turn)
            turn_leave();
    }
    return status;
}

/* Grants the first wish; the lock is held on entry and exit. */
static void grant_next(training_job *j)
{
    char said[256] = "";
    detinit_error error;
    training_wish *wish = j->waiting;
    j->waiting = wish->next;
    wish->next = NULL;
    j->granting = wish;
    j->done = j->total = 0;
    atomic_store(&j->give_up, false);
    pthread_mutex_unlock(&j->lock);

    detinit_status status = grant(j, wish, said, &error);

    pthread_mutex_lock(&j->lock);
    j->granting = NULL;
    conclude(j, wish, status, said, &error);
    training_wish_free(wish);
    pthread_cond_broadcast(&j->told);
    wake(j);
}

static void *work(void *argument)
{
    training_job *j = argument;
    pthread_mutex_lock(&j->lock);
    while (!j->stop) {
        if (j->waiting == NULL)
            pthread_cond_wait(&j->asked, &j->lock);
        else
            grant_next(j);
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

/* --------------------------------------------------------- the main thread */

training_job *training_job_start(int wake_fd)
{
    training_job *j = calloc(1, sizeof *j);
    if (j == NULL)
        return NULL;
    j->wake_fd = wake_fd;
    j->desk = training_desk_new();
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->asked, NULL);
    pthread_cond_init(&j->told, NULL);
    if (j->desk != NULL && thread_start(&j->thread, work, j))
        return j;
    training_desk_free(j->desk);
    free(j);
    return NULL;
}

void training_job_stop(training_job *j)
{
    pthread_mutex_lock(&j->lock);
    j->stop = true;
    atomic_store(&j->give_up, true);
    pthread_cond_broadcast(&j->asked);
    pthread_mutex_unlock(&j->lock);
    pthread_join(j->thread, NULL);
    training_wishes_free(&j->waiting);
    training_desk_free(j->desk);
    trained_network_free(j->news);
    pthread_cond_destroy(&j->asked);
    pthread_cond_destroy(&j->told);
    pthread_mutex_destroy(&j->lock);
    free(j);
}

/* A network that is asked for ends all before it, save a file that is being written. */
static void take_wish(training_job *j, training_wish *wish)
{
    training_wish **last = &j->waiting;
    if (is_network(wish)) {
        training_wishes_free(&j->waiting);
        if (j->granting != NULL && j->granting->task != TRAINING_PRUNE &&
            j->granting->task != TRAINING_PACK)
            atomic_store(&j->give_up, true);
    }
    while (*last != NULL)
        last = &(*last)->next;
    *last = wish;
}

/* Accuracies at the threshold that is shown, once, when nothing else waits. */
static void ask_measure(training_job *j, const model *m)
{
    const trained_network *t = m->trained;
    if (t == NULL || t->steps == 0 || !t->ended || j->waiting != NULL ||
        trained_find_pruning(t, t->total - t->awake) != NULL ||
        (j->measured_of == m->training && j->measured_count == t->awake))
        return;
    training_wish *wish = training_wish_add(&j->waiting, TRAINING_MEASURE, &m->settings);
    if (wish == NULL)
        return;
    wish->generation = m->training;
    wish->settings.tracking.threshold = t->threshold;
    j->measured_of = m->training;
    j->measured_count = t->awake;
}

void training_job_update(training_job *j, model *m)
{
    pthread_mutex_lock(&j->lock);
    while (m->wishes != NULL) {
        training_wish *first = m->wishes;
        m->wishes = first->next;
        first->next = NULL;
        take_wish(j, first);
    }
    ask_measure(j, m);
    pthread_cond_broadcast(&j->asked);
    pthread_mutex_unlock(&j->lock);
}

static void show_progress(const training_job *j, model *m)
{
    static const char *const names[] = {
        [TRAINING_TRAIN] = "training",    [TRAINING_OPEN] = "comparing",
        [TRAINING_PRUNE] = "pruning",     [TRAINING_PACK] = "packing",
        [TRAINING_MEASURE] = "measuring",
    };
    if (j->granting == NULL || j->granting->task == TRAINING_MEASURE || atomic_load(&j->give_up))
        return;
    snprintf(m->busy, sizeof m->busy, "%s", names[j->granting->task]);
    m->busy_done = j->done;
    m->busy_total = j->total > 0 ? j->total : 1;
}

bool training_job_collect(training_job *j, model *m)
{
    bool changed = false;
    pthread_mutex_lock(&j->lock);
    if (j->lost == m->training && j->lost != 0) { /* what is shown is still the one before */
        m->training = j->kept;
        j->lost = 0;
        changed = true;
    }
    if (j->news != NULL && j->news_generation == m->training) {
        model_take_trained(m, j->news);
        j->news = NULL;
        changed = true;
    }
    trained_network_free(j->news);
    j->news = NULL;
    if (j->said[0] != '\0') {
        model_say(m, j->said_kind, "%s", j->said);
        j->said[0] = '\0';
        changed = true;
    }
    show_progress(j, m);
    pthread_mutex_unlock(&j->lock);
    return changed;
}

void training_job_cancel(training_job *j)
{
    pthread_mutex_lock(&j->lock);
    training_wishes_free(&j->waiting);
    atomic_store(&j->give_up, true);
    pthread_mutex_unlock(&j->lock);
}

bool training_job_busy(training_job *j)
{
    pthread_mutex_lock(&j->lock);
    bool busy = j->waiting != NULL || j->granting != NULL;
    pthread_mutex_unlock(&j->lock);
    return busy;
}

/* Waits until the worker has come to an end, or a signal asks for one. */
static void wait_for(training_job *j)
{
    pthread_mutex_lock(&j->lock);
    while (j->waiting != NULL || j->granting != NULL) {
        const struct timespec until = thread_deadline(LOOK_EVERY);
        pthread_cond_timedwait(&j->told, &j->lock, &until);
        if (progress_signal() != 0) {
            training_wishes_free(&j->waiting);
            atomic_store(&j->give_up, true);
        }
    }
    pthread_mutex_unlock(&j->lock);
}

bool training_job_finish(training_job *j, model *m, detinit_error *error)
{
    do {
        training_job_update(j, m);
        wait_for(j);
        training_job_collect(j, m);
        m->busy[0] = '\0';
        training_job_update(j, m); /* what came may be worth measuring */
    } while (training_job_busy(j));
    bool failed = m->message[0] != '\0' && m->message_kind == MESSAGE_BAD;
    if (failed || progress_signal() != 0) {
        error->status = failed ? DETINIT_IO : DETINIT_CANCELLED;
        snprintf(error->message, sizeof error->message, "%.470s",
                 failed ? m->message : "cancelled");
    }
    return !failed && progress_signal() == 0;
}
