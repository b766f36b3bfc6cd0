#include "model/queue.h"

#include "base/error.h"
#include "model/training.h"
#include "model/viewing.h"
#include "model/work.h"
#include "system/blas_lock.h"
#include "system/progress.h"
#include "system/thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Workers, and the threads that they start, give way to the interface. */
#define NICENESS 5

/* Whoever works in a lane: a thread, or, without one, queue_finish. */
typedef struct worker {
    queue *queue;
    pthread_t thread;
    /* Under the queue's lock: */
    work_request *now; /* or NULL */
    uint64_t done, total;
    struct timespec begun;
} worker;

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t asked;
    bool has_workers;
    int wake_fd;
    training_state *training; /* touched in the lane of training alone */
    worker workers[LANE_COUNT];
    /* Under the lock: */
    bool ends;
    work_request *waiting;      /* those of a lane in the order in which they are carried out */
    work_request *finished;     /* to be collected, first to last */
    trained_network *published; /* the newest state of a network, to be collected */
    uint64_t published_of;
    race raced; /* likewise of a race; point_count 0: nothing new */
    uint64_t raced_of;
};

/* ------------------------------------------------- where the work is done */

static void wake(const queue *q)
{
    ssize_t written = q->has_workers ? write(q->wake_fd, "", 1) : 0; /* full, it wakes as well */
    (void)written;
}

/* Called by the library; `now` is the worker's own to read. */
static bool report(void *context, uint64_t done, uint64_t total)
{
    worker *w = context;
    queue *q = w->queue;
    if (atomic_load(&w->now->give_up) || (!q->has_workers && progress_signal() != 0))
        return false;
    pthread_mutex_lock(&q->lock);
    w->done = done;
    w->total = total;
    pthread_mutex_unlock(&q->lock);
    return true;
}

/* Lays a copy of the network down to be collected. */
static void publish(void *context, const trained_network *now)
{
    worker *w = context;
    queue *q = w->queue;
    trained_network *copy = trained_network_copy(now);
    if (copy == NULL)
        return; /* the next state may find memory */
    pthread_mutex_lock(&q->lock);
    trained_network_free(q->published);
    q->published = copy;
    q->published_of = w->now->generation;
    pthread_mutex_unlock(&q->lock);
    wake(q);
}

static void publish_race(void *context, const race *now)
{
    worker *w = context;
    queue *q = w->queue;
    pthread_mutex_lock(&q->lock);
    q->raced = *now;
    q->raced_of = w->now->generation;
    pthread_mutex_unlock(&q->lock);
    wake(q);
}

static detinit_status carry_out(work_request *r, const work_tools *tools)
{
    const work_row *row = &work_rows[r->kind];
    detinit_status status = DETINIT_CANCELLED;
    if (row->needs_blas ? blas_lock(&r->give_up) : !atomic_load(&r->give_up)) {
        status = row->make(r, tools, &r->error);
        if (row->needs_blas)
            blas_unlock();
    }
    if (row->brings_network)
        training_note_remains(tools->training, r);
    return status;
}

/* Carries out a request that is in no list; the lock is held on entry and exit. */
static void make(worker *w, work_request *r)
{
    queue *q = w->queue;
    const detinit_run run = {.threads = r->threads, .progress = report, .context = w};
    const work_tools tools = {&run, q->training, publish, publish_race, w};
    w->now = r;
    w->done = w->total = 0;
    clock_gettime(CLOCK_MONOTONIC, &w->begun);
    pthread_mutex_unlock(&q->lock);

    r->error.status = carry_out(r, &tools);

    pthread_mutex_lock(&q->lock);
    w->now = NULL;
    requests_append(&q->finished, r);
    wake(q);
}

/* The first request that waits in a lane, taken out; NULL where there is none. */
static work_request *take(queue *q, work_lane lane)
{
    work_request **place = &q->waiting;
    while (*place != NULL && work_rows[(*place)->kind].lane != lane)
        place = &(*place)->next;
    return *place != NULL ? requests_take(place) : NULL;
}

static void *work(void *argument)
{
    worker *w = argument;
    queue *q = w->queue;
    const work_lane lane = (work_lane)(w - q->workers);
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICENESS); /* failing does no harm */
    pthread_mutex_lock(&q->lock);
    while (!q->ends) {
        work_request *r = take(q, lane);
        if (r != NULL)
            make(w, r);
        else
            pthread_cond_wait(&q->asked, &q->lock);
    }
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

/* --------------------------------------------------------- begin and end */

queue *queue_new(void)
{
    queue *q = calloc(1, sizeof *q);
    if (q == NULL || (q->training = training_state_new()) == NULL) {
        free(q);
        return NULL;
    }
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->asked, NULL);
    for (int lane = 0; lane < LANE_COUNT; lane++)
        q->workers[lane].queue = q;
    return q;
}

