#include "system/lone_start.h"

#include <stdbool.h>
#include <sched.h>

/* Where the C library runs no function of the program before those of libraries, nothing is done.
 */
#if defined(__GLIBC__) && defined(CPU_COUNT)

static cpu_set_t processors;
static bool is_lone;

static void start(void)
{
    cpu_set_t first;
    size_t n = 0;
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
    if (is_lone)
        sched_setaffinity(0, sizeof processors, &processors);
}

#else

void lone_start_ends(void)
{
}

#endif
