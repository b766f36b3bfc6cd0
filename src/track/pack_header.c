/* The header of a packed file: what its parts are called, and the texts that tell what they are. */
#include "track/pack_header.h"

#include "base/error.h"
#include "file/format.h"
#include "file/jsondump.h"
#include "file/tensorfile.h"
#include "file/tensorwriter.h"
#include "network/network.h"
#include "track/parts.h"
#include "track/tracked.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- the plan */

/* Recipes must fit into a manifest, and be those of what is packed. */
static detinit_status check_tracked(const detinit_tracked *tracked, size_t count,
                                    detinit_error *error)
{
    if (count == 0)
        return error_set(error, DETINIT_INVALID,
                         "a tensor with a recipe was expected: there is "
                         "nothing to pack");
    for (size_t n = 0; n < count; n++) {
        if (!network_name_good(tracked_name(&tracked[n])))
            return error_set(error, DETINIT_INVALID, "the name of tensor '%.100s' must be %s",
                             tracked[n].name, NETWORK_NAME_EXPECTED);
        if (!tracked_is_whole(&tracked[n]))
            return error_set(error, DETINIT_INVALID,
                             "'%.100s' is a block of a larger tensor; a whole one was expected",
                             tracked_name(&tracked[n]));
    }
    return DETINIT_OK;
}

static detinit_status check_ending(const char *path, detinit_error *error)
{
    char names[FORMAT_NAMES];
    if (format_of_path_is(path, format_saves_networks))
        return DETINIT_OK;
    return error_set(error, DETINIT_INVALID, "'%.200s': a packed file must end in %s", path,
                     format_names(format_saves_networks, names));
}

/* Bytes that the data of all take as they are. */
static uint64_t dense_bytes(const detinit_tensorfile *file, const detinit_tracked *tracked,
                            size_t count)
{
    uint64_t bytes = 0;
    for (size_t n = 0; n < count && file == NULL; n++)
        bytes += tracked[n].count * detinit_dtype_size(tracked[n].dtype);
    return file != NULL ? tensorfile_size(file) : bytes;
}

static detinit_status check_options(const detinit_pack_options *o, detinit_error *error)
{
    if (o->level < DETINIT_PACK_LEVEL_LEAST || o->level > DETINIT_PACK_LEVEL_MOST)
        return error_set(error, DETINIT_INVALID, "a level of %d .. %d was expected, not %d",
                         DETINIT_PACK_LEVEL_LEAST, DETINIT_PACK_LEVEL_MOST, o->level);
    return tracked_check_threshold(o->threshold, error);
}

/* Where every bit is to be kept, those before the data are, too. */
static detinit_status find_head(pack_plan *p, detinit_error *error)
{
    const detinit_tensorfile *file = p->what.file;
    if (!p->options.lossless || file == NULL)
        return DETINIT_OK;
    p->head_bytes = tensorfile_head(file);
    p->has_head = p->head_bytes > 0;
    if (p->has_head)
        return DETINIT_OK;
    return error_set(
        error, DETINIT_INVALID,
        "'%.200s' cannot be packed without loss: a file of tensors that lie one behind "
        "the other was expected, .safetensors, or .npy in C order",
        detinit_tensorfile_path(file));
}

detinit_status pack_plan_make(const detinit_tensorfile *file, const detinit_tracked *tracked,
                              size_t count, const detinit_pack_options *options, const char *path,
                              pack_plan *out, detinit_error *error)
{
    pack_plan p = {.options = *options, .dense_bytes = dense_bytes(file, tracked, count)};
    detinit_status status = check_options(options, error);
    if (status == DETINIT_OK && path != NULL)
        status = check_ending(path, error);
    if (status == DETINIT_OK)
        status = content_of(file, tracked, count, &p.what, error);
    if (status == DETINIT_OK)
        status = check_tracked(tracked, count, error);
    if (status == DETINIT_OK)
        status = find_head(&p, error);
    p.end = p.what.count;
    if (status == DETINIT_OK && (p.found = calloc(p.what.count + 1, sizeof *p.found)) == NULL)
        status = error_set(error, DETINIT_NO_MEMORY, "no memory for tensors");
    if (status == DETINIT_OK)
        *out = p;
    else
        pack_plan_free(&p);
    return status;
}

void pack_plan_free(pack_plan *p)
{
    for (size_t n = 0; n <= p->what.count && p->found != NULL; n++) {
        free(p->found[n].index);
        free(p->found[n].name);
    }
    free(p->found);
    content_free(&p->what);
    *p = (pack_plan){0};
}

