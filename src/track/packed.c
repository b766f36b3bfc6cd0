/* Packed files checked before anything of them is believed. */
#include "track/packed.h"

#include "base/shape.h"
#include "detinit_pack.h"
#include "base/error.h"
#include "file/input.h"
#include "file/jsontext.h"
#include "file/tensorfile.h"
#include "file/tensortype.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *packed_hex(struct sha256_ctx *sha, char hex[PACKED_DIGITS + 1])
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(sha, sizeof digest, digest);
    for (size_t n = 0; n < sizeof digest; n++)
        snprintf(hex + 2 * n, 3, "%02x", digest[n]);
    return hex;
}

uint64_t packed_mask_bytes(uint64_t weights)
{
    return weights / 8 + (weights % 8 != 0);
}

void packed_seal_put(struct sha256_ctx *sha, const char *key, const char *value)
{
    sha256_update(sha, strlen(key) + 1, (const uint8_t *)key);
    sha256_update(sha, strlen(value) + 1, (const uint8_t *)value);
}

bool detinit_tensorfile_is_packed(const detinit_tensorfile *file)
{
    return detinit_tensorfile_metadata(file, PACKED_DESCRIPTION) != NULL;
}

detinit_status packed_wrong(const detinit_packed *p, const char *name, const char *what,
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

bool packed_texts_alone(const json_t *metadata)
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

/* The digest of all metadata but the digest. */
static void seal_of(const detinit_tensorfile *file, char hex[PACKED_DIGITS + 1])
{
    struct sha256_ctx sha;
    const char *key;
    sha256_init(&sha);
    for (size_t n = 0; (key = detinit_tensorfile_metadata_key(file, n)) != NULL; n++)
        if (strcmp(key, PACKED_SEAL) != 0)
            packed_seal_put(&sha, key, detinit_tensorfile_metadata(file, key));
    packed_hex(&sha, hex);
}

static detinit_status check_seal(const detinit_packed *p, detinit_error *error)
{
    char ours[PACKED_DIGITS + 1];
    const char *seal = detinit_tensorfile_metadata(p->file, PACKED_SEAL);
    seal_of(p->file, ours);
    if (seal != NULL && strcmp(seal, ours) == 0)
        return DETINIT_OK;
    return packed_wrong(p, NULL, "its metadata have changed; their SHA-256 is another", error);
}

/* The keys that say how it was packed. */
static detinit_status read_way(detinit_packed *p, detinit_error *error)
{
    const json_t *format = json_object_get(p->description, "format");
    const json_t *threshold = json_object_get(p->description, "threshold");
    const json_t *lossless = json_object_get(p->description, "lossless");
    p->format = json_is_integer(format) ? (int)json_integer_value(format) : 0;
    p->lossless = json_is_true(lossless);
    if (p->format != PACKED_FORMAT && p->format != PACKED_FORMAT_OLD)
        return packed_wrong(p, NULL, "its format must be 1 or 2", error);
    if (p->format == PACKED_FORMAT && !json_is_boolean(lossless))
        return packed_wrong(p, NULL, "it must say whether it is lossless", error);
    p->packing.lossless = p->lossless;
    p->packing.threshold = json_is_number(threshold) ? json_number_value(threshold) : -1;
    if (!(p->packing.threshold >= 0))
        return packed_wrong(p, NULL, "its threshold must be a number of 0 or more", error);
    return DETINIT_OK;
}

static detinit_status read_description(detinit_packed *p, detinit_error *error)
{
    const char *text = detinit_tensorfile_metadata(p->file, PACKED_DESCRIPTION);
    const char *version = detinit_tensorfile_metadata(p->file, PACKED_VERSION);
    char ours[16];
    json_error_t why = {0};
    snprintf(ours, sizeof ours, "%d", DETINIT_GENERATOR_VERSION);
    if (text == NULL)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' is not a packed file: its metadata have no detinit.packed",
                         detinit_tensorfile_path(p->file));
    if (version == NULL || strcmp(version, ours) != 0)
        return packed_wrong(p, NULL, "detinit.version must be 1, the generator's", error);
    p->description = json_loads(text, JSON_REJECT_DUPLICATES, &why);
    if (p->description == NULL && jsontext_lacks_memory(&why))
        return input_no_memory(detinit_tensorfile_path(p->file), error);
    if (!json_is_object(p->description))
        return packed_wrong(p, NULL, "detinit.packed must be a JSON object", error);
    detinit_status status = read_way(p, error);
    if (status == DETINIT_OK && p->format != PACKED_FORMAT_OLD)
        status = check_seal(p, error);
    if (status != DETINIT_OK)
        return status;
    p->metadata = json_object_get(p->description, "metadata");
    if (!packed_texts_alone(p->metadata))
        return packed_wrong(p, NULL, "its metadata must map texts to texts", error);
    if (!json_is_array(json_object_get(p->description, "tensors")))
        return packed_wrong(p, NULL, "it must have a list of tensors", error);
    return DETINIT_OK;
}

