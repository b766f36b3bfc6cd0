/*
 * A file saved all or nothing: written beside the target without a name, flushed
 * to disk, named, and renamed over it.  A crash leaves the old file as it was.
 *
 * Where the file system has no nameless files the temporary file has a name,
 * .NAME.detinit-XXXXXXXXXXXXXXXX, from the start; should its writer be killed, the
 * next save of the same target removes it.  A lock tells the living from the dead.
 */
#ifndef DETINIT_FILE_SAVEFILE_H
#define DETINIT_FILE_SAVEFILE_H

#include "file/output.h"

#include <limits.h>
#include <sys/types.h>

typedef struct savefile {
    int fd;
    bool renames;  /* false for a device or a pipe, written straight into */
    bool replaces; /* a file is there already, with the three that follow */
    mode_t mode;
    uid_t owner;
    gid_t group;
    char target[PATH_MAX];    /* symbolic links followed */
    char temporary[PATH_MAX]; /* "" while it has no name */
    char shown[PATH_MAX];     /* the path as it was given, for messages */
} savefile;

/*
 * Opens a file to be saved as `path`.  A symbolic link stands for what it points
 * to; a directory and a file that must not be written are refused; a device or a
 * pipe is written straight into.  While a pipe has no reader, the progress of `run`
 * is asked, with `total` weights to come, whether to go on waiting.
 */
detinit_status savefile_open(savefile *file, const char *path, const detinit_run *run,
                             uint64_t total, detinit_error *error);

/* Makes sure that the disk has room for `size` bytes, where its file system can tell. */
detinit_status savefile_reserve(const savefile *file, uint64_t size, detinit_error *error);

/* Flushes and renames.  On failure the target is as it was and nothing is left beside it. */
detinit_status savefile_commit(savefile *file, detinit_error *error);

/* Gives up: nothing is left beside the target. */
void savefile_abandon(savefile *file);

#endif