void pack_plan_tell(const pack_plan *p, detinit_packing *out)
{
    out->threshold = p->options.threshold;
    out->lossless = p->options.lossless;
    out->dense_bytes = p->dense_bytes;
    out->total_weights = out->stored_weights = 0;
    for (size_t n = p->first; n < p->end; n++) {
        if (p->what.parts[n].tracked == NULL)
            continue;
        out->total_weights += p->what.parts[n].count;
        out->stored_weights += p->found[n].changed;
    }
}

/* -------------------------------------------------------------- the header */

/* NAME.ENDING, and underscores behind it where that is taken; malloc'ed, NULL without memory. */
static char *free_name(const char *name, const char *ending, json_t *taken)
{
    size_t length = strlen(name) + strlen(ending);
    char *made = malloc(length + 1);
    if (made != NULL)
        snprintf(made, length + 1, "%s%s", name, ending);
    while (made != NULL && json_object_get(taken, made) != NULL) {
        char *longer = realloc(made, ++length + 1);
        if (longer == NULL) {
            free(made);
            return NULL;
        }
        made = longer;
        strcpy(made + length - 1, "_");
    }
    if (made != NULL && json_object_set_new(taken, made, json_true()) != 0) {
        free(made);
        return NULL;
    }
    return made;
}

/* Names that nothing has that is held as it is. */
static bool name_all(pack_plan *p)
{
    json_t *taken = json_object();
    const size_t count = p->what.count;
    bool good = taken != NULL;
    for (size_t n = p->first; n < p->end && good; n++)
        if (!p->found[n].in_blocks)
            good = json_object_set_new(taken, p->what.parts[n].name, json_true()) == 0;
    for (size_t n = p->first; n < p->end && good; n++)
        if (p->found[n].in_blocks)
            good = (p->found[n].name = free_name(p->what.parts[n].name, ".blocks", taken)) != NULL;
    if (good && p->has_head)
        good = (p->found[count].name = free_name("detinit", ".head", taken)) != NULL;
    json_decref(taken);
    return good;
}

