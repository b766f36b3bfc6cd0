#include "file/tensorfile.h"

#include "base/error.h"
#include "base/progress.h"
#include "base/wide.h"
#include "file/format.h"
#include "file/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What tensorfile_each reads at a time. */
#define PART_BYTES ((size_t)1 << 20)

struct detinit_tensorfile {
    input in;
    zip archive;               /* all zero where it is none */
    const file_format *format; /* NULL until it is recognized */
    format_reader reader;
};

static detinit_status open_reader(detinit_tensorfile *file, bool alone, detinit_error *error)
{
    unsigned char first[FORMAT_FIRST];
    const size_t count = file->in.size < sizeof first ? (size_t)file->in.size : sizeof first;
    detinit_status status = input_read(&file->in, 0, first, count, error);
    if (status != DETINIT_OK)
        return status;
    const bool is_archive = zip_begins(first, count);
    if (is_archive)
        status = zip_open(&file->archive, &file->in, error);
    if (status != DETINIT_OK)
        return status;
    file->reader.archive = is_archive ? &file->archive : NULL;
    const file_format *format =
        is_archive ? format_of_archive(&file->archive) : format_of_bytes(first, count);
    if (format == NULL)
        return file->in.size == 0
                   ? error_set(error, DETINIT_INVALID,
                               "'%.200s' is empty; a file of tensors was expected", file->in.path)
                   : format_unknown(file->in.path, error);
    if (alone && format->of_files)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' is an index where a file of tensors "
                         "was expected",
                         file->in.path);
    file->format = format;
    file->reader.in = &file->in;
    return file->format->open(&file->reader, error);
}

/* Opens what `in` reads, which it takes over; `alone`: it must be one file in itself. */
static detinit_status open_input(const input *in, bool alone, detinit_tensorfile **out,
                                 detinit_error *error)
{
    input own = *in;
    detinit_tensorfile *file = calloc(1, sizeof *file);
    if (file == NULL) {
        detinit_status status = input_no_memory(own.path, error);
        input_close(&own);
        return status;
    }
    file->in = own;
    detinit_status status = open_reader(file, alone, error);
    if (status != DETINIT_OK)
        detinit_tensorfile_close(file);
    else
        *out = file;
    return status;
}

detinit_status tensorfile_of_format(const file_format *format, void *own, const char *path,
                                    detinit_tensorfile **out, detinit_error *error)
{
    detinit_tensorfile *file = calloc(1, sizeof *file);
    char *shown = strdup(path);
    if (file == NULL || shown == NULL) {
        const detinit_status lacking = input_no_memory(path, error); /* a path that may be own's */
        format_reader nothing = {.own = own};
        if (own != NULL)
            format->close(&nothing);
        free(file);
        free(shown);
        return lacking;
    }
    file->in = (input){.fd = -1, .path = shown};
    file->format = format;
    file->reader.in = &file->in;
    file->reader.own = own;
    detinit_status status = file->format->open(&file->reader, error);
    if (status != DETINIT_OK)
        detinit_tensorfile_close(file);
    else
        *out = file;
    return status;
}

detinit_status detinit_tensorfile_open(const char *path, detinit_tensorfile **out,
                                       detinit_error *error)
{
    struct stat about;
    input in;
    if (stat(path, &about) != 0)
        return error_set(error, DETINIT_IO, "cannot open '%.200s': %s", path, strerror(errno));
    if (S_ISDIR(about.st_mode))
        return tensorfile_of_format(&format_folder, NULL, path, out, error);
    detinit_status status = input_open(&in, path, error);
    return status == DETINIT_OK ? open_input(&in, false, out, error) : status;
}

detinit_status tensorfile_open_part(const char *path, detinit_tensorfile **out,
                                    detinit_error *error)
{
    input in;
    detinit_status status = input_open(&in, path, error);
    return status == DETINIT_OK ? open_input(&in, true, out, error) : status;
}

detinit_status detinit_tensorfile_open_memory(const void *data, size_t size, const char *shown,
                                              detinit_tensorfile **out, detinit_error *error)
{
    input in;
    detinit_status status = input_of_memory(&in, data, size, shown, error);
    return status == DETINIT_OK ? open_input(&in, false, out, error) : status;
}

void detinit_tensorfile_close(detinit_tensorfile *file)
{
    if (file == NULL)
        return;
    if (file->format != NULL && file->format->close != NULL)
        file->format->close(&file->reader);
    tensorlist_free(&file->reader.list);
    zip_close(&file->archive);
    input_close(&file->in);
    free(file);
}

void tensorfile_rest(const detinit_tensorfile *file)
{
    if (file->format->rest != NULL)
        file->format->rest(&file->reader);
}

