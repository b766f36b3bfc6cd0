#include "file/tensorfile.h"

#include "detinit_files.h"
#include "file/columns.h"
#include "base/error.h"
#include "file/input.h"
#include "file/npy.h"
#include "file/safetensors.h"

#include <stdlib.h>
#include <string.h>

/* What tensorfile_each reads at a time. */
#define PART_BYTES ((size_t)1 << 20)

struct detinit_tensorfile {
    input in;
    safetensors parsed; /* a .npy file has one tensor and no header here */
    columns *turned;    /* reads the tensor that is column-major; or NULL */
};

static detinit_status open_npy(detinit_tensorfile *file, detinit_error *error)
{
    unsigned char head[NPY_READ_MOST];
    size_t size = file->in.size < sizeof head ? (size_t)file->in.size : sizeof head;
    detinit_tensor *tensor = file->parsed.tensors = calloc(1, sizeof *tensor);
    if (tensor == NULL)
        return input_no_memory(file->in.path, error);
    detinit_status status = input_read(&file->in, 0, head, size, error);
    if (status == DETINIT_OK)
        status = npy_read(head, size, file->in.size, file->in.path, tensor, error);
    if (status != DETINIT_OK)
        return status;
    file->parsed.count = 1;
    if (tensor->column_major &&
        (file->turned = columns_new(&file->in, tensor->offset, tensor, COLUMNS_BAND)) == NULL)
        return input_no_memory(file->in.path, error);
    return DETINIT_OK;
}

/* Any eight bytes could begin such a file; the length that they tell is the first check. */
static detinit_status open_safetensors(detinit_tensorfile *file, const unsigned char prefix[8],
                                       detinit_error *error)
{
    uint64_t length = 0;
    unsigned char first = 0;
    for (int n = 7; n >= 0; n--)
        length = length << 8 | prefix[n];
    if (file->in.size > SAFETENSORS_PREFIX &&
        input_read(&file->in, SAFETENSORS_PREFIX, &first, 1, error) != DETINIT_OK)
        return DETINIT_IO;
    if (first != '{')
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' is neither a .npy nor a .safetensors file", file->in.path);
    if (length > SAFETENSORS_HEADER_MOST)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' has a .safetensors header of %llu bytes; at most %u are read",
                         file->in.path, (unsigned long long)length, SAFETENSORS_HEADER_MOST);
    if (length > file->in.size - SAFETENSORS_PREFIX)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' ends within its .safetensors header of %llu bytes",
                         file->in.path, (unsigned long long)length);
    char *header = malloc((size_t)length + 1);
    if (header == NULL)
        return input_no_memory(file->in.path, error);
    detinit_status status =
        input_read(&file->in, SAFETENSORS_PREFIX, header, (size_t)length, error);
    if (status == DETINIT_OK)
        return safetensors_parse(header, (size_t)length, file->in.size, file->in.path,
                                 &file->parsed, error);
    free(header);
    return status;
}

static detinit_status open_file(detinit_tensorfile *file, detinit_error *error)
{
    unsigned char prefix[8];
    if (file->in.size < sizeof prefix)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' is neither a .npy nor a .safetensors file", file->in.path);
    detinit_status status = input_read(&file->in, 0, prefix, sizeof prefix, error);
    if (status != DETINIT_OK)
        return status;
    return memcmp(prefix, "\x93NUMPY", 6) == 0 ? open_npy(file, error)
                                               : open_safetensors(file, prefix, error);
}

detinit_status detinit_tensorfile_open(const char *path, detinit_tensorfile **out,
                                       detinit_error *error)
{
    detinit_tensorfile *file = calloc(1, sizeof *file);
    if (file == NULL)
        return input_no_memory(path, error);
    detinit_status status = input_open(&file->in, path, error);
    if (status != DETINIT_OK) {
        free(file);
        return status;
    }
    status = open_file(file, error);
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
    input_close(&file->in);
    columns_free(file->turned);
    safetensors_free(&file->parsed);
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
    if (file->parsed.by_name != NULL)
        return safetensors_find(&file->parsed, name);
    return strcmp(file->parsed.tensors[0].name, name) == 0 ? &file->parsed.tensors[0] : NULL;
}

