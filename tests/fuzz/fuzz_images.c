/* Labelled images: the first byte tells how many of the others are the labels' file. */
#include "target.h"

#include "train/dataset.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file of these bytes that is gone when its descriptor is closed. */
static int put_file(const uint8_t *data, size_t size, char path[32])
{
    int fd = memfd_create("fuzz", 0);
    fuzz_check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, 32, "/proc/self/fd/%d", fd);
    return fd;
}

TARGET(images)
{
    char images[32], labels[32];
    examples e;
    detinit_error error;
    if (size == 0)
        return 0;
    const size_t rest = size - 1, own = data[0] < rest ? data[0] : rest;
    int fds[] = {put_file(data + 1 + own, rest - own, images), put_file(data + 1, own, labels)};
    detinit_status status = examples_read(images, labels, &e, &error);
    if (status != DETINIT_OK) {
        fuzz_check_error(status, &error);
    } else {
        for (size_t n = 0; n < e.count; n++)
            fuzz_check(e.labels[n] < e.classes);
        for (size_t n = 0; n < e.count * e.features; n++)
            fuzz_check(e.inputs[n] >= 0 && e.inputs[n] <= 1);
        examples_free(&e);
    }
    close(fds[0]);
    close(fds[1]);
    return 0;
}
