#include "file/tensorwriter.h"

#include "detinit_files.h"
#include "base/error.h"
#include "file/safetensors.h"
#include "file/savefile.h"
#include "file/tensortype.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct detinit_tensorwriter {
    savefile file;
    output out;
    json_t *metadata; /* text to text, in the order given */
    json_t *tensors;  /* name to {dtype, shape, data_offsets}, in the order announced */
    bool began;       /* the header is written */
    uint64_t announced, written, header_bytes;
};

static detinit_status no_memory(detinit_error *error)
{
    return error_set(error, DETINIT_NO_MEMORY, "no memory for a file of tensors");
}

void detinit_tensorwriter_abandon(detinit_tensorwriter *writer)
{
    if (writer == NULL)
        return;
    savefile_abandon(&writer->file);
    json_decref(writer->metadata);
    json_decref(writer->tensors);
    free(writer);
}

detinit_status tensorwriter_open(const char *path, const detinit_run *run,
                                 detinit_tensorwriter **out, detinit_error *error)
{
    detinit_tensorwriter *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return no_memory(error);
    detinit_status status = savefile_open(&writer->file, path, run, 0, error);
    if (status != DETINIT_OK) {
        free(writer);
        return status;
    }
    writer->out = output_on(writer->file.fd, writer->file.shown, run, 0);
    writer->metadata = json_object();
    writer->tensors = json_object();
    if (writer->metadata == NULL || writer->tensors == NULL) {
        detinit_tensorwriter_abandon(writer);
        return no_memory(error);
    }
    *out = writer;
    return DETINIT_OK;
}

detinit_status detinit_tensorwriter_open(const char *path, detinit_tensorwriter **out,
                                         detinit_error *error)
{
    return tensorwriter_open(path, NULL, out, error);
}

/* A JSON text, or DETINIT_INVALID where it is not UTF-8. */
static detinit_status make_text(const char *text, json_t **out, detinit_error *error)
{
    *out = json_string(text);
    if (*out == NULL)
        return error_set(error, DETINIT_INVALID, "'%.100s' is not UTF-8 text", text);
    return DETINIT_OK;
}

detinit_status detinit_tensorwriter_metadata(detinit_tensorwriter *writer, const char *key,
                                             const char *value, detinit_error *error)
{
    json_t *text;
    if (writer->began)
        return error_set(error, DETINIT_INVALID, "metadata must come before the data");
    if (json_object_get(writer->metadata, key) != NULL)
        return error_set(error, DETINIT_INVALID, "the metadata have '%.100s' twice", key);
    detinit_status status = make_text(value, &text, error);
    if (status != DETINIT_OK)
        return status;
    if (json_object_set_new(writer->metadata, key, text) != 0)
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

detinit_status detinit_tensorwriter_announce(detinit_tensorwriter *writer, const char *name,
                                             const char *type, size_t rank, const uint64_t *shape,
                                             uint64_t *bytes, detinit_error *error)
{
    detinit_tensor tensor = {.rank = rank};
    const tensor_type *known = tensor_type_named(type);
    uint64_t length;
    if (writer->began)
        return error_set(error, DETINIT_INVALID, "tensors must be announced before the data");
    if (known == NULL)
        return error_set(error, DETINIT_INVALID, "'%.100s' is not a type that can be written",
                         type);
    if (strcmp(name, "__metadata__") == 0 || json_object_get(writer->tensors, name) != NULL)
        return error_set(error, DETINIT_INVALID, "the name '%.100s' is taken", name);
    if (rank > DETINIT_MAX_RANK)
        return error_set(error, DETINIT_INVALID, "'%.100s' has more than 8 dimensions", name);
    memcpy(tensor.shape, shape, rank * sizeof *shape);
    const char *wrong = tensor_measure(&tensor, known, &length);
    if (wrong == NULL && length > INT64_MAX - writer->announced)
        wrong = "the file would be too large";
    if (wrong != NULL)
        return error_set(error, DETINIT_INVALID, "'%.100s': %s", name, wrong);
    json_t *entry = tensor_entry(type, rank, shape, writer->announced, writer->announced + length);
    if (entry == NULL)
        return no_memory(error);
    if (json_object_set_new(writer->tensors, name, entry) != 0)
        return error_set(error, DETINIT_INVALID, "the name '%.100s' is not UTF-8 text", name);
    writer->announced += length;
    if (bytes != NULL)
        *bytes = length;
    return DETINIT_OK;
}

/* The whole header as text, "__metadata__" first; malloc'ed, or NULL without memory. */
static char *header_text(detinit_tensorwriter *writer)
{
    json_t *all = json_object();
    bool good = all != NULL;
    if (good && json_object_size(writer->metadata) > 0)
        good = json_object_set(all, "__metadata__", writer->metadata) == 0;
    good = good && json_object_update(all, writer->tensors) == 0;
    char *text = good ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    return text;
}

static detinit_status begin(detinit_tensorwriter *writer, detinit_error *error)
{
    char *text = header_text(writer);
    if (text == NULL)
        return no_memory(error);
    size_t length = strlen(text), padded = (length + 7) / 8 * 8;
    if (padded > SAFETENSORS_HEADER_MOST) {
        free(text);
        return error_set(error, DETINIT_INVALID,
                         "the header of '%.200s' would have more than the %u bytes that the format "
                         "allows",
                         writer->file.shown, SAFETENSORS_HEADER_MOST);
    }
    unsigned char prefix[8];
    for (int n = 0; n < 8; n++)
        prefix[n] = (unsigned char)((uint64_t)padded >> (8 * n));
    writer->began = true;
    writer->out.total = writer->announced;
    writer->header_bytes = padded + sizeof prefix;
    detinit_status status =
        savefile_reserve(&writer->file, writer->header_bytes + writer->announced, error);
    if (status == DETINIT_OK)
        status = output_write(&writer->out, prefix, sizeof prefix, error);
    if (status == DETINIT_OK)
        status = output_write(&writer->out, text, length, error);
    if (status == DETINIT_OK)
        status = output_write(&writer->out, "       ", padded - length, error);
    free(text);
    return status;
}

detinit_status detinit_tensorwriter_write(detinit_tensorwriter *writer, const void *data,
                                          size_t bytes, detinit_error *error)
{
    detinit_status status = writer->began ? DETINIT_OK : begin(writer, error);
    if (status != DETINIT_OK)
        return status;
    if (bytes > writer->announced - writer->written)
        return error_set(error, DETINIT_INVALID, "more data than the tensors announced hold");
    status = output_write(&writer->out, data, bytes, error);
    if (status == DETINIT_OK)
        writer->out.done = writer->written += bytes;
    return status;
}

detinit_status detinit_tensorwriter_commit(detinit_tensorwriter *writer, uint64_t *bytes,
                                           detinit_error *error)
{
    detinit_status status = writer->began ? DETINIT_OK : begin(writer, error);
    if (status == DETINIT_OK && writer->written != writer->announced)
        status = error_set(error, DETINIT_INVALID, "%" PRIu64 " of %" PRIu64 " bytes are missing",
                           writer->announced - writer->written, writer->announced);
    if (status != DETINIT_OK) {
        detinit_tensorwriter_abandon(writer);
        return status;
    }
    if (bytes != NULL)
        *bytes = writer->header_bytes + writer->written;
    status = savefile_commit(&writer->file, error);
    json_decref(writer->metadata);
    json_decref(writer->tensors);
    free(writer);
    return status;
}
