#include "file/retry.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

bool retry_needed(int64_t result)
{
    return result < 0 && errno == EINTR;
}

int retry_open(int directory, const char *path, int flags, mode_t mode)
{
    int fd;
    do
        fd = directory == AT_FDCWD ? open(path, flags, mode) : openat(directory, path, flags, mode);
    while (retry_needed(fd));
    return fd;
}

int retry_fsync(int fd)
{
    int result;
    do
        result = fsync(fd);
    while (retry_needed(result));
    return result;
}

int retry_flock(int fd, int how)
{
    int result;
    do
        result = flock(fd, how);
    while (retry_needed(result));
    return result;
}

int retry_close(int fd)
{
    return close(fd) == 0 || errno == EINTR ? 0 : -1;
}