/* Ends the workers of the first `count` lanes. */
static void end_workers(queue *q, int count)
{
    pthread_mutex_lock(&q->lock);
    q->ends = true;
    for (int lane = 0; lane < count; lane++)
        if (q->workers[lane].now != NULL)
            atomic_store(&q->workers[lane].now->give_up, true);
    pthread_cond_broadcast(&q->asked);
    pthread_mutex_unlock(&q->lock);
    for (int lane = 0; lane < count; lane++)
        pthread_join(q->workers[lane].thread, NULL);
    q->has_workers = false;
}

queue *queue_start(int wake_fd)
{
    queue *q = queue_new();
    int started = 0;
    if (q == NULL)
        return NULL;
    q->wake_fd = wake_fd;
    q->has_workers = true;
    while (started < LANE_COUNT &&
           thread_start(&q->workers[started].thread, work, &q->workers[started]))
        started++;
    if (started == LANE_COUNT)
        return q;
    end_workers(q, started);
    queue_free(q);
    return NULL;
}

void queue_free(queue *q)
{
    if (q == NULL)
        return;
    if (q->has_workers)
        end_workers(q, LANE_COUNT);
    requests_free(&q->waiting);
    requests_free(&q->finished);
    trained_network_free(q->published);
    training_state_free(q->training);
    pthread_cond_destroy(&q->asked);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

/* ------------------------------------------------- requests; the lock is held */

/* A network puts an end to all before it, save a file that is being written. */
static void end_lane(queue *q, work_lane lane)
{
    work_request *now = q->workers[lane].now, *r;
    while ((r = take(q, lane)) != NULL)
        request_free(r);
    if (now != NULL && !work_rows[now->kind].writes_file)
        atomic_store(&now->give_up, true);
}

/* Puts a request behind those of its lane that come first. */
static void put(queue *q, work_request *r)
{
    const work_row *row = &work_rows[r->kind];
    work_request **place = &q->waiting;
    if (row->brings_network)
        end_lane(q, row->lane);
    while (*place != NULL && (work_rows[(*place)->kind].lane != row->lane ||
                              work_rows[(*place)->kind].rank <= row->rank))
        place = &(*place)->next;
    r->next = *place;
    *place = r;
}

static void take_over_asked(queue *q, model *m)
{
    for (work_request **place = &m->asked; *place != NULL;)
        if (work_prepare(m, *place))
            put(q, requests_take(place));
        else
            place = &(*place)->next;
}

/* What is of no use any more, outdated or a piece that no pane shows by now, goes. */
static void give_up_outdated(queue *q, const model *m, unsigned missing)
{
    for (int lane = 0; lane < LANE_COUNT; lane++) {
        work_request *now = q->workers[lane].now;
        if (now != NULL && work_is_outdated(now, m))
            atomic_store(&now->give_up, true);
    }
    for (work_request **place = &q->waiting; *place != NULL;) {
        const bool is_piece = (*place)->kind < (work_kind)PIECE_COUNT;
        if (work_is_outdated(*place, m) ||
            (is_piece && (missing & PIECE_BIT((*place)->kind)) == 0)) {
            request_free(requests_take(place));
        } else {
            work_renew(m, *place);
            place = &(*place)->next;
        }
    }
}

static bool is_alive(const work_request *r, work_kind kind, const model *m)
{
    return r != NULL && r->kind == kind && !atomic_load(&r->give_up) && !work_is_outdated(r, m);
}

/* Whether the model's request of that kind waits, is under way, or is finished. */
static bool is_under_way(const queue *q, work_kind kind, const model *m)
{
    for (const work_request *r = q->waiting; r != NULL; r = r->next)
        if (is_alive(r, kind, m))
            return true;
    for (const work_request *r = q->finished; r != NULL; r = r->next)
        if (is_alive(r, kind, m))
            return true;
    return is_alive(q->workers[work_rows[kind].lane].now, kind, m);
}

static void ask_missing(queue *q, const model *m, unsigned missing)
{
    work_request *r;
    for (int id = 0; id < PIECE_COUNT; id++)
        if ((missing & PIECE_BIT(id)) != 0 && !is_under_way(q, (work_kind)id, m) &&
            (r = work_ask_piece(m, (piece_id)id)) != NULL)
            put(q, r);
    if (work_is_unmeasured(m) && !is_under_way(q, WORK_MEASURE, m) &&
        (r = work_ask_measure(m)) != NULL)
        put(q, r);
    if (viewing_lacks_figures(m) && !is_under_way(q, WORK_SAMPLE, m) &&
        (r = viewing_ask_figures(m)) != NULL)
        put(q, r);
}

/* --------------------------------------------------------- the main thread */

void queue_update(queue *q, model *m)
{
    unsigned missing;
    pthread_mutex_lock(&q->lock);
    take_over_asked(q, m);
    missing = work_missing(m);
    for (int id = 0; id < PIECE_COUNT; id++)
        if (work_rows[id].refines && !q->has_workers)
            missing &= ~PIECE_BIT(id);
    give_up_outdated(q, m, missing);
    ask_missing(q, m, missing);
    pthread_cond_broadcast(&q->asked);
    pthread_mutex_unlock(&q->lock);
}

static double seconds_since(struct timespec then)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - then.tv_sec) + 1e-9 * (double)(now.tv_nsec - then.tv_nsec);
}

