/* Threads that work beside the interface. */
#ifndef UI_SYSTEM_THREAD_H
#define UI_SYSTEM_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

/* Starts a thread that no signal interrupts: signals are the main thread's. */
bool thread_start(pthread_t *thread, void *(*work)(void *argument), void *argument);

/* The moment in so many nanoseconds, for pthread_cond_timedwait and its like. */
struct timespec thread_deadline(long nanoseconds);

#endif
