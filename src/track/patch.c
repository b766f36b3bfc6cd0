/* Patches checked before anything of them is believed. */
#include "track/patch.h"

#include "base/error.h"
#include "base/shape.h"
#include "file/input.h"
#include "file/jsontext.h"
#include "file/tensorfile.h"
#include "file/tensortype.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool detinit_tensorfile_is_patch(const detinit_tensorfile *file)
{
    return detinit_tensorfile_metadata(file, PATCH_DESCRIPTION) != NULL;
}

/* What is wrong with the file, told of tensor `name` where that is not NULL. */
static detinit_status wrong(const detinit_patch *p, const char *name, const char *what,
                            detinit_error *error)
{
    return error_set(error, DETINIT_INVALID, "'%.160s'%s%.80s%s is not a good patch: %s",
                     detinit_tensorfile_path(p->file), name != NULL ? ", tensor '" : "",
                     name != NULL ? name : "", name != NULL ? "'" : "", what);
}

static detinit_status no_memory(const detinit_patch *p, detinit_error *error)
{
    return error_set(error, DETINIT_NO_MEMORY, "no memory for '%.200s'",
                     detinit_tensorfile_path(p->file));
}

/* ----------------------------------------------------------- the description */

static detinit_status read_description(detinit_patch *p, detinit_error *error)
{
    char sha256[PACKED_DIGITS + 1];
    struct sha256_ctx sha;
    json_error_t why = {0};
    const char *text = detinit_tensorfile_metadata(p->file, PATCH_DESCRIPTION);
    const char *digest = detinit_tensorfile_metadata(p->file, PATCH_DIGEST);
    if (text == NULL)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' is not a patch: its metadata have no " PATCH_DESCRIPTION,
                         detinit_tensorfile_path(p->file));
    sha256_init(&sha);
    sha256_update(&sha, strlen(text), (const uint8_t *)text);
    if (digest == NULL || strcmp(packed_hex(&sha, sha256), digest) != 0)
        return wrong(p, NULL, PATCH_DESCRIPTION " is damaged: its SHA-256 is another", error);
    p->description = json_loads(text, JSON_REJECT_DUPLICATES, &why);
    if (p->description == NULL && jsontext_lacks_memory(&why))
        return error_set(error, DETINIT_NO_MEMORY, "no memory for reading '%.200s'",
                         detinit_tensorfile_path(p->file));
    if (!json_is_object(p->description))
        return wrong(p, NULL, PATCH_DESCRIPTION " must be a JSON object", error);
    const json_t *format = json_object_get(p->description, "format");
    p->metadata = json_object_get(p->description, "metadata");
    if (!json_is_integer(format) || json_integer_value(format) != PATCH_FORMAT)
        return wrong(p, NULL, "its format must be 1", error);
    if (!packed_texts_alone(p->metadata))
        return wrong(p, NULL, "its metadata must map texts to texts", error);
    if (!json_is_array(json_object_get(p->description, "tensors")) ||
        !json_is_array(json_object_get(p->description, "gone")))
        return wrong(p, NULL, "it must have lists of tensors", error);
    return DETINIT_OK;
}

static bool read_shape(const json_t *value, patch_tensor *out, arena *shapes)
{
    out->rank = json_array_size(value);
    out->shape = arena_new(shapes, out->rank * sizeof *out->shape);
    if (!json_is_array(value) || out->shape == NULL)
        return false;
    for (size_t n = 0; n < out->rank; n++) {
        const json_t *dimension = json_array_get(value, n);
        if (!json_is_integer(dimension) || json_integer_value(dimension) < 0)
            return false;
        out->shape[n] = (uint64_t)json_integer_value(dimension);
    }
    return true;
}

static bool is_hash(const char *text)
{
    return text != NULL && strlen(text) == PACKED_DIGITS &&
           strspn(text, "0123456789abcdef") == PACKED_DIGITS;
}

static const char *text_of(const json_t *entry, const char *key)
{
    return json_string_value(json_object_get(entry, key));
}

/* What both lists tell of a tensor. */
static detinit_status read_tensor(detinit_patch *p, const json_t *entry, patch_tensor *out,
                                  detinit_error *error)
{
    uint64_t bytes;
    *out = (patch_tensor){.name = text_of(entry, "name"),
                          .type = text_of(entry, "type"),
                          .sha256 = text_of(entry, "sha256")};
    if (out->name == NULL)
        return wrong(p, NULL, "each of its tensors must have a name", error);
    const tensor_type *type = out->type != NULL ? tensor_type_anywhere(out->type) : NULL;
    if (type == NULL)
        return wrong(p, out->name, "its type must be one that tensors have", error);
    const bool shaped = read_shape(json_object_get(entry, "shape"), out, &p->shapes);
    if (out->shape == NULL)
        return input_no_memory(detinit_tensorfile_path(p->file), error);
    if (!shaped)
        return wrong(p, out->name, "its shape must be a list of whole numbers", error);
    detinit_tensor measured = {.rank = out->rank, .shape = out->shape};
    const char *unfit = tensor_measure(&measured, type, &bytes);
    if (unfit != NULL)
        return wrong(p, out->name, unfit, error);
    if (!is_hash(out->sha256))
        return wrong(p, out->name, "its sha256 must be 64 hex digits", error);
    out->count = measured.count;
    out->from = out->name;
    p->patching.result_bytes += bytes;
    return DETINIT_OK;
}

/* ------------------------------------------------------- tensors of the file */

