#include "system/piped.h"

#include "base/error.h"
#include "file/retry.h"
#include "file/spool.h"
#include "system/progress.h"
#include "system/user_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_ROOM  400
#define READ_BYTES ((size_t)1 << 16)

static detinit_status fail(detinit_error *error, const char *path)
{
    if (progress_signal() != 0)
        return error_set(error, DETINIT_CANCELLED, "cancelled");
    return error_set(error, DETINIT_IO, "cannot read '%.200s': %s", path, strerror(errno));
}

static detinit_status no_memory(detinit_error *error)
{
    return error_set(error, DETINIT_NO_MEMORY, "not enough memory");
}

/* The descriptor that a path names, /dev/fd/63 or /dev/stdin, or -1. */
static int descriptor_of(const char *path)
{
    static const char *const before[] = {"/dev/fd/", "/proc/self/fd/"};
    if (strcmp(path, "/dev/stdin") == 0)
        return STDIN_FILENO;
    for (size_t n = 0; n < sizeof before / sizeof before[0]; n++) {
        const size_t length = strlen(before[n]);
        char *end;
        if (strncmp(path, before[n], length) != 0)
            continue;
        const long fd = strtol(path + length, &end, 10);
        return end > path + length && *end == '\0' && fd >= 0 && fd < 1 << 20 ? (int)fd : -1;
    }
    return -1;
}

/* All that comes from `fd`; unlike other calls, a read that a signal interrupts ends it. */
static detinit_status copy(int fd, const char *path, spool *to, detinit_error *error)
{
    char bytes[READ_BYTES];
    detinit_status status = DETINIT_OK;
    ssize_t got = 1;
    while (got != 0 && status == DETINIT_OK) {
        do
            got = read(fd, bytes, sizeof bytes);
        while (retry_needed(got) && progress_signal() == 0);
        if (got < 0 || progress_signal() != 0)
            status = fail(error, path);
        else
            status = spool_write(to, bytes, (size_t)got, error);
    }
    return status;
}

/* Puts `fd` in the place of the descriptor that `path` names. */
static detinit_status replace(int own, int fd, const char *path, detinit_error *error)
{
    int put;
    do
        put = dup2(fd, own);
    while (retry_needed(put));
    return put >= 0 ? DETINIT_OK : fail(error, path);
}

/* Makes `path` one by which `fd` is opened anew, as often as is wanted. */
static detinit_status name_it(int fd, char **path, detinit_error *error)
{
    char name[32];
    const int own = descriptor_of(*path), kept = own >= 0 ? own : dup(fd);
    if (own >= 0)
        return replace(own, fd, *path, error);
    if (kept < 0)
        return fail(error, *path);
    snprintf(name, sizeof name, "/dev/fd/%d", kept);
    char *told = strdup(name);
    if (told == NULL) {
        close(kept);
        return no_memory(error);
    }
    free(*path);
    *path = told;
    return DETINIT_OK;
}

static detinit_status put_aside(int fd, char **path, detinit_error *error)
{
    char beside[PATH_ROOM];
    spool kept;
    snprintf(beside, sizeof beside, "%s/detinit", temporary_folder());
    detinit_status status = spool_open(&kept, beside, error);
    if (status == DETINIT_OK)
        status = copy(fd, *path, &kept, error);
    if (status == DETINIT_OK)
        status = name_it(kept.fd, path, error);
    spool_close(&kept);
    return status;
}

/* Waits for somebody who writes into a pipe of that name, unless a signal comes. */
static int open_pipe(const char *path)
{
    int fd;
    do
        fd = open(path, O_RDONLY | O_CLOEXEC);
    while (retry_needed(fd) && progress_signal() == 0);
    return fd;
}

/* "-" is standard input. */
static detinit_status name_standard_input(char **path, detinit_error *error)
{
    char *told;
    if (strcmp(*path, "-") != 0)
        return DETINIT_OK;
    if (isatty(STDIN_FILENO) != 0)
        return error_set(error, DETINIT_INVALID,
                         "-: standard input is a terminal; a file or a pipe was expected");
    if ((told = strdup("/dev/stdin")) == NULL)
        return no_memory(error);
    free(*path);
    *path = told;
    return DETINIT_OK;
}

detinit_status piped_put_aside(char **path, detinit_error *error)
{
    struct stat about;
    detinit_status status = name_standard_input(path, error);
    if (status != DETINIT_OK)
        return status;
    if (stat(*path, &about) != 0)
        return error_set(error, DETINIT_IO, "cannot open '%.200s': %s", *path, strerror(errno));
    if (!S_ISFIFO(about.st_mode) && !S_ISSOCK(about.st_mode))
        return DETINIT_OK;
    const int own = descriptor_of(*path), fd = own >= 0 ? own : open_pipe(*path);
    if (fd < 0)
        return fail(error, *path);
    status = put_aside(fd, path, error);
    if (own < 0)
        close(fd);
    return status;
}
