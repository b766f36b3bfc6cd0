/* Threads, for work that can be cut into independent tasks. */
#ifndef DETINIT_BASE_THREADS_H
#define DETINIT_BASE_THREADS_H

#include "detinit.h"

/* Processors that this process may use, at least 1. */
unsigned threads_available(void);

/* The thread count of a run (which may be NULL), at most `tasks`, at least 1. */
unsigned threads_of_run(const detinit_run *run, uint64_t tasks);

/*
 * Calls task(context, n) for every n below `tasks`, each once, in any order, on
 * up to `threads` threads, this one among them.  Where a thread cannot be
 * started the others do its work.  Tasks must not depend on one another.
 */
void threads_for(unsigned threads, uint64_t tasks, void (*task)(void *context, uint64_t n),
                 void *context);

/*
 * The same with the threads, the progress and the right to cancel of a run (which
 * may be NULL).  Progress counts tasks done.  DETINIT_CANCELLED leaves tasks undone.
 */
detinit_status threads_run(const detinit_run *run, uint64_t tasks,
                           void (*task)(void *context, uint64_t n), void *context,
                           detinit_error *error);

#endif
