#include "system/blas_lock.h"

#include "system/thread.h"

#include <pthread.h>

/* How often whoever waits checks whether it is to give up, in nanoseconds. */
#define CHECK_EVERY 20000000L

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

bool blas_lock(const atomic_bool *give_up)
{
    while (!atomic_load(give_up)) {
        const struct timespec until = thread_deadline(CHECK_EVERY);
        if (pthread_mutex_timedlock(&lock, &until) == 0)
            return true;
    }
    return false;
}

void blas_unlock(void)
{
    pthread_mutex_unlock(&lock);
}
