#include "file/quiet.h"

#include <errno.h>
#include <stddef.h>

static const int deadly[] = {SIGPIPE, SIGXFSZ};
#define DEADLY_COUNT (sizeof deadly / sizeof deadly[0])

quiet quiet_begin(void)
{
    quiet before;
    sigset_t blocked;
    sigemptyset(&blocked);
    for (size_t n = 0; n < DEADLY_COUNT; n++)
        sigaddset(&blocked, deadly[n]);
    sigpending(&before.pending);
    pthread_sigmask(SIG_BLOCK, &blocked, &before.mask);
    return before;
}

/* Removes a signal that waits for this thread, unless it waited before already. */
static void forget(int number, const quiet *before)
{
    sigset_t now, only;
    int taken;
    sigpending(&now);
    if (!sigismember(&now, number) || sigismember(&before->pending, number))
        return;
    sigemptyset(&only);
    sigaddset(&only, number);
    sigwait(&only, &taken);
}

void quiet_end(const quiet *before)
{
    int kept = errno;
    for (size_t n = 0; n < DEADLY_COUNT; n++)
        forget(deadly[n], before);
    pthread_sigmask(SIG_SETMASK, &before->mask, NULL);
    errno = kept;
}
