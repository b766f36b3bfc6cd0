#include "model/job.h"

#include "system/thread.h"
#include "model/training_job.h"
#include "system/turn.h"
#include "model/work.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Work of less than this many seconds shows no progress: it would only flicker. */
#define SHOWN_AFTER 0.3

/* Workers, and the threads that they start, give way to the interface. */
#define NICENESS 5

#define BIT(id) (1u << (id))

/* Who makes what. A save is never given up because the recipe changes. */
static const unsigned duties[] = {
    BIT(PIECE_MATRIX) | BIT(PIECE_SURVEY) | BIT(PIECE_MODES) | BIT(PIECE_REPRODUCIBILITY),
    BIT(PIECE_SPECTRUM) | BIT(PIECE_EXACT_SURVEY) | BIT(PIECE_SAVE),
};
#define WORKERS ((int)(sizeof duties / sizeof duties[0]))

/* A save that was asked for: of the recipe of that moment, whatever the model has become. */
typedef struct waiting_save {
    work_request request;
    struct waiting_save *next;
} waiting_save;

typedef struct worker {
    job *job;
    pthread_t thread;
    /* Under the job's lock: */
    unsigned todo;        /* pieces to make of `request` */
    work_request request; /* what was asked last */
    waiting_save *saves;  /* in the order in which they were asked for */
    bool working;
    piece_id piece; /* the one at work */
    uint64_t done, total;
    struct timespec begun;
    unsigned finished, failed; /* pieces to be collected, of `made_for` */
    uint64_t made_for;
    results made;
    char saved_path[512];
    detinit_error error;
    /* Read by the worker without the lock, set by the main thread: */
    atomic_bool give_up;
} worker;

struct job {
    pthread_mutex_t lock;
    pthread_cond_t asked;
    int wake_fd;
    bool stop;
    unsigned cancelled; /* pieces given up in generation `cancelled_for` */
    uint64_t cancelled_for;
    worker workers[WORKERS];
    training_job *training;
};

static void wake(const job *j)
{
    ssize_t written = write(j->wake_fd, "", 1); /* a full pipe wakes as well */
    (void)written;
}

/* Called by the library from the worker's thread. */
static bool report(void *context, uint64_t done, uint64_t total)
{
    worker *w = context;
    if (atomic_load(&w->give_up))
        return false;
    pthread_mutex_lock(&w->job->lock);
    w->done = done;
    w->total = total;
    pthread_mutex_unlock(&w->job->lock);
    return true;
}

/* Stores what was made, or why not; results of a generation that has passed are dropped. */
static void finish_piece(worker *w, piece_id id, const work_request *r, detinit_status status,
                         results *made, const detinit_error *error)
{
    bool is_save = id == PIECE_SAVE;
    bool outdated = w->request.generation != r->generation || atomic_load(&w->give_up);
    if (status == DETINIT_CANCELLED || (!is_save && outdated)) {
        results_free(made);
        return;
    }
    if (!is_save)
        w->made_for = r->generation;
    if (status == DETINIT_OK) {
        results_take(&w->made, made, id);
        w->finished |= BIT(id);
        if (is_save)
            snprintf(w->saved_path, sizeof w->saved_path, "%s", r->save);
    } else {
        w->failed |= BIT(id);
        w->error = *error;
    }
    results_free(made);
    wake(w->job);
}

/* Takes the first of the waiting saves out of the list. */
static work_request take_save(worker *w)
{
    waiting_save *first = w->saves;
    work_request r = first->request;
    w->saves = first->next;
    free(first);
    return r;
}

/* What is to be made next, and of what: saves come first. */
static piece_id take_piece(worker *w, work_request *r)
{
    piece_id id = (piece_id)__builtin_ctz(w->todo);
    if (w->saves != NULL) {
        *r = take_save(w);
        id = PIECE_SAVE;
    } else {
        *r = w->request;
        r->save = NULL;
        r->matrix = r->matrix != NULL ? detinit_matrix_share(r->matrix) : NULL;
    }
    if (w->saves == NULL || id != PIECE_SAVE)
        w->todo &= ~BIT(id);
    return id;
}

