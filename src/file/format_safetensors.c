/* The format of .safetensors files: any number of tensors, and texts about them. */
#include "file/format.h"

#include "base/error.h"
#include "base/utf8.h"
#include "file/jsondump.h"
#include "file/safetensors.h"
#include "file/tensorwriter.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ----------------------------------------------------------------- reading */

/* Bytes that no length has, but a text. */
static bool is_text(const unsigned char *bytes, size_t count)
{
    for (size_t n = 0; n < count; n++)
        if (bytes[n] < 0x09 || bytes[n] > 0x7E)
            return false;
    return true;
}

static bool is_blank(const char *bytes, size_t count)
{
    for (size_t n = 0; n < count; n++)
        if (bytes[n] == '\0' || strchr(" \n\t\r", bytes[n]) == NULL)
            return false;
    return true;
}

/* Eight bytes tell a length; behind them the header begins, where there are no more spaces first.
 */
static bool recognizes(const unsigned char *first, size_t count)
{
    const char *header = (const char *)first + SAFETENSORS_PREFIX;
    if (count <= SAFETENSORS_PREFIX || is_text(first, SAFETENSORS_PREFIX))
        return false;
    const size_t seen = count - SAFETENSORS_PREFIX;
    return safetensors_begins(header, seen) || (count == FORMAT_FIRST && is_blank(header, seen));
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

static bool plain(const format_reader *r)
{
    (void)r;
    return true;
}

/* ----------------------------------------------------------------- writing */

/* The header, as it is announced. */
typedef struct safetensors_writer {
    json_t *metadata; /* text to text, in the order given */
    json_t *names;    /* those that are taken */
    FILE *entries;    /* "name":{dtype, shape, data_offsets}, ... in the order announced */
    char *text;       /* what was written into it, `size` bytes */
    size_t size;
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
    own->names = json_object();
    own->entries = open_memstream(&own->text, &own->size);
    const bool made = own->metadata != NULL && own->names != NULL && own->entries != NULL;
    return made ? DETINIT_OK : no_memory(error);
}

static void discard(detinit_tensorwriter *w)
{
    safetensors_writer *own = w->own;
    if (own == NULL)
        return;
    json_decref(own->metadata);
    json_decref(own->names);
    if (own->entries != NULL)
        fclose(own->entries);
    free(own->text);
    free(own);
}

/* Why jansson did not take a text: it is not UTF-8, or there is no memory for it. */
static detinit_status not_taken(const char *what, const char *text, detinit_error *error)
{
    if (utf8_is_text(text, strlen(text)))
        return no_memory(error);
    return error_set(error, DETINIT_INVALID, "%s'%.100s' is not UTF-8 text", what, text);
}

static detinit_status pair(detinit_tensorwriter *w, const char *key, const char *value,
                           detinit_error *error)
{
    const safetensors_writer *own = w->own;
    if (json_object_get(own->metadata, key) != NULL)
        return error_set(error, DETINIT_INVALID, "the metadata have '%.100s' twice", key);
    json_t *text = json_string(value);
    if (text == NULL)
        return not_taken("", value, error);
    if (json_object_set_new(own->metadata, key, text) != 0)
        return not_taken("the key ", key, error);
    return DETINIT_OK;
}

static bool put_entry(const safetensors_writer *own, const json_t *name, const char *type,
                      const detinit_tensor *tensor, uint64_t begin, uint64_t end)
{
    FILE *to = own->entries;
    bool good = json_object_size(own->names) == 0 || fputc(',', to) != EOF;
    good = good && json_dumpf(name, to, JSON_ENCODE_ANY) == 0 &&
           fprintf(to, ":{\"dtype\":\"%s\",\"shape\":[", type) > 0;
    for (size_t n = 0; n < tensor->rank && good; n++)
        good = fprintf(to, "%s%" PRIu64, n > 0 ? "," : "", tensor->shape[n]) > 0;
    return good && fprintf(to, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", begin, end) > 0;
}

static detinit_status announce(detinit_tensorwriter *w, detinit_tensor *tensor,
                               const tensor_type *type, uint64_t *bytes, detinit_error *error)
{
    const safetensors_writer *own = w->own;
    const char *name = tensor->name;
    if (strcmp(name, "__metadata__") == 0 || json_object_get(own->names, name) != NULL)
        return error_set(error, DETINIT_INVALID, "the name '%.100s' is taken", name);
    const char *wrong = tensor_measure(tensor, type, bytes);
    if (wrong == NULL && *bytes > INT64_MAX - w->announced)
        wrong = "the file would be too large";
    if (wrong != NULL)
        return error_set(error, DETINIT_INVALID, "'%.100s': %s", name, wrong);
    json_t *text = json_string(name);
    if (text == NULL)
        return not_taken("the name ", name, error);
    const bool put =
        put_entry(own, text, type->name, tensor, w->announced, w->announced + *bytes) &&
        json_object_set_new(own->names, name, json_true()) == 0;
    json_decref(text);
    return put ? DETINIT_OK : no_memory(error);
}

/* The whole header as text, "__metadata__" first; malloc'ed, or NULL without memory. */
static char *header_text(const safetensors_writer *own)
{
    char *all, *metadata = jsondump_text(own->metadata, JSON_COMPACT);
    const bool any = json_object_size(own->metadata) > 0;
    bool good = metadata != NULL && fflush(own->entries) == 0;
    good = good && asprintf(&all, "{%s%s%s%s}", any ? "\"__metadata__\":" : "", any ? metadata : "",
                            any && own->size > 0 ? "," : "", own->text) >= 0;
    free(metadata);
    return good ? all : NULL;
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
                         "allows; share its tensors out to several files",
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
    .plain = plain,
    .create = create,
    .pair = pair,
    .announce = announce,
    .begin = begin,
    .discard = discard,
};
