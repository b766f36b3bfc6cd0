#include "system/standard_output.h"

#include "system/progress.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

/* While nobody reads, a signal is looked for this often, in milliseconds. */
#define LOOK_EVERY 100

/* Why something could not be written, which other calls would have changed in errno by the end. */
static int failed_by;

/* Only the GNU C library lets standard output be another stream; others wait for the reader. */
#ifdef __GLIBC__

/* Whether something can be written, or an error told, before a signal comes. */
static bool ready(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    while (progress_signal() == 0)
        if (poll(&out, 1, LOOK_EVERY) > 0)
            return true;
    errno = EINTR;
    return false;
}

/* What is ready takes PIPE_BUF bytes without waiting.  Less than `size` says that it failed. */
static ssize_t write_when_ready(void *cookie, const char *text, size_t size)
{
    size_t done = 0;
    (void)cookie;
    while (done < size && ready()) {
        const size_t rest = size - done;
        ssize_t written = write(STDOUT_FILENO, text + done, rest < PIPE_BUF ? rest : PIPE_BUF);
        if (written < 0 && errno != EINTR && errno != EAGAIN) {
            failed_by = errno;
            break;
        }
        done += written > 0 ? (size_t)written : 0;
    }
    return (ssize_t)done;
}

void standard_output_stops(void)
{
    const cookie_io_functions_t functions = {.write = write_when_ready};
    FILE *stream = fopencookie(NULL, "w", functions);
    if (stream == NULL)
        return;
    if (isatty(STDOUT_FILENO))
        setvbuf(stream, NULL, _IOLBF, BUFSIZ);
    stdout = stream;
}

#else

void standard_output_stops(void)
{
}

#endif

bool standard_output_end(int *reason)
{
    const bool whole = fflush(stdout) == 0 && !ferror(stdout);
    *reason = failed_by != 0 ? failed_by : errno;
    return whole;
}