/* Makes a piece; one that needs OpenBLAS waits for its turn. */
static detinit_status make_piece(worker *w, const work_request *r, piece_id id, results *made,
                                 detinit_error *error)
{
    detinit_run run = {.threads = r->threads, .progress = report, .context = w};
    if (id == PIECE_SPECTRUM && !turn_take(&w->give_up))
        return DETINIT_CANCELLED;
    detinit_status status = work_make(r, id, &run, made, error);
    if (id == PIECE_SPECTRUM)
        turn_leave();
    return status;
}

/* Makes the first piece that is to be made; the lock is held on entry and exit. */
static void make_next(worker *w)
{
    work_request r;
    piece_id id = take_piece(w, &r);
    w->working = true;
    w->piece = id;
    w->done = w->total = 0;
    clock_gettime(CLOCK_MONOTONIC, &w->begun);
    atomic_store(&w->give_up, false);
    pthread_mutex_unlock(&w->job->lock);

    results made = {.matrix = NULL};
    detinit_error error;
    detinit_status status = make_piece(w, &r, id, &made, &error);

    pthread_mutex_lock(&w->job->lock);
    w->working = false;
    finish_piece(w, id, &r, status, &made, &error);
    work_request_free(&r);
    wake(w->job);
}

static void *work(void *argument)
{
    worker *w = argument;
    job *j = w->job;
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICENESS); /* failing does no harm */
    pthread_mutex_lock(&j->lock);
    while (!j->stop) {
        if (w->todo == 0)
            pthread_cond_wait(&j->asked, &j->lock);
        else
            make_next(w);
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

static void forget_saves(worker *w)
{
    while (w->saves != NULL) {
        work_request r = take_save(w);
        work_request_free(&r);
    }
}

static void free_worker(worker *w)
{
    forget_saves(w);
    work_request_free(&w->request);
    results_free(&w->made);
}

job *job_start(int wake_fd)
{
    job *j = calloc(1, sizeof *j);
    int started = 0;
    if (j == NULL)
        return NULL;
    j->wake_fd = wake_fd;
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->asked, NULL);
    for (; started < WORKERS; started++) {
        j->workers[started].job = j;
        if (!thread_start(&j->workers[started].thread, work, &j->workers[started]))
            break;
    }
    if (started == WORKERS && (j->training = training_job_start(wake_fd)) != NULL)
        return j;
    while (started-- > 0) {
        j->stop = true;
        pthread_cond_broadcast(&j->asked);
        pthread_join(j->workers[started].thread, NULL);
    }
    free(j);
    return NULL;
}

void job_stop(job *j)
{
    training_job_stop(j->training);
    pthread_mutex_lock(&j->lock);
    j->stop = true;
    for (int n = 0; n < WORKERS; n++)
        atomic_store(&j->workers[n].give_up, true);
    pthread_cond_broadcast(&j->asked);
    pthread_mutex_unlock(&j->lock);
    for (int n = 0; n < WORKERS; n++) {
        pthread_join(j->workers[n].thread, NULL);
        free_worker(&j->workers[n]);
    }
    pthread_cond_destroy(&j->asked);
    pthread_mutex_destroy(&j->lock);
    free(j);
}

/* Takes the model's request, unless it is the one that the worker has. */
static void renew_request(worker *w, const model *m)
{
    bool changed = w->request.generation != m->generation ||
                   w->request.activation != m->view.activation ||
                   w->request.exact != m->settings.output.exact ||
                   (w->request.matrix == NULL) != (m->results.matrix == NULL);
    if (!changed)
        return;
    if (w->working && w->piece != PIECE_SAVE)
        atomic_store(&w->give_up, true);
    work_request_free(&w->request);
    w->request = work_request_of(m);
    uint64_t saved_bytes = w->made.saved_bytes;
    results_free(&w->made);
    w->made.saved_bytes = saved_bytes;
    w->finished &= BIT(PIECE_SAVE);
    w->failed &= BIT(PIECE_SAVE);
}

