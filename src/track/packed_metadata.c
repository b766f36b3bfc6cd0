/* Whether the metadata in a packed file are what was packed. */
#include "track/packed.h"

#include "detinit_network.h"

#include <stdlib.h>
#include <string.h>

/* What libraries put into the files that they save. */
static const char *const frameworks[] = {"pt", "tf", "np", "flax", "jax", "paddle", "mlx"};

/* Whether both are the same recipe. */
static bool same_recipe(const detinit_layer *a, const detinit_layer *b)
{
    char *one = detinit_network_manifest(&(detinit_network){.count = 1, .layers = (void *)a});
    char *other = detinit_network_manifest(&(detinit_network){.count = 1, .layers = (void *)b});
    const bool same = one != NULL && other != NULL && strcmp(one, other) == 0;
    free(one);
    free(other);
    return same;
}

/* Whether all of it is told by the recipes of the packed tensors, which their digests vouch for. */
static bool is_own_manifest(const detinit_packed *p, const char *text)
{
    detinit_network told;
    if (detinit_network_parse(text, strlen(text), "metadata", &told, NULL) != DETINIT_OK)
        return false;
    char *written = detinit_network_manifest(&told);
    bool good = written != NULL && strcmp(written, text) == 0 && told.count == p->network.count;
    for (size_t n = 0; n < told.count && good; n++) {
        const detinit_layer *own = detinit_network_find(&p->network, told.layers[n].name);
        good = own != NULL && same_recipe(own, &told.layers[n]);
    }
    free(written);
    detinit_network_free(&told);
    return good;
}

static bool is_good(const detinit_packed *p, const char *key, const char *value)
{
    if (strcmp(key, PACKED_VERSION) == 0)
        return strcmp(value, detinit_tensorfile_metadata(p->file, PACKED_VERSION)) == 0;
    if (strcmp(key, PACKED_MANIFEST) == 0)
        return is_own_manifest(p, value);
    for (size_t n = 0; n < sizeof frameworks / sizeof frameworks[0]; n++)
        if (strcmp(key, "format") == 0 && strcmp(value, frameworks[n]) == 0)
            return true;
    return false;
}

const char *packed_unchecked(const detinit_packed *p)
{
    const char *key;
    json_t *value;
    if (p->format != PACKED_FORMAT_OLD)
        return NULL;
    json_object_foreach((json_t *)p->metadata, key, value)
    {
        if (!is_good(p, key, json_string_value(value)))
            return key;
    }
    return NULL;
}

void detinit_packed_take_unchecked(detinit_packed *packed)
{
    packed->take_unchecked = true;
}
