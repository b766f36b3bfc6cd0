/* What a packed file is planned to hold, and its header: names, and texts that tell what they are.
 */
#include "track/pack_header.h"

#include "base/error.h"
#include "file/format.h"
#include "file/tensorfile.h"
#include "file/tensorwriter.h"
#include "network/network.h"
#include "track/parts.h"
#include "track/pruned.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- the plan */

/* Recipes must fit into a manifest. */
static detinit_status check_names(const detinit_tracked *tracked, size_t count,
                                  detinit_error *error)
{
    if (count == 0)
        return error_set(error, DETINIT_INVALID,
                         "a tensor with a recipe was expected: there is "
                         "nothing to pack");
    for (size_t n = 0; n < count; n++)
        if (!network_name_good(tensorwriter_name(tracked[n].tensor)))
            return error_set(error, DETINIT_INVALID, "the name of tensor '%.100s' must be %s",
                             tracked[n].tensor->name, NETWORK_NAME_EXPECTED);
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

detinit_status pack_plan_make(const detinit_tensorfile *file, const detinit_tracked *tracked,
                              size_t count, double threshold, const char *path, pack_plan *out,
                              detinit_error *error)
{
    const size_t tensors = detinit_tensorfile_count(file);
    pack_plan p = {.file = file, .tensors = tensors, .end = tensors, .threshold = threshold};
    detinit_status status = pruned_check_threshold(threshold, error);
    if (status == DETINIT_OK)
        status = check_ending(path, error);
    if (status == DETINIT_OK)
        status = pruned_places(file, tracked, count, &p.places, error);
    if (status == DETINIT_OK)
        status = check_names(tracked, count, error);
    if (status == DETINIT_OK && (p.found = calloc(tensors + 1, sizeof *p.found)) == NULL)
        status = error_set(error, DETINIT_NO_MEMORY, "no memory for tensors");
    if (status == DETINIT_OK)
        *out = p;
    else
        pack_plan_free(&p);
    return status;
}

void pack_plan_free(pack_plan *p)
{
    for (size_t n = 0; n < p->tensors && p->found != NULL; n++) {
        free(p->found[n].awake_name);
        free(p->found[n].values_name);
    }
    free(p->found);
    free(p->places);
    *p = (pack_plan){0};
}

void pack_plan_tell(const pack_plan *p, detinit_packing *out)
{
    out->threshold = p->threshold;
    out->dense_bytes = tensorfile_size(p->file);
    out->total_weights = out->stored_weights = 0;
    for (size_t n = p->first; n < p->end; n++) {
        if (p->places[n] == NULL)
            continue;
        out->total_weights += p->places[n]->tensor->count;
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
    for (size_t n = 0; n < p->tensors && good; n++)
        if (p->places[n] == NULL)
            good =
                json_object_set_new(taken, tensorwriter_name(detinit_tensorfile_tensor(p->file, n)),
                                    json_true()) == 0;
    for (size_t n = 0; n < p->tensors && good; n++) {
        if (p->places[n] == NULL)
            continue;
        const char *name = tensorwriter_name(p->places[n]->tensor);
        p->found[n].awake_name = free_name(name, ".awake", taken);
        p->found[n].values_name = free_name(name, ".values", taken);
        good = p->found[n].awake_name != NULL && p->found[n].values_name != NULL;
    }
    json_decref(taken);
    return good;
}

static json_t *describe_tensor(const detinit_tensor *tensor, const found_tensor *found)
{
    json_t *shape = json_array();
    for (size_t n = 0; n < tensor->rank; n++)
        json_array_append_new(shape, json_integer((json_int_t)tensor->shape[n]));
    json_t *entry = json_pack("{s:s, s:s, s:o, s:s}", "name", tensorwriter_name(tensor), "dtype",
                              tensor->type, "shape", shape, "sha256", found->sha256);
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
    for (size_t n = 0; (key = detinit_tensorfile_metadata_key(p->file, n)) != NULL && good; n++)
        good = json_object_set_new(metadata, key,
                                   json_string(detinit_tensorfile_metadata(p->file, key))) == 0;
    for (size_t n = p->first; n < p->end && good; n++)
        good = json_array_append_new(tensors, describe_tensor(detinit_tensorfile_tensor(p->file, n),
                                                              &p->found[n])) == 0;
    json_t *all = json_pack("{s:i, s:f, s:o, s:o}", "format", PACKED_FORMAT, "threshold",
                            p->threshold, "metadata", metadata, "tensors", tensors);
    char *text = good && all != NULL ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    return text;
}

/*
 * The recipes that the tensors were compared with; malloc'ed, NULL without memory.  A share may
 * have none: *any is false then.
 */
static char *manifest(const pack_plan *p, bool *any)
{
    detinit_network network = {.layers = calloc(p->tensors + 1, sizeof *network.layers)};
    bool good = network.layers != NULL;
    for (size_t n = p->first; n < p->end && good; n++) {
        if (p->places[n] == NULL)
            continue;
        detinit_layer *layer = &network.layers[network.count++];
        layer->recipe = p->places[n]->recipe;
        layer->name = strdup(tensorwriter_name(p->places[n]->tensor));
        good = layer->name != NULL;
    }
    char *text = good ? detinit_network_manifest(&network) : NULL;
    *any = network.count > 0;
    detinit_network_free(&network);
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
    const detinit_tensor *tensor = detinit_tensorfile_tensor(p->file, index);
    const found_tensor *found = &p->found[index];
    const uint64_t bytes = packed_mask_bytes(tensor->count);
    if (p->places[index] == NULL)
        return detinit_tensorwriter_announce(to, tensorwriter_name(tensor), tensor->type,
                                             tensor->rank, tensor->shape, NULL, error);
    detinit_status status =
        detinit_tensorwriter_announce(to, found->awake_name, "U8", 1, &bytes, NULL, error);
    if (status == DETINIT_OK)
        status = detinit_tensorwriter_announce(to, found->values_name, tensor->type, 1,
                                               &found->awake, NULL, error);
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