/* Puts the save that the model asks for behind those that wait; false where memory is out. */
static bool add_save(worker *w, const model *m)
{
    waiting_save **last = &w->saves;
    while (*last != NULL)
        last = &(*last)->next;
    *last = calloc(1, sizeof **last);
    if (*last != NULL)
        (*last)->request = work_request_of(m);
    return *last != NULL;
}

void job_update(job *j, model *m)
{
    unsigned missing = work_missing(m);
    training_job_update(j->training, m);
    pthread_mutex_lock(&j->lock);
    if (j->cancelled_for == m->generation)
        missing &= ~j->cancelled | m->wanted;
    for (int n = 0; n < WORKERS; n++) {
        worker *w = &j->workers[n];
        renew_request(w, m);
        if ((missing & duties[n] & BIT(PIECE_SAVE)) != 0 && add_save(w, m))
            m->wanted &= ~BIT(PIECE_SAVE);
        w->todo = missing & duties[n] & ~(w->finished | w->failed | BIT(PIECE_SAVE));
        if (w->working && w->request.generation == m->generation && !atomic_load(&w->give_up))
            w->todo &= ~BIT(w->piece);
        if (w->saves != NULL)
            w->todo |= BIT(PIECE_SAVE);
    }
    pthread_cond_broadcast(&j->asked);
    pthread_mutex_unlock(&j->lock);
}

/* What one worker has finished goes into the model. */
static bool collect_from(worker *w, model *m)
{
    bool changed = false;
    for (int id = 0; id < PIECE_COUNT; id++) {
        bool current = w->made_for == m->generation || id == PIECE_SAVE;
        if ((w->finished & BIT(id)) != 0 && current) {
            work_deliver(m, &w->made, (piece_id)id, w->saved_path);
            changed = true;
        }
        if ((w->failed & BIT(id)) != 0 && current) {
            model_say(m, MESSAGE_BAD, "%s", w->error.message);
            m->results.has[id] = id == PIECE_SPECTRUM;
            m->wanted &= ~BIT(id);
            if (id == PIECE_SPECTRUM)
                snprintf(m->results.spectrum.refusal, sizeof m->results.spectrum.refusal, "%.190s",
                         w->error.message);
            changed = true;
        }
    }
    w->finished = w->failed = 0;
    return changed;
}

static double seconds_since(struct timespec then)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then.tv_sec) + 1e-9 * (double)(now.tv_nsec - then.tv_nsec);
}

static void show_progress(const worker *w, model *m)
{
    snprintf(m->busy, sizeof m->busy, "%s", work_name(w->piece));
    m->busy_done = w->done;
    m->busy_total = w->total > 0 ? w->total : 1;
}

bool job_collect(job *j, model *m)
{
    bool changed = false, was_busy = m->busy[0] != '\0';
    m->busy[0] = '\0';
    pthread_mutex_lock(&j->lock);
    for (int n = 0; n < WORKERS; n++) {
        worker *w = &j->workers[n];
        changed = collect_from(w, m) || changed;
        if (w->working && !atomic_load(&w->give_up) && seconds_since(w->begun) > SHOWN_AFTER)
            show_progress(w, m);
    }
    pthread_mutex_unlock(&j->lock);
    changed = training_job_collect(j->training, m) || changed;
    return changed || was_busy || m->busy[0] != '\0';
}

void job_cancel(job *j, model *m)
{
    training_job_cancel(j->training);
    pthread_mutex_lock(&j->lock);
    if (j->cancelled_for != m->generation)
        j->cancelled = 0;
    j->cancelled_for = m->generation;
    for (int n = 0; n < WORKERS; n++) {
        worker *w = &j->workers[n];
        j->cancelled |= w->todo | (w->working ? BIT(w->piece) : 0);
        w->todo = 0;
        forget_saves(w);
        atomic_store(&w->give_up, true);
    }
    m->wanted = 0;
    pthread_mutex_unlock(&j->lock);
}

bool job_busy(job *j)
{
    bool busy = training_job_busy(j->training);
    pthread_mutex_lock(&j->lock);
    for (int n = 0; n < WORKERS; n++)
        busy = busy || j->workers[n].working || j->workers[n].todo != 0;
    pthread_mutex_unlock(&j->lock);
    return busy;
}
