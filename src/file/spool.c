#include "file/spool.h"

#include "base/error.h"
#include "file/retry.h"
#include "file/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file that has a name for no longer than it takes to remove it. */
static int open_nameless(const char *path)
{
    char name[PATH_MAX];
    int fd = -1;
    errno = EEXIST;
    for (unsigned n = 0; n < TEMPORARY_ATTEMPTS && fd < 0 && errno == EEXIST; n++)
        if (temporary_name(path, n, name))
            fd = retry_open(AT_FDCWD, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        unlink(name);
    return fd;
}

detinit_status spool_open(spool *s, const char *path, detinit_error *error)
{
    *s = (spool){.fd = -1, .shown = path != NULL ? path : "memory"};
    if (path != NULL && (s->fd = open_nameless(path)) < 0)
        return output_failed(path, error);
    return DETINIT_OK;
}

void spool_close(spool *s)
{
    if (s->fd >= 0)
        close(s->fd);
    free(s->memory.data);
    *s = (spool){.fd = -1};
}

detinit_status spool_write(spool *s, const void *data, size_t bytes, detinit_error *error)
{
    const output out = s->fd >= 0 ? output_on(s->fd, s->shown, NULL, 0)
                                  : output_into(&s->memory, s->shown, NULL, 0);
    detinit_status status = output_write(&out, data, bytes, error);
    if (status == DETINIT_OK)
        s->size += bytes;
    return status;
}

detinit_status spool_cut(spool *s, uint64_t size, detinit_error *error)
{
    int cut = 0;
    s->size = size;
    s->memory.size = (size_t)size;
    if (s->fd < 0)
        return DETINIT_OK;
    do
        cut = ftruncate(s->fd, (off_t)size);
    while (retry_needed(cut));
    return cut == 0 && lseek(s->fd, (off_t)size, SEEK_SET) >= 0 ? DETINIT_OK
                                                                : output_failed(s->shown, error);
}

detinit_status spool_read(const spool *s, uint64_t from, void *out, size_t bytes,
                          detinit_error *error)
{
    unsigned char *to = out;
    if (s->fd < 0) {
        if (bytes > 0)
            memcpy(out, s->memory.data + from, bytes);
        return DETINIT_OK;
    }
    while (bytes > 0) {
        const ssize_t got = pread(s->fd, to, bytes, (off_t)from);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return error_set(error, DETINIT_IO, "cannot read back what goes into '%.200s': %s",
                             s->shown, got < 0 ? strerror(errno) : "it became shorter");
        to += got;
        from += (uint64_t)got;
        bytes -= (size_t)got;
    }
    return DETINIT_OK;
}
