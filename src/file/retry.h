/* System calls that a signal may interrupt, called again until they are done. */
#ifndef DETINIT_FILE_RETRY_H
#define DETINIT_FILE_RETRY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Whether a call that returned `result` has to be called again. */
bool retry_needed(int64_t result);

/* As openat, with AT_FDCWD for what is no entry of an open directory. */
int retry_open(int directory, const char *path, int flags, mode_t mode);
int retry_fsync(int fd);
int retry_flock(int fd, int how);

/* Linux has closed a file even where close() was interrupted: it is not called again. */
int retry_close(int fd);

#endif
