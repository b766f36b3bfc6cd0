#include "threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

/* More threads than this are never started; no machine at hand gains from them. */
#define MOST_THREADS 256

unsigned threads_available(void)
{
#ifdef CPU_COUNT
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
    atomic_uint_fast64_t next;
    uint64_t tasks;
    void (*task)(void *context, uint64_t n);
    void *context;
} shared_work;

static void *take_tasks(void *argument)
{
    shared_work *work = argument;
    uint64_t n;
    while ((n = atomic_fetch_add(&work->next, 1)) < work->tasks)
        work->task(work->context, n);
    return NULL;
}

void threads_for(unsigned threads, uint64_t tasks, void (*task)(void *context, uint64_t n),
                 void *context)
{
    shared_work work = {.tasks = tasks, .task = task, .context = context};
    pthread_t others[MOST_THREADS];
    unsigned started = 0;
    if (threads > MOST_THREADS)
        threads = MOST_THREADS;
    while (started + 1 < threads && started + 1 < tasks &&
           pthread_create(&others[started], NULL, take_tasks, &work) == 0)
        started++;
    take_tasks(&work);
    for (unsigned n = 0; n < started; n++)
        pthread_join(others[n], NULL);
}
