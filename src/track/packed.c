/* Packed files checked before anything of them is believed. */
#include "track/packed.h"

#include "detinit_track.h"
#include "base/error.h"
#include "file/tensorfile.h"
#include "file/tensortype.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool detinit_tensorfile_is_packed(const detinit_tensorfile *file)
{
    return detinit_tensorfile_metadata(file, PACKED_DESCRIPTION) != NULL;
}

/* What is wrong with the file, told of tensor `name` where that is not NULL. */
static detinit_status wrong(const detinit_packed *p, const char *name, const char *what,
                            detinit_error *error)
{
    return error_set(error, DETINIT_INVALID, "'%.160s'%s%.80s is not a good packed file: %s",
                     detinit_tensorfile_path(p->file), name != NULL ? ", tensor " : "",
                     name != NULL ? name : "", what);
}

static detinit_status no_memory(const detinit_packed *p, detinit_error *error)
{
    return error_set(error, DETINIT_NO_MEMORY, "no memory for '%.200s'",
                     detinit_tensorfile_path(p->file));
}

/* ----------------------------------------------------------- the description */

static bool texts_alone(const json_t *metadata)
{
    const char *key;
    json_t *value;
    if (!json_is_object(metadata))
        return false;
    json_object_foreach((json_t *)metadata, key, value)
    {
        if (!json_is_string(value))
            return false;
    }
    return true;
}

static detinit_status read_description(detinit_packed *p, detinit_error *error)
{
    const char *text = detinit_tensorfile_metadata(p->file, PACKED_DESCRIPTION);
    const char *version = detinit_tensorfile_metadata(p->file, PACKED_VERSION);
    char ours[16];
    snprintf(ours, sizeof ours, "%d", DETINIT_GENERATOR_VERSION);
    if (text == NULL)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' is not a packed file: its metadata have no detinit.packed",
                         detinit_tensorfile_path(p->file));
    if (version == NULL || strcmp(version, ours) != 0)
        return wrong(p, NULL, "detinit.version must be 1, the generator's", error);
    p->description = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(p->description))
        return wrong(p, NULL, "detinit.packed must be a JSON object", error);
    const json_t *format = json_object_get(p->description, "format");
    const json_t *threshold = json_object_get(p->description, "threshold");
    p->metadata = json_object_get(p->description, "metadata");
    if (!json_is_integer(format) || json_integer_value(format) != PACKED_FORMAT)
        return wrong(p, NULL, "its format must be 1", error);
    p->packing.threshold = json_is_number(threshold) ? json_number_value(threshold) : -1;
    if (!(p->packing.threshold >= 0))
        return wrong(p, NULL, "its threshold must be a number of 0 or more", error);
    if (!texts_alone(p->metadata))
        return wrong(p, NULL, "its metadata must map texts to texts", error);
    if (!json_is_array(json_object_get(p->description, "tensors")))
        return wrong(p, NULL, "it must have a list of tensors", error);
    return DETINIT_OK;
}

