#include "base/ordered.h"

#include "base/error.h"
#include "base/threads.h"

#include <pthread.h>
#include <stdlib.h>

#define ALIGNMENT ((size_t)64)

typedef struct slot {
    void *memory;
    bool ready;
} slot;

typedef struct ring {
    const ordered_work *work;
    uint64_t next, taken; /* steps begun, and given to take */
    size_t slot_count;
    slot *slots; /* step n lives in slot n % slot_count */
    bool stop;
    pthread_mutex_t lock;
    pthread_cond_t made, freed;
} ring;

static bool make_slots(ring *r, size_t count)
{
    const size_t bytes = (r->work->slot_bytes + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    r->slots = calloc(count, sizeof *r->slots);
    if (r->slots == NULL)
        return false;
    r->slot_count = count;
    for (size_t n = 0; n < count; n++)
        if ((r->slots[n].memory = aligned_alloc(ALIGNMENT, bytes)) == NULL)
            return false;
    return true;
}

static void free_slots(ring *r)
{
    for (size_t n = 0; n < r->slot_count; n++)
        free(r->slots[n].memory);
    free(r->slots);
}

static slot *slot_of(const ring *r, uint64_t step)
{
    return &r->slots[step % r->slot_count];
}

/* Whether a step is left to begin, and has a slot; the lock is held. */
static bool can_begin(const ring *r)
{
    return r->next < r->work->steps && r->next - r->taken < r->slot_count;
}

/* Begins the next step and makes it; the lock is held, but while it is made. */
static void make_next(ring *r)
{
    const uint64_t step = r->next++;
    pthread_mutex_unlock(&r->lock);
    r->work->make(r->work->context, step, slot_of(r, step)->memory);
    pthread_mutex_lock(&r->lock);
    slot_of(r, step)->ready = true;
    pthread_cond_signal(&r->made);
}

static void *make_steps(void *argument)
{
    ring *r = argument;
    pthread_mutex_lock(&r->lock);
    while (!r->stop && r->next < r->work->steps)
        if (can_begin(r))
            make_next(r);
        else
            pthread_cond_wait(&r->freed, &r->lock);
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/*
 * Takes every step as soon as it and all before it are made; while the next is not, it makes one
 * itself, where to sleep and be woken costs as much.
 */
static detinit_status take_all(ring *r, detinit_error *error)
{
    const ordered_work *work = r->work;
    detinit_status status = DETINIT_OK;
    for (uint64_t step = 0; step < work->steps && status == DETINIT_OK; step++) {
        slot *it = slot_of(r, step);
        pthread_mutex_lock(&r->lock);
        while (!it->ready)
            if (can_begin(r))
                make_next(r);
            else
                pthread_cond_wait(&r->made, &r->lock);
        pthread_mutex_unlock(&r->lock);
        status = work->take(work->context, step, it->memory, error);
        pthread_mutex_lock(&r->lock);
        it->ready = false;
        r->taken++;
        r->stop = status != DETINIT_OK;
        pthread_cond_broadcast(&r->freed);
        pthread_mutex_unlock(&r->lock);
    }
    return status;
}

static detinit_status take_all_alone(ring *r, detinit_error *error)
{
    const ordered_work *work = r->work;
    detinit_status status = DETINIT_OK;
    for (uint64_t step = 0; step < work->steps && status == DETINIT_OK; step++) {
        work->make(work->context, step, r->slots[0].memory);
        status = work->take(work->context, step, r->slots[0].memory, error);
    }
    return status;
}

static detinit_status run_ring(ring *r, unsigned threads, detinit_error *error)
{
    pthread_t *workers = calloc(threads, sizeof *workers);
    if (!make_slots(r, threads == 1 ? 1 : 2 * threads + 2) || workers == NULL) {
        free(workers);
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for blocks of weights");
    }
    unsigned started = 0;
    while (started + 1 < threads && pthread_create(&workers[started], NULL, make_steps, r) == 0)
        started++;
    detinit_status status = started > 0 ? take_all(r, error) : take_all_alone(r, error);
    for (unsigned n = 0; n < started; n++)
        pthread_join(workers[n], NULL);
    free(workers);
    return status;
}

detinit_status ordered_run(const ordered_work *work, const detinit_run *run, detinit_error *error)
{
    ring r = {.work = work};
    pthread_mutex_init(&r.lock, NULL);
    pthread_cond_init(&r.made, NULL);
    pthread_cond_init(&r.freed, NULL);
    detinit_status status = run_ring(&r, threads_of_run(run, work->steps), error);
    free_slots(&r);
    pthread_cond_destroy(&r.freed);
    pthread_cond_destroy(&r.made);
    pthread_mutex_destroy(&r.lock);
    return status;
}