static void show_progress(const worker *w, model *m)
{
    if (w->now == NULL || atomic_load(&w->now->give_up))
        return;
    const work_row *row = &work_rows[w->now->kind];
    if (row->name == NULL || seconds_since(w->begun) < row->shown_after)
        return;
    snprintf(m->busy, sizeof m->busy, "%s", row->name);
    m->busy_done = w->done;
    m->busy_total = w->total > 0 ? w->total : 1;
}

/* A network in a newer state; one that nobody waits for any more is freed. */
static bool take_published(model *m, trained_network *t, uint64_t of)
{
    if (t != NULL && of == m->training) {
        model_take_trained(m, t);
        return true;
    }
    trained_network_free(t);
    return false;
}

/* A race in a newer state; that of another is passed over. The lock is held. */
static bool take_raced(queue *q, model *m)
{
    const bool newer = q->raced.point_count > 0 && q->raced_of == m->races;
    if (newer)
        m->race = q->raced;
    q->raced.point_count = 0;
    return newer;
}

bool queue_collect(queue *q, model *m)
{
    const bool was_busy = m->busy[0] != '\0';
    m->busy[0] = '\0';
    pthread_mutex_lock(&q->lock);
    work_request *finished = q->finished;
    trained_network *published = q->published;
    const uint64_t published_of = q->published_of;
    q->finished = NULL;
    q->published = NULL;
    const bool raced = take_raced(q, m);
    for (int lane = 0; lane < LANE_COUNT; lane++)
        show_progress(&q->workers[lane], m);
    pthread_mutex_unlock(&q->lock);

    bool changed = take_published(m, published, published_of) || raced;
    while (finished != NULL) {
        work_request *r = requests_take(&finished);
        changed = work_deliver(m, r) || changed;
        request_free(r);
    }
    return changed || was_busy || m->busy[0] != '\0';
}

void queue_stop(queue *q, model *m)
{
    pthread_mutex_lock(&q->lock);
    requests_free(&m->asked);
    for (work_request *r = q->waiting; r != NULL; r = r->next)
        work_stop(m, r);
    for (int lane = 0; lane < LANE_COUNT; lane++)
        if (q->workers[lane].now != NULL)
            work_stop(m, q->workers[lane].now);
    m->wanted = 0;
    pthread_mutex_unlock(&q->lock);
}

bool queue_busy(queue *q)
{
    pthread_mutex_lock(&q->lock);
    bool busy = q->waiting != NULL;
    for (int lane = 0; lane < LANE_COUNT; lane++)
        busy = busy || q->workers[lane].now != NULL;
    pthread_mutex_unlock(&q->lock);
    return busy;
}

/* ------------------------------------------------------------ without workers */

/* Carries out the next request of the lowest lane; false where none waits. */
static bool make_next(queue *q)
{
    work_request *r = NULL;
    pthread_mutex_lock(&q->lock);
    for (int lane = 0; lane < LANE_COUNT && r == NULL; lane++)
        if ((r = take(q, (work_lane)lane)) != NULL)
            make(&q->workers[lane], r);
    pthread_mutex_unlock(&q->lock);
    return r != NULL;
}

/* What is finished goes into the model; false, with the error, where it failed. */
static bool collect_good(queue *q, model *m, detinit_error *error)
{
    const detinit_error failure = q->finished->error;
    queue_collect(q, m);
    if (progress_signal() != 0 || failure.status == DETINIT_CANCELLED) {
        error_set(error, DETINIT_CANCELLED, "cancelled");
        return false;
    }
    if (failure.status != DETINIT_OK) {
        *error = failure;
        return false;
    }
    if (m->message[0] == '\0' || m->message_kind != MESSAGE_BAD)
        return true;
    error_set(error, DETINIT_NUMERIC, "%.470s", m->message); /* what was found is a failure */
    return false;
}

bool queue_finish(queue *q, model *m, detinit_error *error)
{
    for (;;) {
        queue_update(q, m);
        if (!make_next(q))
            return true;
        if (!collect_good(q, m, error))
            return false;
    }
}
