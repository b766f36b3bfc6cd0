#include "base/threads.h"

#include "base/error.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

/* More threads than this are never started; no machine at hand gains from them. */
#define MOST_THREADS 256

unsigned threads_available(void)
{
#if defined(CPU_COUNT) && !defined(__EMSCRIPTEN__) /* whose headers alone have it */
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return (unsigned)CPU_COUNT(&set);
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

unsigned threads_of_run(const detinit_run *run, uint64_t tasks)
{
    unsigned threads = run != NULL && run->threads > 0 ? run->threads : threads_available();
    if (threads > MOST_THREADS)
        threads = MOST_THREADS;
    if (threads > tasks)
        threads = (unsigned)tasks;
    return threads > 0 ? threads : 1;
}

typedef struct shared_work {
    atomic_uint_fast64_t next, done;
    atomic_bool cancelled;
    uint64_t tasks;
    void (*task)(void *context, uint64_t n);
    void *context;
} shared_work;

/* Does one task, if one is left; false where there is none. */
static bool take_task(shared_work *work)
{
    if (atomic_load_explicit(&work->cancelled, memory_order_relaxed))
        return false;
    const uint64_t n = atomic_fetch_add(&work->next, 1);
    if (n >= work->tasks)
        return false;
    work->task(work->context, n);
    atomic_fetch_add(&work->done, 1);
    return true;
}

static void *take_tasks(void *argument)
{
    while (take_task(argument))
        continue;
    return NULL;
}

/* Takes tasks and tells of progress; true where all were done. */
static bool take_tasks_telling(shared_work *work, const detinit_run *run)
{
    while (take_task(work)) {
        if (!run->progress(run->context, atomic_load(&work->done), work->tasks)) {
            atomic_store(&work->cancelled, true);
            return false;
        }
    }
    return true;
}

/* Starts up to `threads` - 1 others on the work; how many there are. */
static unsigned start_others(shared_work *work, unsigned threads, pthread_t others[MOST_THREADS])
{
    unsigned started = 0;
    if (threads > MOST_THREADS)
        threads = MOST_THREADS;
    while (started + 1 < threads && started + 1 < work->tasks &&
           pthread_create(&others[started], NULL, take_tasks, work) == 0)
        started++;
    return started;
}

void threads_for(unsigned threads, uint64_t tasks, void (*task)(void *context, uint64_t n),
                 void *context)
{
    shared_work work = {.tasks = tasks, .task = task, .context = context};
    pthread_t others[MOST_THREADS];
    const unsigned started = start_others(&work, threads, others);
    take_tasks(&work);
    for (unsigned n = 0; n < started; n++)
        pthread_join(others[n], NULL);
}

detinit_status threads_run(const detinit_run *run, uint64_t tasks,
                           void (*task)(void *context, uint64_t n), void *context,
                           detinit_error *error)
{
    if (run == NULL || run->progress == NULL) {
        threads_for(threads_of_run(run, tasks), tasks, task, context);
        return DETINIT_OK;
    }
    shared_work work = {.tasks = tasks, .task = task, .context = context};
    pthread_t others[MOST_THREADS];
    const unsigned started = start_others(&work, threads_of_run(run, tasks), others);
    bool all = take_tasks_telling(&work, run);
    for (unsigned n = 0; n < started; n++)
        pthread_join(others[n], NULL);
    /* the others may have finished after the last call */
    all = all && run->progress(run->context, tasks, tasks);
    return all ? DETINIT_OK : error_set(error, DETINIT_CANCELLED, "cancelled");
}