const char *detinit_tensorfile_metadata(const detinit_tensorfile *file, const char *key)
{
    return safetensors_metadata(&file->parsed, key);
}

const char *detinit_tensorfile_metadata_key(const detinit_tensorfile *file, size_t index)
{
    return index < file->parsed.pair_count ? file->parsed.pairs[index].key : NULL;
}

const char *detinit_tensorfile_path(const detinit_tensorfile *file)
{
    return file->in.path;
}

size_t tensorfile_index(const detinit_tensorfile *file, const detinit_tensor *tensor)
{
    const uintptr_t first = (uintptr_t)file->parsed.tensors;
    const size_t index = (size_t)((uintptr_t)tensor - first) / sizeof *tensor;
    const bool own = index < file->parsed.count && tensor == &file->parsed.tensors[index];
    return own ? index : SIZE_MAX;
}

uint64_t tensorfile_items(const detinit_tensorfile *file)
{
    uint64_t items = 0;
    for (size_t n = 0; n < file->parsed.count; n++)
        items += file->parsed.tensors[n].count;
    return items;
}

uint64_t tensorfile_size(const detinit_tensorfile *file)
{
    return file->in.size;
}

/* Turns the bytes of each item around. */
static void swap_bytes(unsigned char *items, size_t item, size_t count)
{
    for (size_t n = 0; n < count; n++, items += item) {
        uint64_t value = 0;
        switch (item) {
        case 2:
            memcpy(&value, items, 2);
            value = __builtin_bswap16((uint16_t)value);
            memcpy(items, &value, 2);
            break;
        case 4:
            memcpy(&value, items, 4);
            value = __builtin_bswap32((uint32_t)value);
            memcpy(items, &value, 4);
            break;
        default:
            memcpy(&value, items, 8);
            value = __builtin_bswap64(value);
            memcpy(items, &value, 8);
        }
    }
}

detinit_status detinit_tensor_read(const detinit_tensorfile *file, const detinit_tensor *tensor,
                                   uint64_t first, size_t count, void *stored, detinit_error *error)
{
    const size_t item = (size_t)tensor->item_bytes;
    if (first > tensor->count || count > tensor->count - first)
        return error_set(error, DETINIT_INVALID, "'%.200s' has no such weights", file->in.path);
    detinit_status status =
        tensor->column_major
            ? columns_read(file->turned, first, count, stored, error)
            : input_read(&file->in, tensor->offset + first * item, stored, count * item, error);
    if (status == DETINIT_OK && tensor->big_endian)
        swap_bytes(stored, item, count);
    return status;
}

detinit_status tensorfile_each(const detinit_tensorfile *file, const detinit_tensor *tensor,
                               const detinit_run *run,
                               detinit_status (*take)(void *context, const unsigned char *data,
                                                      size_t bytes, detinit_error *error),
                               void *context, detinit_error *error)
{
    const uint64_t most = PART_BYTES / tensor->item_bytes;
    unsigned char *buffer = malloc(PART_BYTES);
    detinit_status status = DETINIT_OK;
    if (buffer == NULL)
        return input_no_memory(file->in.path, error);
    for (uint64_t at = 0; at < tensor->count && status == DETINIT_OK; at += most) {
        const size_t count = (size_t)(tensor->count - at < most ? tensor->count - at : most);
        status = detinit_tensor_read(file, tensor, at, count, buffer, error);
        if (status == DETINIT_OK)
            status = take(context, buffer, count * (size_t)tensor->item_bytes, error);
        if (status == DETINIT_OK && run->progress != NULL &&
            !run->progress(run->context, at + count, tensor->count))
            status = error_set(error, DETINIT_CANCELLED, "cancelled");
    }
    free(buffer);
    return status;
}
