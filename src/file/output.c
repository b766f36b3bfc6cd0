#include "file/output.h"

#include "base/error.h"
#include "base/progress.h"
#include "file/quiet.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* At most this much goes to one write(): Linux takes no more than 2^31 - 4096 bytes. */
#define WRITE_MOST ((size_t)1 << 30)

/* A pipe that is ready takes this much without making the writer wait (POSIX). */
#define READY_MOST ((size_t)PIPE_BUF)

/* While a reader makes us wait, progress is asked this often, in milliseconds. */
#define ASK_EVERY 100

detinit_status output_failed(const char *shown, detinit_error *error)
{
    if (errno == EPIPE)
        return error_set(error, DETINIT_CLOSED_PIPE,
                         "cannot write '%.400s': nobody reads it any more", shown);
    return error_set(error, DETINIT_IO, "cannot write '%.400s': %s", shown, strerror(errno));
}

output output_on(int fd, const char *shown, const detinit_run *run, uint64_t total)
{
    struct stat about;
    output out = {.fd = fd, .shown = shown, .run = run, .total = total};
    if (fstat(fd, &about) == 0)
        out.waits = S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode) || isatty(fd);
    return out;
}

output output_into(output_memory *memory, const char *shown, const detinit_run *run, uint64_t total)
{
    return (output){.memory = memory, .fd = -1, .shown = shown, .run = run, .total = total};
}

detinit_status output_ask(const output *out, detinit_error *error)
{
    return progress_tell(out->run, out->done, out->total, error);
}

/* Until something can be written, or the reader is gone, which the write then tells. */
static detinit_status wait_for_reader(const output *out, detinit_error *error)
{
    struct pollfd ready = {.fd = out->fd, .events = POLLOUT};
    for (;;) {
        int count = poll(&ready, 1, ASK_EVERY);
        if (count > 0)
            return DETINIT_OK;
        if (count < 0 && errno != EINTR && errno != EAGAIN)
            return output_failed(out->shown, error);
        detinit_status status = output_ask(out, error);
        if (status != DETINIT_OK)
            return status;
    }
}

static detinit_status write_whole(const output *out, const void *data, size_t size,
                                  detinit_error *error)
{
    const unsigned char *from = data;
    const size_t most = out->waits ? READY_MOST : WRITE_MOST;
    detinit_status status = DETINIT_OK;
    while (size > 0 && status == DETINIT_OK) {
        if (out->waits && (status = wait_for_reader(out, error)) != DETINIT_OK)
            break;
        ssize_t written = write(out->fd, from, size < most ? size : most);
        if (written >= 0) {
            from += written;
            size -= (size_t)written;
        } else if (errno == EINTR) {
            status = output_ask(out, error);
        } else if (errno == EAGAIN) {
            status = wait_for_reader(out, error);
        } else {
            status = output_failed(out->shown, error);
        }
    }
    return status;
}

static detinit_status append(output_memory *to, const void *data, size_t size, detinit_error *error)
{
    if (size > to->room - to->size) {
        const size_t least = to->size + size, room = least > 2 * to->room ? least : 2 * to->room;
        unsigned char *longer = least < size ? NULL : realloc(to->data, room);
        if (longer == NULL)
            return error_set(error, DETINIT_NO_MEMORY, "no memory for %zu bytes more", size);
        to->data = longer;
        to->room = room;
    }
    if (size > 0)
        memcpy(to->data + to->size, data, size);
    to->size += size;
    return DETINIT_OK;
}

detinit_status output_write(const output *out, const void *data, size_t size, detinit_error *error)
{
    if (out->memory != NULL)
        return append(out->memory, data, size, error);
    quiet before = quiet_begin();
    detinit_status status = write_whole(out, data, size, error);
    quiet_end(&before);
    return status;
}
