/*
 * A file saved all or nothing: written beside the target under a name of its
 * own, flushed to disk, then renamed over it.  A crash leaves the old file as it
 * was; what it leaves beside it, the next save of the same target clears away.
 */
#ifndef DETINIT_SAVEFILE_H
#define DETINIT_SAVEFILE_H

#include "detinit.h"

#include <limits.h>

typedef struct savefile {
    int fd;
    char target[PATH_MAX];    /* symbolic links followed */
    char temporary[PATH_MAX]; /* "" where the target is a device or a pipe, written straight into */
    char shown[PATH_MAX];     /* the path as it was given, for messages */
} savefile;

detinit_status savefile_open(savefile *file, const char *path, detinit_error *error);

/* Flushes and renames.  On failure the target is as it was and nothing is left beside it. */
detinit_status savefile_commit(savefile *file, detinit_error *error);

/* Gives up: nothing is left beside the target. */
void savefile_abandon(savefile *file);

/* Writes all of `size` bytes to fd; `shown` names it in the error. */
detinit_status write_all(int fd, const void *data, size_t size, const char *shown,
                         detinit_error *error);

#endif
