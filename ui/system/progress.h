/* A progress bar on standard error, for work that takes its time, and Ctrl-C for it. */
#ifndef UI_SYSTEM_PROGRESS_H
#define UI_SYSTEM_PROGRESS_H

#include "detinit.h"

#include <time.h>

typedef struct progress {
    const char *what; /* "saving" */
    bool shows;       /* standard error is a terminal and nobody asked for quiet */
    bool shown;
    struct timespec begun, drawn;
} progress;

/* A run on so many threads (0: all) that reports to `p`, unless `quiet`, and stops at a signal. */
detinit_run progress_run(progress *p, const char *what, uint64_t threads, bool quiet);

/* Removes the bar. */
void progress_end(progress *p);

/* From now on SIGINT, SIGTERM and SIGHUP cancel what runs, so that it can clean up. */
void progress_catch_signals(void);

/* The signal that came, or 0. */
int progress_signal(void);

#endif
