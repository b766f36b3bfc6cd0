/*
 * A folder of files saved all or nothing: made beside the target, .NAME.detinit-XXXXXXXXXXXXXXXX,
 * and put in its place when all of it is on disk.  Should its writer be killed, the next save
 * of the same target removes what it left.  A lock tells the living from the dead.
 */
#ifndef DETINIT_FILE_SAVEFOLDER_H
#define DETINIT_FILE_SAVEFOLDER_H

#include "detinit.h"

#include <limits.h>
#include <sys/stat.h>

typedef struct savefolder {
    int fd; /* of the temporary folder, locked */
    bool replaces;
    bool replaced_old;        /* which now has the temporary name */
    struct stat old;          /* of the folder that is replaced */
    char target[PATH_MAX];    /* symbolic links followed */
    char temporary[PATH_MAX]; /* files go here */
    char shown[PATH_MAX];     /* the path as it was given, for messages */
    bool (*replaced)(void *context, const char *entry);
    void *context;
} savefolder;

/*
 * Begins a folder to be saved as `path`.  One that is there already is replaced as a whole,
 * where `replaced` says of all it holds that the new one has files of these names, too; else
 * it is refused, since something would be lost.  Refused is one, too, that may not be written, and
 * one of another user, unless root saves.
 */
detinit_status savefolder_open(savefolder *folder, const char *path,
                               bool (*replaced)(void *context, const char *entry), void *context,
                               detinit_error *error);

/* Puts the folder in its place.  On failure the target is as it was and nothing is left. */
detinit_status savefolder_commit(savefolder *folder, detinit_error *error);

/* Gives up: nothing is left beside the target. */
void savefolder_abandon(savefolder *folder);

#endif