size_t detinit_tensorfile_count(const detinit_tensorfile *file)
{
    return file->reader.list.count;
}

const detinit_tensor *detinit_tensorfile_tensor(const detinit_tensorfile *file, size_t index)
{
    const tensorlist *list = &file->reader.list;
    return index < list->count ? &list->members[index].tensor : NULL;
}

const detinit_tensor *detinit_tensorfile_find(const detinit_tensorfile *file, const char *name)
{
    const member *found = tensorlist_find(&file->reader.list, name);
    return found != NULL ? &found->tensor : NULL;
}

const char *detinit_tensorfile_metadata(const detinit_tensorfile *file, const char *key)
{
    return tensorlist_metadata(&file->reader.list, key);
}

const char *detinit_tensorfile_metadata_key(const detinit_tensorfile *file, size_t index)
{
    const tensorlist *list = &file->reader.list;
    return index < list->pair_count ? list->pairs[index].key : NULL;
}

const char *detinit_tensorfile_left_out(const detinit_tensorfile *file, size_t index,
                                        const char **why)
{
    const tensorlist *list = &file->reader.list;
    if (index >= list->left_out_count)
        return NULL;
    *why = list->left_out[index].value;
    return list->left_out[index].key;
}

const char *detinit_tensorfile_path(const detinit_tensorfile *file)
{
    return file->in.path;
}

size_t tensorfile_index(const detinit_tensorfile *file, const detinit_tensor *tensor)
{
    const tensorlist *list = &file->reader.list;
    const size_t index =
        (size_t)((uintptr_t)tensor - (uintptr_t)list->members) / sizeof *list->members;
    const bool own = index < list->count && tensor == &list->members[index].tensor;
    return own ? index : SIZE_MAX;
}

const file_format *tensorfile_format(const detinit_tensorfile *file)
{
    return file->format;
}

uint64_t tensorfile_head(const detinit_tensorfile *file)
{
    const tensorlist *list = &file->reader.list;
    if (file->format->plain == NULL || !file->format->plain(&file->reader) || list->count == 0)
        return 0;
    uint64_t at = list->members[0].where;
    for (size_t n = 0; n < list->count; n++) {
        const member *m = &list->members[n];
        if (m->where != at)
            return 0;
        at += m->tensor.count * m->tensor.item_bytes;
    }
    return at == file->in.size ? list->members[0].where : 0;
}

detinit_status tensorfile_read_head(const detinit_tensorfile *file, uint64_t first, size_t bytes,
                                    void *out, detinit_error *error)
{
    return input_read(&file->in, first, out, bytes, error);
}

uint64_t tensorfile_size(const detinit_tensorfile *file)
{
    return file->reader.size > 0 ? file->reader.size : file->in.size;
}

detinit_status detinit_tensor_read(const detinit_tensorfile *file, const detinit_tensor *tensor,
                                   uint64_t first, size_t count, void *stored, detinit_error *error)
{
    const size_t index = tensorfile_index(file, tensor);
    if (index == SIZE_MAX || first > tensor->count || count > tensor->count - first)
        return error_set(error, DETINIT_INVALID, "'%.200s' has no such weights", file->in.path);
    return file->format->read(&file->reader, &file->reader.list.members[index], first, count,
                              stored, error);
}

detinit_status detinit_tensor_values(const detinit_tensorfile *file, const detinit_tensor *tensor,
                                     uint64_t first, size_t count, double *values,
                                     detinit_error *error)
{
    enum { PIECE = 1024, ITEM_MOST = 16 };
    unsigned char stored[PIECE * ITEM_MOST + 1];
    const tensor_type *type = tensor_type_anywhere(tensor->type);
    const size_t parts = tensor_type_parts(type);
    const unsigned item_bits = 8 * (unsigned)tensor->item_bytes;
    const uint64_t most = wide_share(tensor->count, item_bits, type->bits);
    if (first > most || count > most - first)
        return error_set(error, DETINIT_INVALID, "'%.200s' has no such values", file->in.path);
    detinit_status status = DETINIT_OK;
    for (size_t part; count > 0 && status == DETINIT_OK; first += part, count -= part) {
        uint64_t bit;
        const uint64_t item = wide_divide(wide_product(first, type->bits), item_bits, &bit);
        part = count < PIECE ? count : PIECE;
        const size_t items = ((size_t)bit + part * type->bits + item_bits - 1) / item_bits;
        status = detinit_tensor_read(file, tensor, item, items, stored, error);
        if (status == DETINIT_OK)
            tensor_decode(type, stored, (unsigned)bit, part, values);
        values += part * parts;
    }
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
        if (status == DETINIT_OK)
            status = progress_tell(run, at + count, tensor->count, error);
    }
    free(buffer);
    return status;
}
