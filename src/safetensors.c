#include "safetensors.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    uint64_t size;
    bool weights;
    detinit_dtype dtype;
} types[] = {
    {"F64", 8, true, DETINIT_FLOAT64},      {"F32", 4, true, DETINIT_FLOAT32},
    {"F16", 2, true, DETINIT_FLOAT16},      {"BF16", 2, true, DETINIT_BFLOAT16},
    {"BOOL", 1, false, DETINIT_FLOAT64},    {"U8", 1, false, DETINIT_FLOAT64},
    {"I8", 1, false, DETINIT_FLOAT64},      {"F8_E5M2", 1, false, DETINIT_FLOAT64},
    {"F8_E4M3", 1, false, DETINIT_FLOAT64}, {"I16", 2, false, DETINIT_FLOAT64},
    {"U16", 2, false, DETINIT_FLOAT64},     {"I32", 4, false, DETINIT_FLOAT64},
    {"U32", 4, false, DETINIT_FLOAT64},     {"I64", 8, false, DETINIT_FLOAT64},
    {"U64", 8, false, DETINIT_FLOAT64},
};

void safetensors_free(safetensors *parsed)
{
    json_decref(parsed->json);
    free(parsed->tensors);
}

static bool whole(const json_t *value, uint64_t *number)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *number = (uint64_t)json_integer_value(value);
    return true;
}

static bool set_type(const json_t *value, detinit_tensor *tensor)
{
    for (size_t n = 0; json_is_string(value) && n < sizeof types / sizeof types[0]; n++) {
        if (strcmp(json_string_value(value), types[n].name) == 0) {
            tensor->type = types[n].name;
            tensor->weights = types[n].weights;
            tensor->item_bytes = types[n].size;
            tensor->dtype = types[n].dtype;
            return true;
        }
    }
    return false;
}

static bool set_shape(const json_t *value, detinit_tensor *tensor)
{
    if (!json_is_array(value) || json_array_size(value) > DETINIT_MAX_RANK)
        return false;
    tensor->rank = json_array_size(value);
    tensor->count = 1;
    for (size_t n = 0; n < tensor->rank; n++)
        if (!whole(json_array_get(value, n), &tensor->shape[n]) ||
            __builtin_mul_overflow(tensor->count, tensor->shape[n], &tensor->count))
            return false;
    return true;
}

static bool set_place(const json_t *value, uint64_t data_size, detinit_tensor *tensor)
{
    uint64_t end, bytes;
    return json_is_array(value) && json_array_size(value) == 2 &&
           whole(json_array_get(value, 0), &tensor->offset) &&
           whole(json_array_get(value, 1), &end) && tensor->offset <= end && end <= data_size &&
           !__builtin_mul_overflow(tensor->count, tensor->item_bytes, &bytes) &&
           bytes == end - tensor->offset;
}

/* What is wrong with an entry, or NULL. */
static const char *read_tensor(const json_t *entry, uint64_t data_size, detinit_tensor *tensor)
{
    if (!json_is_object(entry) || json_object_size(entry) != 3)
        return "exactly dtype, shape and data_offsets were expected";
    if (!set_type(json_object_get(entry, "dtype"), tensor))
        return "its dtype is none of the format's";
    if (!set_shape(json_object_get(entry, "shape"), tensor))
        return "its shape must be at most 8 whole numbers with a product below 2^64";
    if (!set_place(json_object_get(entry, "data_offsets"), data_size, tensor))
        return "its data_offsets do not fit its shape and the file";
    return NULL;
}

static bool metadata_good(json_t *metadata)
{
    const char *key;
    json_t *value;
    if (!json_is_object(metadata))
        return false;
    json_object_foreach(metadata, key, value) if (!json_is_string(value)) return false;
    return true;
}

static int by_offset(const void *a, const void *b)
{
    const detinit_tensor *x = a, *y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    uint64_t p = x->count * x->item_bytes, q = y->count * y->item_bytes;
    return p != q ? (p < q ? -1 : 1) : strcmp(x->name, y->name);
}

/* Sorts, checks that the data leave no holes, and makes the offsets those of the file. */
static bool order(safetensors *parsed, uint64_t data_start, uint64_t data_size)
{
    uint64_t at = 0;
    if (parsed->count > 0)
        qsort(parsed->tensors, parsed->count, sizeof *parsed->tensors, by_offset);
    for (size_t n = 0; n < parsed->count; n++) {
        detinit_tensor *tensor = &parsed->tensors[n];
        if (tensor->offset != at)
            return false;
        at += tensor->count * tensor->item_bytes;
        tensor->offset += data_start;
    }
    return at == data_size;
}

static detinit_status read_entries(safetensors *parsed, uint64_t data_size, const char *shown,
                                   detinit_error *error)
{
    const char *name;
    json_t *entry;
    json_object_foreach(parsed->json, name, entry)
    {
        if (strcmp(name, "__metadata__") == 0) {
            if (!metadata_good(entry))
                return error_set(error, DETINIT_INVALID,
                                 "'%.200s': __metadata__ must map texts to texts", shown);
            continue;
        }
        detinit_tensor *tensor = &parsed->tensors[parsed->count++];
        tensor->name = name;
        const char *wrong = read_tensor(entry, data_size, tensor);
        if (wrong != NULL)
            return error_set(error, DETINIT_INVALID, "'%.100s', tensor '%.60s': %s", shown, name,
                             wrong);
    }
    return DETINIT_OK;
}

detinit_status safetensors_parse(const char *header, size_t size, uint64_t file_size,
                                 const char *shown, safetensors *out, detinit_error *error)
{
    safetensors parsed = {0};
    json_error_t wrong = {0};
    if (size > SAFETENSORS_HEADER_MOST || file_size < SAFETENSORS_PREFIX ||
        size > file_size - SAFETENSORS_PREFIX || size == 0 || header[0] != '{')
        return error_set(error, DETINIT_INVALID, "'%.200s' is not a .safetensors file", shown);
    uint64_t start = SAFETENSORS_PREFIX + size, data_size = file_size - start;
    parsed.json = json_loadb(header, size, JSON_REJECT_DUPLICATES, &wrong);
    if (parsed.json == NULL)
        return error_set(error, DETINIT_INVALID, "the header of '%.100s' is not JSON: %s", shown,
                         wrong.text);
    parsed.tensors = calloc(json_object_size(parsed.json) + 1, sizeof *parsed.tensors);
    detinit_status status =
        parsed.tensors == NULL
            ? error_set(error, DETINIT_NO_MEMORY, "no memory for the header of '%.200s'", shown)
            : read_entries(&parsed, data_size, shown, error);
    if (status == DETINIT_OK && !order(&parsed, start, data_size))
        status = error_set(error, DETINIT_INVALID,
                           "the tensors of '%.200s' leave holes in its data or overlap", shown);
    if (status != DETINIT_OK)
        safetensors_free(&parsed);
    else
        *out = parsed;
    return status;
}
