#include "target.h"

#include "detinit_files.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void fuzz_check(bool good)
{
    if (!good)
        abort();
}

void fuzz_check_error(detinit_status status, const detinit_error *error)
{
    fuzz_check(status != DETINIT_OK && error->status == status);
    fuzz_check(error->message[0] != '\0' && strlen(error->message) < sizeof error->message);
    for (const char *at = error->message; *at != '\0'; at++)
        fuzz_check((unsigned char)*at >= 0x20);
}

/* All of a tensor, `piece` items at a time. */
static unsigned char *read_tensor(const detinit_tensorfile *file, const detinit_tensor *tensor,
                                  uint64_t piece)
{
    unsigned char *items = malloc((size_t)(tensor->count * tensor->item_bytes) + 1);
    fuzz_check(items != NULL);
    for (uint64_t first = 0; first < tensor->count; first += piece) {
        uint64_t rest = tensor->count - first, count = rest < piece ? rest : piece;
        fuzz_check(detinit_tensor_read(file, tensor, first, (size_t)count,
                                       items + first * tensor->item_bytes, NULL) == DETINIT_OK);
    }
    return items;
}

void fuzz_read(detinit_tensorfile *file, size_t size)
{
    uint64_t bytes = 0;
    for (size_t n = 0; n < detinit_tensorfile_count(file); n++) {
        const detinit_tensor *tensor = detinit_tensorfile_tensor(file, n);
        fuzz_check(tensor->rank == 0 || tensor->shape != NULL);
        fuzz_check(detinit_tensorfile_find(file, tensor->name) == tensor);
        unsigned char *whole = read_tensor(file, tensor, UINT32_MAX);
        unsigned char *pieces = read_tensor(file, tensor, 13);
        fuzz_check(memcmp(whole, pieces, (size_t)(tensor->count * tensor->item_bytes)) == 0);
        bytes += tensor->count * tensor->item_bytes;
        free(whole);
        free(pieces);
    }
    const char *key;
    for (size_t n = 0; (key = detinit_tensorfile_metadata_key(file, n)) != NULL; n++)
        fuzz_check(detinit_tensorfile_metadata(file, key) != NULL);
    fuzz_check(bytes <= size);
    detinit_tensorfile_close(file);
}

detinit_tensorfile *fuzz_open(const uint8_t *data, size_t size)
{
    char path[32];
    detinit_tensorfile *file = NULL;
    detinit_error error;
    int fd = memfd_create("fuzz", 0);
    fuzz_check(fd >= 0);
    fuzz_check(write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    detinit_status status = detinit_tensorfile_open(path, &file, &error);
    if (status != DETINIT_OK)
        fuzz_check_error(status, &error);
    close(fd);
    return status == DETINIT_OK ? file : NULL;
}

detinit_tensorfile *fuzz_open_safetensors(const uint8_t *data, size_t size)
{
    enum { PREFIX = 8 };
    if (size <= PREFIX)
        return NULL;
    uint8_t *bytes = malloc(size);
    fuzz_check(bytes != NULL);
    memcpy(bytes, data, size);
    const uint8_t *last = memrchr(data + PREFIX, '}', size - PREFIX);
    const uint64_t length = last == NULL ? size - PREFIX : (size_t)(last - data) + 1 - PREFIX;
    for (int n = 0; n < PREFIX; n++)
        bytes[n] = (uint8_t)(length >> (8 * n));
    detinit_tensorfile *file = fuzz_open(bytes, size);
    free(bytes);
    return file;
}

detinit_tensorfile *fuzz_open_with_digest(const uint8_t *data, size_t size, const char *key,
                                          const char *digest)
{
    char mark[64];
    const size_t digits = strlen(digest);
    const int length = snprintf(mark, sizeof mark, "\"%s\":\"", key);
    const uint8_t *at = memmem(data, size, mark, (size_t)length);
    if (at == NULL || (size_t)(data + size - at) < (size_t)length + digits)
        return fuzz_open_safetensors(data, size);
    uint8_t *changed = malloc(size);
    fuzz_check(changed != NULL);
    memcpy(changed, data, size);
    memcpy(changed + (at - data) + length, digest, digits);
    detinit_tensorfile *file = fuzz_open_safetensors(changed, size);
    free(changed);
    return file;
}
