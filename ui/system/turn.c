#include "system/turn.h"

#include "system/thread.h"

#include <pthread.h>

/* How often whoever waits looks whether it is to give up, in nanoseconds. */
#define LOOK_EVERY 20000000L

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

bool turn_take(const atomic_bool *give_up)
{
    while (!atomic_load(give_up)) {
        const struct timespec until = thread_deadline(LOOK_EVERY);
        if (pthread_mutex_timedlock(&turn, &until) == 0)
            return true;
    }
    return false;
}

void turn_leave(void)
{
    pthread_mutex_unlock(&turn);
}