/* Type, shape, and all that follows from them. */
static bool read_shape(const json_t *value, const char *name, const char *type, packed_tensor *out,
                       arena *shapes)
{
    uint64_t bytes;
    const tensor_type *known = type != NULL ? tensor_type_named(type) : NULL;
    const size_t rank = json_array_size(value);
    uint64_t *shape = arena_new(shapes, rank * sizeof *shape);
    if (!json_is_array(value) || known == NULL || shape == NULL)
        return false;
    for (size_t n = 0; n < rank; n++) {
        const json_t *dimension = json_array_get(value, n);
        if (!json_is_integer(dimension) || json_integer_value(dimension) < 0)
            return false;
        shape[n] = (uint64_t)json_integer_value(dimension);
    }
    out->is = (detinit_tensor){.name = name, .rank = rank, .shape = shape};
    return tensor_measure(&out->is, known, &bytes) == NULL && out->is.item_bytes <= CODED_ITEM_MOST;
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
    return shape_same(t->is.rank, t->is.shape, rank, shape);
}

/* Whether the recipe is of what the tensor holds; `drawn` is its type where that is another one. */
static bool fits_recipe(const packed_tensor *t, const char *drawn)
{
    const detinit_recipe *recipe = &t->layer->recipe;
    return t->is.weights && same_shape(t, recipe->rank, recipe->shape) &&
           strcmp(drawn != NULL ? drawn : t->is.type, detinit_dtype_safetensors(recipe->dtype)) ==
               0;
}

/* What is wrong with the bits and values of a tracked tensor of the old format, or NULL. */
static const char *find_old_parts(const detinit_packed *p, const json_t *entry, json_t *all,
                                  packed_tensor *t)
{
    t->awake = take_tensor(p, all, text_of(entry, "awake"));
    t->values = take_tensor(p, all, text_of(entry, "values"));
    if (t->awake == NULL || t->values == NULL)
        return "its bits or its values are missing";
    if (!fits_recipe(t, text_of(entry, "drawn")))
        return "its recipe has another type or shape";
    if (strcmp(t->awake->type, "U8") != 0 || t->awake->rank != 1 ||
        t->awake->count != packed_mask_bytes(t->is.count))
        return "its bits must be of type U8, one for each weight, in whole bytes";
    if (strcmp(t->values->type, t->is.type) != 0 || t->values->rank != 1)
        return "its values must be one list of its own type";
    return NULL;
}

/* What is wrong with how the file holds a tensor, as it is or in blocks, or NULL. */
static const char *find_data(const detinit_packed *p, const json_t *entry, json_t *all,
                             packed_tensor *t)
{
    t->code = (block_code){.item = (size_t)t->is.item_bytes,
                           .masked = t->layer != NULL && !p->lossless,
                           .difference = t->layer != NULL};
    if (p->format != PACKED_FORMAT_OLD && json_object_get(entry, "blocks") != NULL) {
        t->blocks = take_tensor(p, all, text_of(entry, "blocks"));
        const bool good = t->blocks != NULL && strcmp(t->blocks->type, "U8") == 0;
        return good && t->blocks->rank == 1 ? NULL : "its blocks must be one list of type U8";
    }
    t->values = take_tensor(p, all, t->is.name);
    if (t->values == NULL || strcmp(t->values->type, t->is.type) != 0 ||
        !same_shape(t, t->values->rank, t->values->shape))
        return "the file must hold it with that type and shape";
    return NULL;
}

/* Takes the recipe that comes next, which must be the tensor's. */
static const char *take_recipe(detinit_packed *p, size_t *layers, packed_tensor *t)
{
    if (*layers == p->network.count || strcmp(p->network.layers[*layers].name, t->is.name) != 0)
        return "its recipe is missing, or stands elsewhere in the manifest";
    t->layer = &p->network.layers[(*layers)++];
    return NULL;
}