json_t *packed_shape(size_t rank, const uint64_t *shape)
{
    json_t *list = json_array();
    for (size_t n = 0; n < rank; n++)
        if (json_array_append_new(list, json_integer((json_int_t)shape[n])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* NULL without memory. */
static json_t *describe_tensor(const content_part *part, const found_tensor *found)
{
    json_t *shape = packed_shape(part->rank, part->shape);
    json_t *entry = json_pack("{s:s, s:s, s:o, s:s}", "name", part->name, "dtype", part->type,
                              "shape", shape, "sha256", found->sha256);
    const detinit_dtype drawn = part->tracked != NULL ? part->tracked->recipe.dtype : 0;
    bool good = entry != NULL;
    if (good && part->tracked != NULL && drawn != part->tracked->dtype)
        good =
            json_object_set_new(entry, "drawn", json_string(detinit_dtype_safetensors(drawn))) == 0;
    if (good && part->tracked != NULL)
        good = json_object_set_new(entry, "changed", json_integer((json_int_t)found->changed)) == 0;
    if (good && found->in_blocks)
        good = json_object_set_new(entry, "blocks", json_string(found->name)) == 0;
    if (good)
        return entry;
    json_decref(entry);
    return NULL;
}

/* The bytes before the data, as a tensor of bytes under the name of what holds them. */
static json_t *describe_head(const pack_plan *p)
{
    const found_tensor *found = &p->found[p->what.count];
    const content_part part = {
        .name = found->name, .type = "U8", .rank = 1, .shape = &p->head_bytes};
    json_t *entry = describe_tensor(&part, found);
    if (entry != NULL &&
        json_object_set_new(entry, "format", json_string(tensorfile_format(p->what.file)->name)) ==
            0)
        return entry;
    json_decref(entry);
    return NULL;
}

/* malloc'ed; NULL without memory. */
static char *description(const pack_plan *p)
{
    json_t *tensors = json_array();
    json_t *metadata = json_object();
    const char *key;
    bool good = true;
    const detinit_tensorfile *file = p->what.file;
    for (size_t n = 0;
         file != NULL && (key = detinit_tensorfile_metadata_key(file, n)) != NULL && good; n++)
        good = json_object_set_new(metadata, key,
                                   json_string(detinit_tensorfile_metadata(file, key))) == 0;
    for (size_t n = p->first; n < p->end && good; n++)
        good =
            json_array_append_new(tensors, describe_tensor(&p->what.parts[n], &p->found[n])) == 0;
    json_t *all = json_pack("{s:i, s:b, s:f, s:o, s:o}", "format", PACKED_FORMAT, "lossless",
                            p->options.lossless, "threshold", p->options.threshold, "metadata",
                            metadata, "tensors", tensors);
    if (good && all != NULL && p->has_head)
        good = json_object_set_new(all, "head", describe_head(p)) == 0;
    char *text = good && all != NULL ? jsondump_text(all, JSON_COMPACT) : NULL;
    json_decref(all);
    return text;
}

/*
 * The recipes that the tensors were compared with, with names and parts that belong to others;
 * malloc'ed, NULL without memory.  A share may have none: *any is false then.
 */
static char *manifest(const pack_plan *p, bool *any)
{
    detinit_network network = {.layers = calloc(p->what.count + 1, sizeof *network.layers)};
    for (size_t n = p->first; n < p->end && network.layers != NULL; n++)
        if (p->what.parts[n].tracked != NULL)
            network.layers[network.count++] = (detinit_layer){
                .name = (char *)p->what.parts[n].name, .recipe = p->what.parts[n].tracked->recipe};
    char *text = network.layers != NULL ? detinit_network_manifest(&network) : NULL;
    *any = network.count > 0;
    free(network.layers);
    return text;
}

/* A pair of the metadata, which goes into their digest, too. */
static detinit_status put_pair(detinit_tensorwriter *to, struct sha256_ctx *sha, const char *key,
                               const char *value, detinit_error *error)
{
    packed_seal_put(sha, key, value);
    return detinit_tensorwriter_metadata(to, key, value, error);
}

/* In the order of their keys, which is that of the digest. */
static detinit_status write_pairs(const pack_plan *p, detinit_tensorwriter *to, const char *recipes,
                                  const char *described, detinit_error *error)
{
    struct sha256_ctx sha;
    char version[16], seal[PACKED_DIGITS + 1];
    detinit_status status = DETINIT_OK;
    snprintf(version, sizeof version, "%d", DETINIT_GENERATOR_VERSION);
    sha256_init(&sha);
    if (recipes != NULL)
        status = put_pair(to, &sha, PACKED_MANIFEST, recipes, error);
    if (status == DETINIT_OK)
        status = put_pair(to, &sha, PACKED_DESCRIPTION, described, error);
    if (status == DETINIT_OK && p->about != NULL)
        status = put_pair(to, &sha, PART_ABOUT, p->about, error);
    if (status == DETINIT_OK)
        status = put_pair(to, &sha, PACKED_VERSION, version, error);
    if (status == DETINIT_OK)
        status = detinit_tensorwriter_metadata(to, PACKED_SEAL, packed_hex(&sha, seal), error);
    return status;
}

static detinit_status write_metadata(const pack_plan *p, detinit_tensorwriter *to,
                                     detinit_error *error)
{
    bool any;
    char *recipes = manifest(p, &any), *described = description(p);
    detinit_status status =
        recipes != NULL && described != NULL
            ? write_pairs(p, to, any ? recipes : NULL, described, error)
            : error_set(error, DETINIT_NO_MEMORY, "no memory to describe a packed file");
    free(recipes);
    free(described);
    return status;
}

static detinit_status announce_blocks(const found_tensor *found, detinit_tensorwriter *to,
                                      detinit_error *error)
{
    const uint64_t bytes = found->blocks * PACKED_ENTRY + found->bytes;
    return detinit_tensorwriter_announce(to, found->name, "U8", 1, &bytes, NULL, error);
}

detinit_status pack_header_write(pack_plan *p, detinit_tensorwriter *to, detinit_error *error)
{
    const found_tensor *head = &p->found[p->what.count];
    if (!name_all(p))
        return error_set(error, DETINIT_NO_MEMORY, "no memory for names of tensors");
    detinit_status status = write_metadata(p, to, error);
    for (size_t n = p->first; n < p->end && status == DETINIT_OK; n++) {
        const content_part *part = &p->what.parts[n];
        status = p->found[n].in_blocks
                     ? announce_blocks(&p->found[n], to, error)
                     : detinit_tensorwriter_announce(to, part->name, part->type, part->rank,
                                                     part->shape, NULL, error);
    }
    if (status != DETINIT_OK || !p->has_head)
        return status;
    return head->in_blocks ? announce_blocks(head, to, error)
                           : detinit_tensorwriter_announce(to, head->name, "U8", 1, &p->head_bytes,
                                                           NULL, error);
}
