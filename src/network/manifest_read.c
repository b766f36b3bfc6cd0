/* Manifests: networks as JSON, which people write and files bring along. */
#include "network/manifest.h"

#include "base/error.h"
#include "file/jsontext.h"
#include "network/network.h"

#include <string.h>

static detinit_status read_items(manifest_reader *r, const json_t *items);

/* What the list holds, once for each number. */
static detinit_status read_repeat(manifest_reader *r, json_t *json)
{
    manifest_object object = {.place = MANIFEST_REPEAT, .json = json};
    detinit_status status = manifest_read_object(r, &object);
    if (status != DETINIT_OK)
        return status;
    if (!manifest_has(&object, "as"))
        return manifest_refuse(r, "a repeat needs as, the name of its number");
    if (!manifest_has(&object, "tensors"))
        return manifest_refuse(r, "a repeat needs tensors, a list of objects");
    if (r->loop_count == MANIFEST_LOOPS_MOST)
        return manifest_refuse(r, "there are more than %d repeats in one another",
                               MANIFEST_LOOPS_MOST);
    expression_variable *loop = &r->loops[r->loop_count++];
    loop->name = json_string_value(object.as);
    for (uint64_t n = 0; n < object.times && status == DETINIT_OK; n++) {
        loop->value = (double)n;
        status = read_items(r, json_object_get(json, "tensors"));
    }
    r->loop_count--;
    return status;
}

/* Tensors, and repeats of such. */
static detinit_status read_items(manifest_reader *r, const json_t *items)
{
    detinit_status status = DETINIT_OK;
    for (size_t n = 0; n < json_array_size(items) && status == DETINIT_OK; n++) {
        json_t *item = json_array_get(items, n);
        r->tensor = r->network.count + 1;
        status = json_object_get(item, "repeat") != NULL ? read_repeat(r, item)
                                                         : manifest_read_tensor(r, item);
    }
    return status;
}

static detinit_status check_names(manifest_reader *r)
{
    const detinit_layer *repeated;
    if (!network_index(&r->network, &repeated))
        return manifest_no_memory(r);
    if (repeated == NULL)
        return DETINIT_OK;
    r->tensor = (size_t)(repeated - r->network.layers) + 1;
    r->layer = repeated;
    return manifest_refuse(r, "a tensor before it has the same name");
}

static detinit_status read_manifest(manifest_reader *r, json_t *root)
{
    manifest_object top = {.place = MANIFEST_TOP, .json = root, .recipe = &r->defaults};
    if (!json_is_object(root))
        return manifest_refuse(r, "a manifest must be an object with a list of tensors");
    detinit_status status = manifest_read_object(r, &top);
    if (status != DETINIT_OK)
        return status;
    if (!manifest_has(&top, "tensors"))
        return manifest_refuse(r, "it needs tensors, a list of objects with name and shape");
    status = read_items(r, json_object_get(root, "tensors"));
    return status == DETINIT_OK ? check_names(r) : status;
}

/* What is wrong with a text that is not JSON: it may quote bytes that must not reach a terminal. */
static detinit_status not_json(const manifest_reader *r, json_error_t *wrong)
{
    if (jsontext_lacks_memory(wrong))
        return manifest_no_memory(r);
    for (char *c = wrong->text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7F)
            *c = '?';
    const bool overflow = json_error_code(wrong) == json_error_numeric_overflow;
    return error_set(r->error, DETINIT_INVALID, "'%.100s' is not JSON: line %d, column %d: %s%s",
                     r->shown, wrong->line, wrong->column, wrong->text,
                     overflow ? "; whole numbers beyond 2^63-1 are written as texts" : "");
}

detinit_status detinit_network_parse(const char *json, size_t length, const char *shown,
                                     detinit_network *out, detinit_error *error)
{
    json_error_t wrong = {0};
    manifest_reader r = {
        .shown = shown, .error = error, .defaults = detinit_recipe_matrix(MANIFEST_SEED, 0, 1, 1)};
    json_t *root = json_loadb(json, length, JSON_REJECT_DUPLICATES, &wrong);
    if (root == NULL)
        return not_json(&r, &wrong);
    detinit_status status = read_manifest(&r, root);
    json_decref(root);
    if (status != DETINIT_OK)
        detinit_network_free(&r.network);
    else
        *out = r.network;
    return status;
}