/* NAME.ENDING of the file, or NULL; DETINIT_NO_MEMORY. */
static detinit_status find(const detinit_patch *p, const char *name, const char *ending,
                           const detinit_tensor **out, detinit_error *error)
{
    const size_t length = strlen(name) + strlen(ending) + 1;
    char *whole = malloc(length);
    if (whole == NULL)
        return no_memory(p, error);
    snprintf(whole, length, "%s%s", name, ending);
    *out = detinit_tensorfile_find(p->file, whole);
    free(whole);
    return DETINIT_OK;
}

/* Positions and values are as many, of the types that they must have. */
static const char *check_sparse(const patch_tensor *t)
{
    if (t->base == NULL)
        return "it has positions, and nothing in the base that these are in";
    if (t->values == NULL || strcmp(t->positions->type, patch_position_type(t->count)) != 0 ||
        strcmp(t->values->type, t->type) != 0)
        return "its positions must be I32, or I64 beyond 2^31 items, and its values of its type";
    if (t->positions->rank != 1 || t->values->rank != 1 || t->positions->count != t->values->count)
        return "its positions and values must be two lists of the same length";
    if (t->positions->count > t->count || tensor_type_anywhere(t->type)->bits < 8)
        return "it must have more items than positions, of a byte or more each";
    return NULL;
}

static const char *check_data(const patch_tensor *t)
{
    if (t->positions != NULL)
        return check_sparse(t);
    if (t->values == NULL && t->base == NULL)
        return "its values are missing";
    if (t->values == NULL && strcmp(t->base, t->sha256) != 0)
        return "its values are missing, and its SHA-256 is not that of the base";
    const detinit_tensor *v = t->values;
    if (v != NULL &&
        (strcmp(v->type, t->type) != 0 || !shape_same(v->rank, v->shape, t->rank, t->shape)))
        return "its values must have its type and shape";
    return NULL;
}

static void count_patching(detinit_patch *p, const patch_tensor *t)
{
    p->patching.tensors++;
    p->patching.sparse += t->positions != NULL;
    p->patching.whole += t->positions == NULL && t->values != NULL;
    p->patching.changed_items += t->positions != NULL ? t->positions->count : 0;
}

static detinit_status read_result(detinit_patch *p, const json_t *entry, patch_tensor *out,
                                  detinit_error *error)
{
    detinit_status status = read_tensor(p, entry, out, error);
    if (status != DETINIT_OK)
        return status;
    out->base = text_of(entry, "base");
    if (json_object_get(entry, "from") != NULL)
        out->from = text_of(entry, "from");
    if (out->from == NULL || (json_object_get(entry, "base") != NULL && !is_hash(out->base)))
        return wrong(p, out->name, "its base must be 64 hex digits, and from a name", error);
    status = find(p, out->name, PATCH_POSITIONS, &out->positions, error);
    if (status == DETINIT_OK)
        status = find(p, out->name, PATCH_VALUES, &out->values, error);
    const char *unfit = status == DETINIT_OK ? check_data(out) : NULL;
    if (unfit != NULL)
        return wrong(p, out->name, unfit, error);
    count_patching(p, out);
    return status;
}

static detinit_status read_gone(detinit_patch *p, const json_t *entry, patch_tensor *out,
                                detinit_error *error)
{
    const uint64_t before = p->patching.result_bytes;
    detinit_status status = read_tensor(p, entry, out, error);
    p->patching.result_bytes = before;
    p->patching.gone++;
    out->base = out->sha256;
    return status;
}

static detinit_status
read_list(detinit_patch *p, const char *key, patch_tensor **out, size_t *count,
          detinit_status (*read)(detinit_patch *, const json_t *, patch_tensor *, detinit_error *),
          detinit_error *error)
{
    const json_t *list = json_object_get(p->description, key);
    detinit_status status = DETINIT_OK;
    *out = calloc(json_array_size(list) + 1, sizeof **out);
    if (*out == NULL)
        return no_memory(p, error);
    for (*count = 0; *count < json_array_size(list) && status == DETINIT_OK; ++*count)
        status = read(p, json_array_get(list, *count), &(*out)[*count], error);
    return status;
}

/* -------------------------------------------------------------------- opening */

static detinit_status open_patch(detinit_patch *p, detinit_error *error)
{
    detinit_status status = read_description(p, error);
    if (status == DETINIT_OK)
        status = read_list(p, "tensors", &p->tensors, &p->count, read_result, error);
    if (status == DETINIT_OK)
        status = read_list(p, "gone", &p->gone, &p->gone_count, read_gone, error);
    if (status == DETINIT_OK &&
        detinit_tensorfile_count(p->file) != 2 * p->patching.sparse + p->patching.whole)
        status = wrong(p, NULL, "it holds tensors that its description does not tell of", error);
    return status;
}

detinit_status detinit_patch_open(const detinit_tensorfile *file, detinit_patch **out,
                                  detinit_error *error)
{
    detinit_patch *p = calloc(1, sizeof *p);
    if (p == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for a patch");
    p->file = file;
    p->patching.bytes = tensorfile_size(file);
    detinit_status status = open_patch(p, error);
    if (status == DETINIT_OK)
        *out = p;
    else
        detinit_patch_free(p);
    return status;
}

void detinit_patch_free(detinit_patch *patch)
{
    if (patch == NULL)
        return;
    json_decref(patch->description);
    arena_free(&patch->shapes);
    free(patch->tensors);
    free(patch->gone);
    free(patch);
}

const detinit_patching *detinit_patch_patching(const detinit_patch *patch)
{
    return &patch->patching;
}
