/*
 * The two signals with which a write kills a program, SIGPIPE for a pipe that
 * nobody reads and SIGXFSZ for a file-size limit, kept from the calling thread
 * while it writes: the write itself then fails and says why.
 */
#ifndef DETINIT_FILE_QUIET_H
#define DETINIT_FILE_QUIET_H

#include <signal.h>

typedef struct quiet {
    sigset_t mask, pending; /* of the thread, as they were */
} quiet;

/* From here to quiet_end neither signal reaches this thread. */
quiet quiet_begin(void);

/* Takes back what came meanwhile; leaves errno as it is. */
void quiet_end(const quiet *before);

#endif
