/* The header of a packed file: what its parts are called, and the texts that tell what they are. */
#include "track/pack_header.h"

#include "base/error.h"
#include "file/format.h"
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

detinit_status pack_plan_make(const detinit_tensorfile *file, const detinit_tracked *tracked,
                              size_t count, double threshold, const char *path, pack_plan *out,
                              detinit_error *error)
{
    pack_plan p = {.threshold = threshold, .dense_bytes = dense_bytes(file, tracked, count)};
    detinit_status status = tracked_check_threshold(threshold, error);
    if (status == DETINIT_OK && path != NULL)
        status = check_ending(path, error);
    if (status == DETINIT_OK)
        status = content_of(file, tracked, count, &p.what, error);
    if (status == DETINIT_OK)
        status = check_tracked(tracked, count, error);
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
    for (size_t n = 0; n < p->what.count && p->found != NULL; n++) {
        free(p->found[n].awake_name);
        free(p->found[n].values_name);
    }
    free(p->found);
    content_free(&p->what);
    *p = (pack_plan){0};
}

void pack_plan_tell(const pack_plan *p, detinit_packing *out)
{
    out->threshold = p->threshold;
    out->dense_bytes = p->dense_bytes;
    out->total_weights = out->stored_weights = 0;
    for (size_t n = p->first; n < p->end; n++) {
        if (p->what.parts[n].tracked == NULL)
            continue;
        out->total_weights += p->what.parts[n].count;
        out->stored_weights += p->found[n].awake;
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

static bool name_all(pack_plan *p)
{
    json_t *taken = json_object();
    bool good = taken != NULL;
    for (size_t n = 0; n < p->what.count && good; n++)
        if (p->what.parts[n].tracked == NULL)
            good = json_object_set_new(taken, p->what.parts[n].name, json_true()) == 0;
    for (size_t n = 0; n < p->what.count && good; n++) {
        if (p->what.parts[n].tracked == NULL)
            continue;
        const char *name = p->what.parts[n].name;
        p->found[n].awake_name = free_name(name, ".awake", taken);
        p->found[n].values_name = free_name(name, ".values", taken);
        good = p->found[n].awake_name != NULL && p->found[n].values_name != NULL;
    }
    json_decref(taken);
    return good;
}

static json_t *describe_tensor(const content_part *part, const found_tensor *found)
{
    json_t *shape = json_array();
    for (size_t n = 0; n < part->rank; n++)
        json_array_append_new(shape, json_integer((json_int_t)part->shape[n]));
    json_t *entry = json_pack("{s:s, s:s, s:o, s:s}", "name", part->name, "dtype", part->type,
                              "shape", shape, "sha256", found->sha256);
    const detinit_dtype drawn = part->tracked != NULL ? part->tracked->recipe.dtype : 0;
    if (entry != NULL && part->tracked != NULL && drawn != part->tracked->dtype)
        json_object_set_new(entry, "drawn", json_string(detinit_dtype_safetensors(drawn)));
    if (entry != NULL && found->awake_name != NULL) {
        json_object_set_new(entry, "awake", json_string(found->awake_name));
        json_object_set_new(entry, "values", json_string(found->values_name));
    }
    return entry;
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
    json_t *all = json_pack("{s:i, s:f, s:o, s:o}", "format", PACKED_FORMAT, "threshold",
                            p->threshold, "metadata", metadata, "tensors", tensors);
    char *text = good && all != NULL ? json_dumps(all, JSON_COMPACT) : NULL;
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

static detinit_status write_metadata(const pack_plan *p, detinit_tensorwriter *to,
                                     detinit_error *error)
{
    bool any;
    char version[16], *recipes = manifest(p, &any), *described = description(p);
    detinit_status status = DETINIT_OK;
    snprintf(version, sizeof version, "%d", DETINIT_GENERATOR_VERSION);
    if (recipes == NULL || described == NULL)
        status = error_set(error, DETINIT_NO_MEMORY, "no memory to describe a packed file");
    if (status == DETINIT_OK && any)
        status = detinit_tensorwriter_metadata(to, PACKED_MANIFEST, recipes, error);
    if (status == DETINIT_OK)
        status = detinit_tensorwriter_metadata(to, PACKED_VERSION, version, error);
    if (status == DETINIT_OK)
        status = detinit_tensorwriter_metadata(to, PACKED_DESCRIPTION, described, error);
    if (status == DETINIT_OK && p->about != NULL)
        status = detinit_tensorwriter_metadata(to, PART_ABOUT, p->about, error);
    free(recipes);
    free(described);
    return status;
}

static detinit_status announce(const pack_plan *p, size_t index, detinit_tensorwriter *to,
                               detinit_error *error)
{
    const content_part *part = &p->what.parts[index];
    const found_tensor *found = &p->found[index];
    const uint64_t bytes = packed_mask_bytes(part->count);
    if (part->tracked == NULL)
        return detinit_tensorwriter_announce(to, part->name, part->type, part->rank, part->shape,
                                             NULL, error);
    detinit_status status =
        detinit_tensorwriter_announce(to, found->awake_name, "U8", 1, &bytes, NULL, error);
    if (status == DETINIT_OK)
        status = detinit_tensorwriter_announce(to, found->values_name, part->type, 1, &found->awake,
                                               NULL, error);
    return status;
}

detinit_status pack_header_write(pack_plan *p, detinit_tensorwriter *to, detinit_error *error)
{
    if (!name_all(p))
        return error_set(error, DETINIT_NO_MEMORY, "no memory for names of tensors");
    detinit_status status = write_metadata(p, to, error);
    for (size_t n = p->first; n < p->end && status == DETINIT_OK; n++)
        status = announce(p, n, to, error);
    return status;
}
