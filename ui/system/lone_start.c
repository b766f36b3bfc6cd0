#include "system/lone_start.h"

#include <signal.h>
#include <stdbool.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

/* Where the C library runs no function of the program before those of libraries, nothing is done.
 */
#if defined(__GLIBC__) && defined(CPU_COUNT)

/* Seconds of the processor after which libraries that begin are taken to do so for ever: they need
 * some hundredths. */
#define BEGIN_WITHIN 1

static cpu_set_t processors;
static bool is_lone, is_watched;

static void give_up(int number)
{
    static const char sentence[] = "detinit: not enough memory for OpenBLAS to begin\n";
    const ssize_t told = write(STDERR_FILENO, sentence, sizeof sentence - 1);
    (void)number;
    (void)told;
    _exit(1);
}

/* OpenBLAS 0.3.29 asks for its buffer again and again, without end, where it does not fit under a
 * limit of address space. */
static void watch_libraries(void)
{
    const struct sigaction action = {.sa_handler = give_up};
    const struct itimerval timer = {.it_value = {.tv_sec = BEGIN_WITHIN}};
    struct rlimit limit;
    is_watched = getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
                 sigaction(SIGPROF, &action, NULL) == 0 &&
                 setitimer(ITIMER_PROF, &timer, NULL) == 0;
}

static void watch_ends(void)
{
    const struct itimerval none = {.it_value = {.tv_sec = 0}};
    if (!is_watched)
        return;
    setitimer(ITIMER_PROF, &none, NULL);
    signal(SIGPROF, SIG_DFL);
}

static void start(void)
{
    cpu_set_t first;
    size_t n = 0;
    watch_libraries();
    if (sched_getaffinity(0, sizeof processors, &processors) != 0)
        return;
    while (n < CPU_SETSIZE && !CPU_ISSET(n, &processors))
        n++;
    CPU_ZERO(&first);
    CPU_SET(n, &first);
    is_lone = sched_setaffinity(0, sizeof first, &first) == 0;
}

__attribute__((section(".preinit_array"),
               used)) static void (*const before_libraries)(void) = start;

void lone_start_ends(void)
{
    watch_ends();
    if (is_lone)
        sched_setaffinity(0, sizeof processors, &processors);
}

#else

void lone_start_ends(void)
{
}

#endif
