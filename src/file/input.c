#include "file/input.h"

#include "base/error.h"
#include "file/retry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

detinit_status input_no_memory(const char *path, detinit_error *error)
{
    return error_set(error, DETINIT_NO_MEMORY, "no memory for reading '%.200s'", path);
}

detinit_status input_open(input *in, const char *path, detinit_error *error)
{
    struct stat about;
    detinit_status status = DETINIT_OK;
    *in = (input){.fd = -1, .path = strdup(path)};
    if (in->path == NULL)
        return input_no_memory(path, error);
    in->fd = retry_open(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (in->fd < 0 || fstat(in->fd, &about) != 0)
        status = error_set(error, DETINIT_IO, "cannot open '%.200s': %s", path, strerror(errno));
    else if (S_ISFIFO(about.st_mode))
        status =
            error_set(error, DETINIT_INVALID,
                      "'%.200s' is not a regular file: what comes through a pipe is read once, "
                      "tensors at any place",
                      path);
    else if (!S_ISREG(about.st_mode))
        status = error_set(error, DETINIT_INVALID, "'%.200s' is not a regular file", path);
    if (status == DETINIT_OK)
        in->size = (uint64_t)about.st_size;
    else
        input_close(in);
    return status;
}

detinit_status input_of_memory(input *in, const void *data, size_t size, const char *shown,
                               detinit_error *error)
{
    *in = (input){.fd = -1,
                  .memory = size > 0 ? data : (const void *)"",
                  .size = size,
                  .path = strdup(shown)};
    return in->path != NULL ? DETINIT_OK : input_no_memory(shown, error);
}

void input_close(input *in)
{
    if (in->fd >= 0)
        close(in->fd);
    if (in->end != NULL)
        in->end(in->source);
    free(in->path);
    *in = (input){.fd = -1};
}

static detinit_status read_memory(const input *in, uint64_t offset, void *out, size_t size,
                                  detinit_error *error)
{
    if (offset > in->size || size > in->size - offset)
        return error_set(error, DETINIT_IO, "'%.200s' ends before what it should hold", in->path);
    memcpy(out, in->memory + offset, size);
    return DETINIT_OK;
}

detinit_status input_read(const input *in, uint64_t offset, void *out, size_t size,
                          detinit_error *error)
{
    char *to = out;
    if (in->memory != NULL)
        return read_memory(in, offset, out, size, error);
    if (in->read != NULL)
        return in->read(in->source, offset, out, size, error);
    while (size > 0) {
        ssize_t got = pread(in->fd, to, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(error, DETINIT_IO, "cannot read '%.200s': %s", in->path,
                             strerror(errno));
        if (got == 0)
            return error_set(error, DETINIT_IO, "'%.200s' became shorter while it was read",
                             in->path);
        to += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return DETINIT_OK;
}