static bool read_shape(const json_t *value, packed_tensor *out, arena *shapes)
{
    out->rank = json_array_size(value);
    out->shape = arena_new(shapes, out->rank * sizeof *out->shape);
    if (!json_is_array(value) || out->shape == NULL)
        return false;
    out->count = 1;
    for (size_t n = 0; n < out->rank; n++) {
        const json_t *dimension = json_array_get(value, n);
        if (!json_is_integer(dimension) || json_integer_value(dimension) < 0)
            return false;
        out->shape[n] = (uint64_t)json_integer_value(dimension);
        if (__builtin_mul_overflow(out->count, out->shape[n], &out->count))
            return false;
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

/* ------------------------------------------------------- tensors of the file */

/* Name to number of the file's tensors; take_tensor takes them out.  NULL without memory. */
static json_t *list_tensors(const detinit_tensorfile *file)
{
    json_t *all = json_object();
    bool good = all != NULL;
    for (size_t n = 0; n < detinit_tensorfile_count(file) && good; n++)
        good = json_object_set_new(all, detinit_tensorfile_tensor(file, n)->name,
                                   json_integer((json_int_t)n)) == 0;
    if (good)
        return all;
    json_decref(all);
    return NULL;
}

/* The tensor of that name, once; NULL where there is none. */
static const detinit_tensor *take_tensor(const detinit_packed *p, json_t *all, const char *name)
{
    const json_t *place = name != NULL ? json_object_get(all, name) : NULL;
    if (place == NULL)
        return NULL;
    const detinit_tensor *tensor =
        detinit_tensorfile_tensor(p->file, (size_t)json_integer_value(place));
    json_object_del(all, name);
    return tensor;
}

static bool same_shape(const packed_tensor *t, size_t rank, const uint64_t *shape)
{
    return t->rank == rank && memcmp(t->shape, shape, rank * sizeof *shape) == 0;
}

/* What its weights are stored in; `drawn` is the recipe's type where that is another one. */
static bool find_dtype(packed_tensor *t, const char *drawn)
{
    const tensor_type *type = tensor_type_named(t->type);
    if (type == NULL || !type->weights)
        return false;
    t->dtype = type->dtype;
    return strcmp(drawn != NULL ? drawn : t->type,
                  detinit_dtype_safetensors(t->layer->recipe.dtype)) == 0;
}

/* What is wrong with the bits and values of a tracked tensor, or NULL. */
static const char *find_parts(const detinit_packed *p, const json_t *entry, json_t *all,
                              packed_tensor *t)
{
    t->awake = take_tensor(p, all, text_of(entry, "awake"));
    t->values = take_tensor(p, all, text_of(entry, "values"));
    if (t->awake == NULL || t->values == NULL)
        return "its bits or its values are missing";
    if (!find_dtype(t, text_of(entry, "drawn")) ||
        !same_shape(t, t->layer->recipe.rank, t->layer->recipe.shape))
        return "its recipe has another type or shape";
    if (strcmp(t->awake->type, "U8") != 0 || t->awake->rank != 1 ||
        t->awake->count != packed_mask_bytes(t->count))
        return "its bits must be of type U8, one for each weight, in whole bytes";
    if (strcmp(t->values->type, t->type) != 0 || t->values->rank != 1)
        return "its values must be one list of its own type";
    return NULL;
}

/* What is wrong with an entry of the list of tensors, or NULL. */
static const char *read_entry(detinit_packed *p, const json_t *entry, json_t *all, size_t *layers,
                              packed_tensor *t)
{
    t->name = text_of(entry, "name");
    t->type = text_of(entry, "dtype");
    t->sha256 = text_of(entry, "sha256");
    if (t->name == NULL || t->type == NULL ||
        !read_shape(json_object_get(entry, "shape"), t, &p->shapes) || !is_hash(t->sha256))
        return "its entry must have a name, a dtype, a shape and a SHA-256";
    if (json_object_get(entry, "awake") == NULL) {
        t->values = take_tensor(p, all, t->name);
        if (t->values == NULL || strcmp(t->values->type, t->type) != 0 ||
            !same_shape(t, t->values->rank, t->values->shape))
            return "the file must hold it with that type and shape";
        return NULL;
    }
    if (*layers == p->network.count || strcmp(p->network.layers[*layers].name, t->name) != 0)
        return "its recipe is missing, or stands elsewhere in the manifest";
    t->layer = &p->network.layers[(*layers)++];
    return find_parts(p, entry, all, t);
}

static detinit_status read_entries(detinit_packed *p, json_t *all, detinit_error *error)
{
    const json_t *list = json_object_get(p->description, "tensors");
    size_t layers = 0;
    p->tensors = calloc(json_array_size(list) + 1, sizeof *p->tensors);
    if (p->tensors == NULL)
        return no_memory(p, error);
    for (p->count = 0; p->count < json_array_size(list); p->count++) {
        packed_tensor *t = &p->tensors[p->count];
        const char *mistake = read_entry(p, json_array_get(list, p->count), all, &layers, t);
        if (mistake != NULL)
            return wrong(p, t->name != NULL ? t->name : "?", mistake, error);
    }
    if (layers < p->network.count)
        return wrong(p, p->network.layers[layers].name, "its recipe belongs to no tensor", error);
    if (json_object_size(all) > 0)
        return wrong(p, json_object_iter_key(json_object_iter(all)),
                     "it belongs to nothing that was packed", error);
    return DETINIT_OK;
}

static detinit_status read_manifest(detinit_packed *p, detinit_error *error)
{
    const char *manifest = detinit_tensorfile_metadata(p->file, PACKED_MANIFEST);
    if (manifest == NULL)
        return wrong(p, NULL, "its metadata must have a detinit.manifest", error);
    return detinit_network_parse(manifest, strlen(manifest), detinit_tensorfile_path(p->file),
                                 &p->network, error);
}

/* -------------------------------------------------------------------- bits */

typedef struct bit_count {
    uint64_t set, bytes;
    unsigned char last;
} bit_count;

static detinit_status count_bits(void *context, const unsigned char *data, size_t bytes,
                                 detinit_error *error)
{
    bit_count *count = context;
    (void)error;
    for (size_t n = 0; n < bytes; n++)
        count->set += (unsigned)__builtin_popcount(data[n]);
    count->bytes += bytes;
    count->last = data[bytes - 1];
    return DETINIT_OK;
}

static detinit_status check_bits(detinit_packed *p, const packed_tensor *t, detinit_error *error)
{
    const detinit_run run = {0};
    bit_count count = {0};
    detinit_status status = tensorfile_each(p->file, t->awake, &run, count_bits, &count, error);
    if (status != DETINIT_OK)
        return status;
    if (t->count % 8 != 0 && count.last >> t->count % 8 != 0)
        return wrong(p, t->name, "the bits behind its last weight must be 0", error);
    if (count.set != t->values->count)
        return wrong(p, t->name, "there must be a value for each bit that is set", error);
    p->packing.total_weights += t->count;
    p->packing.stored_weights += count.set;
    return DETINIT_OK;
}

static detinit_status check_all(detinit_packed *p, detinit_error *error)
{
    detinit_status status = read_description(p, error);
    if (status == DETINIT_OK)
        status = read_manifest(p, error);
    json_t *all = list_tensors(p->file);
    if (status == DETINIT_OK)
        status = all != NULL ? read_entries(p, all, error) : no_memory(p, error);
    json_decref(all);
    for (size_t n = 0; n < p->count && status == DETINIT_OK; n++)
        if (p->tensors[n].layer != NULL)
            status = check_bits(p, &p->tensors[n], error);
    return status;
}

detinit_status detinit_packed_open(const detinit_tensorfile *file, detinit_packed **out,
                                   detinit_error *error)
{
    detinit_packed *p = calloc(1, sizeof *p);
    if (p == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory for '%.200s'",
                         detinit_tensorfile_path(file));
    p->file = file;
    p->packing.bytes = tensorfile_size(file);
    detinit_status status = check_all(p, error);
    if (status == DETINIT_OK)
        *out = p;
    else
        detinit_packed_free(p);
    return status;
}

void detinit_packed_free(detinit_packed *packed)
{
    if (packed == NULL)
        return;
    json_decref(packed->description);
    arena_free(&packed->shapes);
    detinit_network_free(&packed->network);
    free(packed->tensors);
    free(packed);
}

size_t detinit_packed_count(const detinit_packed *packed)
{
    return packed->count;
}

const detinit_packing *detinit_packed_packing(const detinit_packed *packed)
{
    return &packed->packing;
}

const detinit_network *detinit_packed_network(const detinit_packed *packed)
{
    return &packed->network;
}

bool detinit_packed_tensor(const detinit_packed *packed, size_t index, detinit_tensor *out)
{
    if (index >= packed->count)
        return false;
    const packed_tensor *t = &packed->tensors[index];
    *out = *t->values;
    if (t->layer == NULL)
        return true;
    out->name = t->name;
    out->rank = t->rank;
    out->shape = t->shape;
    out->count = t->count;
    return true;
}
