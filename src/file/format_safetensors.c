/* The format of .safetensors files: any number of tensors, and texts about them. */
#include "file/format.h"

#include "base/error.h"
#include "file/safetensors.h"

#include <stdlib.h>

/* Any eight bytes tell a length; behind them the header begins. */
static bool recognizes(const unsigned char *first, size_t count)
{
    return count > SAFETENSORS_PREFIX && first[SAFETENSORS_PREFIX] == '{';
}

static detinit_status read_length(const input *in, uint64_t *length, detinit_error *error)
{
    unsigned char prefix[SAFETENSORS_PREFIX];
    detinit_status status = input_read(in, 0, prefix, sizeof prefix, error);
    *length = 0;
    for (size_t n = sizeof prefix; n-- > 0 && status == DETINIT_OK;)
        *length = *length << 8 | prefix[n];
    if (status == DETINIT_OK && *length > SAFETENSORS_HEADER_MOST)
        status = error_set(error, DETINIT_INVALID,
                           "'%.200s' has a .safetensors header of %llu bytes; at most %u are read",
                           in->path, (unsigned long long)*length, SAFETENSORS_HEADER_MOST);
    else if (status == DETINIT_OK && *length > in->size - SAFETENSORS_PREFIX)
        status = error_set(error, DETINIT_INVALID,
                           "'%.200s' ends within its .safetensors header of %llu bytes", in->path,
                           (unsigned long long)*length);
    return status;
}

static detinit_status open_tensors(format_reader *r, detinit_error *error)
{
    const input *in = r->in;
    uint64_t length;
    detinit_status status = read_length(in, &length, error);
    if (status != DETINIT_OK)
        return status;
    char *header = malloc((size_t)length + 1);
    if (header == NULL)
        return input_no_memory(in->path, error);
    status = input_read(in, SAFETENSORS_PREFIX, header, (size_t)length, error);
    if (status == DETINIT_OK)
        return safetensors_parse(header, (size_t)length, in->size, in->path, &r->list, error);
    free(header);
    return status;
}

static detinit_status read_items(const format_reader *r, const member *m, uint64_t first,
                                 size_t count, void *items, detinit_error *error)
{
    const size_t item = (size_t)m->tensor.item_bytes;
    return input_read(r->in, m->where + first * item, items, count * item, error);
}

const file_format format_safetensors = {
    .name = ".safetensors",
    .endings = {".safetensors"},
    .many = true,
    .metadata = true,
    .of_matrix = true,
    .matrix = DETINIT_SAFETENSORS,
    .recognizes = recognizes,
    .open = open_tensors,
    .read = read_items,
};
