#include "detinit_tracking.h"

#include "error.h"
#include "npy.h"
#include "safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct detinit_tensorfile {
    int fd;
    char *path;
    uint64_t size;
    safetensors parsed; /* a .npy file has one tensor and no JSON */
};

/* Reads exactly `size` bytes: a file that became shorter is an error, not a signal. */
static detinit_status read_at(const detinit_tensorfile *file, uint64_t offset, void *out,
                              size_t size, detinit_error *error)
{
    char *to = out;
    while (size > 0) {
        ssize_t got = pread(file->fd, to, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(error, DETINIT_IO, "cannot read '%.200s': %s", file->path,
                             strerror(errno));
        if (got == 0)
            return error_set(error, DETINIT_IO, "'%.200s' became shorter while it was read",
                             file->path);
        to += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return DETINIT_OK;
}

static detinit_status open_npy(detinit_tensorfile *file, detinit_error *error)
{
    unsigned char head[NPY_READ_MOST];
    npy_array array;
    size_t size = file->size < sizeof head ? (size_t)file->size : sizeof head;
    detinit_status status = read_at(file, 0, head, size, error);
    if (status == DETINIT_OK)
        status = npy_read(head, size, file->path, &array, error);
    if (status != DETINIT_OK)
        return status;
    detinit_tensor *tensor = file->parsed.tensors = calloc(1, sizeof *tensor);
    if (tensor == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for '%.200s'", file->path);
    *tensor = (detinit_tensor){.name = "",
                               .type = detinit_dtype_safetensors(array.dtype),
                               .weights = true,
                               .item_bytes = detinit_dtype_size(array.dtype),
                               .dtype = array.dtype,
                               .rank = array.rank,
                               .count = 1,
                               .offset = array.offset};
    uint64_t bytes = tensor->item_bytes;
    bool fits = true;
    for (size_t n = 0; n < array.rank; n++) {
        tensor->shape[n] = array.shape[n];
        fits = fits && !__builtin_mul_overflow(bytes, array.shape[n], &bytes);
    }
    if (!fits || bytes != file->size - array.offset)
        return error_set(error, DETINIT_INVALID,
                         "the data of '%.200s' have another size than its shape tells", file->path);
    tensor->count = bytes / tensor->item_bytes;
    file->parsed.count = 1;
    return DETINIT_OK;
}

static detinit_status open_safetensors(detinit_tensorfile *file, const unsigned char prefix[8],
                                       detinit_error *error)
{
    uint64_t length = 0;
    for (int n = 7; n >= 0; n--)
        length = length << 8 | prefix[n];
    if (length > SAFETENSORS_HEADER_MOST || length > file->size - SAFETENSORS_PREFIX)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' is neither a .npy nor a whole .safetensors file", file->path);
    char *header = malloc((size_t)length + 1);
    if (header == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for '%.200s'", file->path);
    detinit_status status = read_at(file, SAFETENSORS_PREFIX, header, (size_t)length, error);
    if (status == DETINIT_OK)
        status =
            safetensors_parse(header, (size_t)length, file->size, file->path, &file->parsed, error);
    free(header);
    return status;
}

static detinit_status open_file(detinit_tensorfile *file, detinit_error *error)
{
    struct stat about;
    unsigned char prefix[8];
    file->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file->fd < 0 || fstat(file->fd, &about) != 0)
        return error_set(error, DETINIT_IO, "cannot open '%.200s': %s", file->path,
                         strerror(errno));
    if (!S_ISREG(about.st_mode) || about.st_size < (off_t)sizeof prefix)
        return error_set(error, DETINIT_INVALID, "'%.200s' is not a .npy or .safetensors file",
                         file->path);
    file->size = (uint64_t)about.st_size;
    detinit_status status = read_at(file, 0, prefix, sizeof prefix, error);
    if (status != DETINIT_OK)
        return status;
    return memcmp(prefix, "\x93NUMPY", 6) == 0 ? open_npy(file, error)
                                               : open_safetensors(file, prefix, error);
}

detinit_status detinit_tensorfile_open(const char *path, detinit_tensorfile **out,
                                       detinit_error *error)
{
    detinit_tensorfile *file = calloc(1, sizeof *file);
    if (file == NULL || (file->path = strdup(path)) == NULL) {
        free(file);
        return error_set(error, DETINIT_NO_MEMORY, "no memory for '%.200s'", path);
    }
    file->fd = -1;
    detinit_status status = open_file(file, error);
    if (status != DETINIT_OK)
        detinit_tensorfile_close(file);
    else
        *out = file;
    return status;
}

void detinit_tensorfile_close(detinit_tensorfile *file)
{
    if (file == NULL)
        return;
    if (file->fd >= 0)
        close(file->fd);
    safetensors_free(&file->parsed);
    free(file->path);
    free(file);
}

size_t detinit_tensorfile_count(const detinit_tensorfile *file)
{
    return file->parsed.count;
}

const detinit_tensor *detinit_tensorfile_tensor(const detinit_tensorfile *file, size_t index)
{
    return index < file->parsed.count ? &file->parsed.tensors[index] : NULL;
}

const detinit_tensor *detinit_tensorfile_find(const detinit_tensorfile *file, const char *name)
{
    for (size_t n = 0; n < file->parsed.count; n++)
        if (strcmp(file->parsed.tensors[n].name, name) == 0)
            return &file->parsed.tensors[n];
    return NULL;
}

const char *detinit_tensorfile_metadata(const detinit_tensorfile *file, const char *key)
{
    const json_t *metadata = json_object_get(file->parsed.json, "__metadata__");
    return json_string_value(json_object_get(metadata, key));
}

const char *detinit_tensorfile_path(const detinit_tensorfile *file)
{
    return file->path;
}

detinit_status detinit_tensor_read(const detinit_tensorfile *file, const detinit_tensor *tensor,
                                   uint64_t first, size_t count, void *stored, detinit_error *error)
{
    if (first > tensor->count || count > tensor->count - first)
        return error_set(error, DETINIT_INVALID, "'%.200s' has no such weights", file->path);
    return read_at(file, tensor->offset + first * tensor->item_bytes, stored,
                   count * (size_t)tensor->item_bytes, error);
}
