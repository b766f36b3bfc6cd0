/* The format of .safetensors files: any number of tensors, and texts about them. */
#include "file/format.h"

#include "base/error.h"
#include "file/safetensors.h"
#include "file/tensorwriter.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* ----------------------------------------------------------------- reading */

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

/* ----------------------------------------------------------------- writing */

/* The header, as it is announced. */
typedef struct safetensors_writer {
    json_t *metadata; /* text to text, in the order given */
    json_t *tensors;  /* name to {dtype, shape, data_offsets}, in the order announced */
} safetensors_writer;

static detinit_status no_memory(detinit_error *error)
{
    return error_set(error, DETINIT_NO_MEMORY, "no memory for a file of tensors");
}

static detinit_status create(detinit_tensorwriter *w, detinit_error *error)
{
    safetensors_writer *own = w->own = calloc(1, sizeof *own);
    if (own == NULL)
        return no_memory(error);
    own->metadata = json_object();
    own->tensors = json_object();
    return own->metadata != NULL && own->tensors != NULL ? DETINIT_OK : no_memory(error);
}

static void discard(detinit_tensorwriter *w)
{
    safetensors_writer *own = w->own;
    if (own == NULL)
        return;
    json_decref(own->metadata);
    json_decref(own->tensors);
    free(own);
}

/* A JSON text, or DETINIT_INVALID where it is not UTF-8. */
static detinit_status make_text(const char *text, json_t **out, detinit_error *error)
{
    *out = json_string(text);
    if (*out == NULL)
        return error_set(error, DETINIT_INVALID, "'%.100s' is not UTF-8 text", text);
    return DETINIT_OK;
}

static detinit_status pair(detinit_tensorwriter *w, const char *key, const char *value,
                           detinit_error *error)
{
    const safetensors_writer *own = w->own;
    json_t *text;
    if (json_object_get(own->metadata, key) != NULL)
        return error_set(error, DETINIT_INVALID, "the metadata have '%.100s' twice", key);
    detinit_status status = make_text(value, &text, error);
    if (status != DETINIT_OK)
        return status;
    if (json_object_set_new(own->metadata, key, text) != 0)
        return error_set(error, DETINIT_INVALID, "the key '%.100s' is not UTF-8 text", key);
    return DETINIT_OK;
}

static json_t *tensor_entry(const char *type, size_t rank, const uint64_t *shape, uint64_t begin,
                            uint64_t end)
{
    json_t *dimensions = json_array();
    for (size_t n = 0; n < rank; n++) {
        if (json_array_append_new(dimensions, json_integer((json_int_t)shape[n])) != 0) {
            json_decref(dimensions);
            return NULL;
        }
    }
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", type, "shape", dimensions, "data_offsets",
                     (json_int_t)begin, (json_int_t)end);
}

static detinit_status announce(detinit_tensorwriter *w, detinit_tensor *tensor,
                               const tensor_type *type, uint64_t *bytes, detinit_error *error)
{
    const safetensors_writer *own = w->own;
    const char *name = tensor->name;
    if (strcmp(name, "__metadata__") == 0 || json_object_get(own->tensors, name) != NULL)
        return error_set(error, DETINIT_INVALID, "the name '%.100s' is taken", name);
    const char *wrong = tensor_measure(tensor, type, bytes);
    if (wrong == NULL && *bytes > INT64_MAX - w->announced)
        wrong = "the file would be too large";
    if (wrong != NULL)
        return error_set(error, DETINIT_INVALID, "'%.100s': %s", name, wrong);
    json_t *entry =
        tensor_entry(type->name, tensor->rank, tensor->shape, w->announced, w->announced + *bytes);
    if (entry == NULL)
        return no_memory(error);
    if (json_object_set_new(own->tensors, name, entry) != 0)
        return error_set(error, DETINIT_INVALID, "the name '%.100s' is not UTF-8 text", name);
    return DETINIT_OK;
}

/* The whole header as text, "__metadata__" first; malloc'ed, or NULL without memory. */
static char *header_text(const safetensors_writer *own)
{
    json_t *all = json_object();
    bool good = all != NULL;
    if (good && json_object_size(own->metadata) > 0)
        good = json_object_set(all, "__metadata__", own->metadata) == 0;
    good = good && json_object_update(all, own->tensors) == 0;
    char *text = good ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    return text;
}

/* The header behind its length, filled with spaces up to a multiple of 8. */
static detinit_status put_header(detinit_tensorwriter *w, const char *text, size_t length,
                                 detinit_error *error)
{
    const size_t padded = (length + 7) / 8 * 8;
    unsigned char prefix[SAFETENSORS_PREFIX];
    if (padded > SAFETENSORS_HEADER_MOST)
        return error_set(error, DETINIT_INVALID,
                         "the header of '%.200s' would have more than the %u bytes that the format "
                         "allows",
                         w->out.shown, SAFETENSORS_HEADER_MOST);
    for (size_t n = 0; n < sizeof prefix; n++)
        prefix[n] = (unsigned char)((uint64_t)padded >> (8 * n));
    detinit_status status = tensorwriter_reserve(w, sizeof prefix + padded + w->announced, error);
    if (status == DETINIT_OK)
        status = tensorwriter_put(w, prefix, sizeof prefix, error);
    if (status == DETINIT_OK)
        status = tensorwriter_put(w, text, length, error);
    if (status == DETINIT_OK)
        status = tensorwriter_put(w, "       ", padded - length, error);
    return status;
}

static detinit_status begin(detinit_tensorwriter *w, detinit_error *error)
{
    char *text = header_text(w->own);
    if (text == NULL)
        return no_memory(error);
    detinit_status status = put_header(w, text, strlen(text), error);
    free(text);
    return status;
}

const file_format format_safetensors = {
    .name = ".safetensors",
    .endings = {".safetensors"},
    .many = true,
    .metadata = true,
    .of_matrix = true,
    .matrix = DETINIT_SAFETENSORS,
    .needs_name = true,
    .recognizes = recognizes,
    .open = open_tensors,
    .read = read_items,
    .create = create,
    .pair = pair,
    .announce = announce,
    .begin = begin,
    .discard = discard,
};