/* What is wrong with what an entry tells of a tensor that has a recipe, or NULL. */
static const char *read_tracked(detinit_packed *p, const json_t *entry, json_t *all, size_t *layers,
                                packed_tensor *t)
{
    const json_t *changed = json_object_get(entry, "changed");
    const char *mistake = take_recipe(p, layers, t);
    if (mistake != NULL)
        return mistake;
    if (p->format == PACKED_FORMAT_OLD)
        return find_old_parts(p, entry, all, t);
    if (!fits_recipe(t, text_of(entry, "drawn")))
        return "its recipe has another type or shape";
    t->changed = (uint64_t)json_integer_value(changed);
    if (!json_is_integer(changed) || t->changed > t->is.count)
        return "it must say how many of its weights are stored";
    mistake = find_data(p, entry, all, t);
    return mistake == NULL && t->blocks == NULL ? "its blocks are missing" : mistake;
}

/* What is wrong with an entry of the list of tensors, or NULL. */
static const char *read_entry(detinit_packed *p, const json_t *entry, json_t *all, size_t *layers,
                              packed_tensor *t)
{
    const char *name = text_of(entry, "name"), *type = text_of(entry, "dtype");
    t->sha256 = text_of(entry, "sha256");
    t->is.name = name;
    if (name == NULL || !read_shape(json_object_get(entry, "shape"), name, type, t, &p->shapes) ||
        !is_hash(t->sha256))
        return "its entry must have a name, a dtype, a shape and a SHA-256";
    const char *tracked = p->format == PACKED_FORMAT_OLD ? "awake" : "changed";
    return json_object_get(entry, tracked) != NULL ? read_tracked(p, entry, all, layers, t)
                                                   : find_data(p, entry, all, t);
}

/* What stood before the data of the file that was packed, where that is kept. */
static detinit_status read_head(detinit_packed *p, json_t *all, detinit_error *error)
{
    size_t none = 0;
    const json_t *entry = json_object_get(p->description, "head");
    if (entry == NULL || p->format == PACKED_FORMAT_OLD)
        return DETINIT_OK;
    const char *mistake = read_entry(p, entry, all, &none, &p->head);
    p->head_format = text_of(entry, "format");
    if (mistake == NULL && (strcmp(p->head.is.type, "U8") != 0 || p->head_format == NULL))
        mistake = "it must be bytes, and tell the format of the file";
    return mistake == NULL ? DETINIT_OK : packed_wrong(p, "head", mistake, error);
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
            return packed_wrong(p, t->is.name != NULL ? t->is.name : "?", mistake, error);
    }
    detinit_status status = read_head(p, all, error);
    if (status != DETINIT_OK)
        return status;
    if (layers < p->network.count)
        return packed_wrong(p, p->network.layers[layers].name, "its recipe belongs to no tensor",
                            error);
    if (json_object_size(all) > 0)
        return packed_wrong(p, json_object_iter_key(json_object_iter(all)),
                            "it belongs to nothing that was packed", error);
    return DETINIT_OK;
}

static detinit_status read_manifest(detinit_packed *p, detinit_error *error)
{
    const char *manifest = detinit_tensorfile_metadata(p->file, PACKED_MANIFEST);
    if (manifest == NULL && p->format != PACKED_FORMAT_OLD)
        return DETINIT_OK; /* a part without tracked tensors */
    if (manifest == NULL)
        return packed_wrong(p, NULL, "its metadata must have a detinit.manifest", error);
    return detinit_network_parse(manifest, strlen(manifest), detinit_tensorfile_path(p->file),
                                 &p->network, error);
}

static detinit_status find_blocks(detinit_packed *p, packed_tensor *t, detinit_error *error)
{
    detinit_status status = packed_find_blocks(p, t, error);
    if (status == DETINIT_OK && t->layer != NULL) {
        p->packing.total_weights += t->is.count;
        p->packing.stored_weights += t->changed;
    }
    return status;
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
        status = find_blocks(p, &p->tensors[n], error);
    return status == DETINIT_OK ? find_blocks(p, &p->head, error) : status;
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
    for (size_t n = 0; n < packed->count; n++)
        free(packed->tensors[n].index);
    free(packed->head.index);
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
    *out = packed->tensors[index].is;
    return true;
}
