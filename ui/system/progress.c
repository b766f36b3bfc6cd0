#include "system/progress.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SHOWN_AFTER 0.5 /* seconds */
#define DRAWN_EVERY 0.1
#define BAR_WIDTH   30

static volatile sig_atomic_t caught;

static void catch_signal(int number)
{
    caught = number;
}

void progress_catch_signals(void)
{
    static const int caught_signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = catch_signal};
    sigemptyset(&action.sa_mask);
    for (size_t n = 0; n < sizeof caught_signals / sizeof caught_signals[0]; n++) {
        struct sigaction old;
        sigaction(caught_signals[n], NULL, &old);
        if (old.sa_handler != SIG_IGN) /* nohup wants it ignored */
            sigaction(caught_signals[n], &action, NULL);
    }
}

int progress_signal(void)
{
    return caught;
}

static double seconds_between(struct timespec from, struct timespec to)
{
    return (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
}

static void draw(progress *p, double share, double elapsed)
{
    char bar[BAR_WIDTH + 1];
    int full = (int)(share * BAR_WIDTH);
    memset(bar, ' ', BAR_WIDTH);
    memset(bar, '=', (size_t)full);
    bar[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r%s [%s] %3.0f %%, %.0f s left \x1b[K", p->what, bar, 100 * share,
            share > 0 ? elapsed / share - elapsed : 0);
    fflush(stderr);
    p->shown = true;
}

static bool report(void *context, uint64_t done, uint64_t total)
{
    progress *p = context;
    struct timespec now;
    if (caught != 0)
        return false;
    if (!p->shows || total == 0)
        return true;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double elapsed = seconds_between(p->begun, now);
    if (elapsed < SHOWN_AFTER || seconds_between(p->drawn, now) < DRAWN_EVERY)
        return true;
    p->drawn = now;
    draw(p, (double)done / (double)total, elapsed);
    return true;
}

detinit_run progress_run(progress *p, const char *what, uint64_t threads, bool quiet)
{
    *p = (progress){.what = what, .shows = !quiet && isatty(STDERR_FILENO)};
    clock_gettime(CLOCK_MONOTONIC, &p->begun);
    return (detinit_run){.threads = (unsigned)threads, .progress = report, .context = p};
}

void progress_end(progress *p)
{
    if (p->shown)
        fputs("\r\x1b[K", stderr);
    p->shown = false;
}
