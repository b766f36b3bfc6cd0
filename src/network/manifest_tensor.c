/* One tensor of a manifest: its layer, its parts, and that it says nothing in vain. */
#include "network/manifest.h"

#include "base/array.h"
#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------- what has no effect */

bool manifest_counts(const recipe_field *field, const detinit_recipe *recipe)
{
    bool any = recipe_field_counts(field, recipe);
    for (size_t n = 0; n < recipe->part_count && !field->of_tensor; n++)
        any |= recipe_field_counts(field, &recipe->parts[n]);
    return any;
}

/* What a recipe is that a field has no effect on: "mode xavier", "an orthogonal tensor". */
static const char *kind_text(const recipe_field *field, const detinit_recipe *recipe, char *buffer,
                             size_t size)
{
    detinit_recipe drawn = *recipe;
    drawn.orthogonal = false;
    if (recipe->part_count > 0)
        return "a tensor of such parts";
    if (recipe->orthogonal && recipe_field_counts(field, &drawn))
        return "an orthogonal tensor";
    drawn.dist = DETINIT_DIST_TRUNC_NORMAL;
    if (recipe_field_counts(field, &drawn))
        snprintf(buffer, size, "dist %s", detinit_dist_name(detinit_recipe_dist(recipe)));
    else
        snprintf(buffer, size, "mode %s", detinit_mode_name(recipe->mode));
    return buffer;
}

/*
 * Refuses a field that the weights do not depend on, which is not what its writer thought.  Seed,
 * layout and type are often stated of all tensors alike, and "false" only says what is so.
 */
static detinit_status check_effects(const manifest_reader *r, const manifest_object *object)
{
    char kind[40];
    for (size_t n = 0; n < recipe_field_count; n++) {
        const recipe_field *field = &recipe_fields[n];
        if (!manifest_states(object, field) || field->of_whole ||
            manifest_counts(field, object->recipe) ||
            (field->kind == RECIPE_SWITCH && !*(bool *)recipe_field_of(field, object->recipe)))
            continue;
        if (strcmp(field->name, "std") == 0)
            return manifest_refuse(r, "std needs the mode normal; other modes set their own");
        return manifest_refuse(r, "%s has no effect on %s; leave it out", field->name,
                               kind_text(field, object->recipe, kind, sizeof kind));
    }
    return DETINIT_OK;
}

/* -------------------------------------------------------------------- parts */

/* The layer of a part that states none, that of "NAME.0", "NAME.1", ... */
static bool set_layer_of_part(const manifest_reader *r, detinit_recipe *part)
{
    char *name;
    if (asprintf(&name, "%s.%zu", r->layer->name, r->part - 1) < 0)
        return false;
    part->layer = detinit_layer_of_name(name);
    free(name);
    return true;
}

/* Reads a part that is stacked along dimension `axis`. */
static detinit_status read_part(manifest_reader *r, json_t *json, size_t axis, detinit_recipe *part)
{
    char shown[64];
    const char *const sides[] = {"rows", "cols"};
    manifest_object object = {.place = MANIFEST_PART, .json = json, .recipe = part};
    if (!json_is_object(json))
        return manifest_refuse(r, "it must be an object with rows, not %s",
                               manifest_value_text(json, shown, sizeof shown));
    detinit_status status = manifest_read_object(r, &object);
    if (status != DETINIT_OK)
        return status;
    if (!manifest_has(&object, sides[axis]))
        return manifest_refuse(r, "it needs %s", sides[axis]);
    if (manifest_has(&object, sides[1 - axis]))
        return manifest_refuse(r, "it has rows or cols, as the other parts, not both");
    part->shape[axis] = object.size;
    if (object.layer != MANIFEST_LAYER_STATED && !set_layer_of_part(r, part))
        return manifest_no_memory(r);
    detinit_error why;
    if (detinit_recipe_check(part, &why) != DETINIT_OK)
        return manifest_refuse(r, "%s", why.message);
    return check_effects(r, &object);
}

/* Reads the parts of a tensor, which belong to its recipe from here on. */
static detinit_status read_parts(manifest_reader *r, const json_t *list, detinit_recipe *whole)
{
    const size_t count = json_array_size(list);
    detinit_status status = DETINIT_OK;
    if (whole->rank == 0)
        return manifest_refuse(r, "a single number has no parts");
    whole->part_axis = json_object_get(json_array_get(list, 0), "cols") != NULL;
    if (count > MANIFEST_PARTS_MOST - r->parts)
        return manifest_refuse(r, "its network has more than %d parts", MANIFEST_PARTS_MOST);
    detinit_recipe *parts = calloc(count, sizeof *parts);
    if (parts == NULL)
        return manifest_no_memory(r);
    detinit_recipe like = *whole;
    like.has_zero_row = false;
    r->parts += count;
    for (size_t n = 0; n < count && status == DETINIT_OK; n++) {
        r->part = n + 1;
        parts[n] = like;
        status = read_part(r, json_array_get(list, n), whole->part_axis, &parts[n]);
    }
    r->part = 0;
    whole->parts = parts;
    whole->part_count = count;
    return status;
}

/* ------------------------------------------------------------------- tensor */

static detinit_status set_layer(manifest_reader *r, const manifest_object *object)
{
    detinit_recipe *recipe = object->recipe;
    manifest_layer layer = object->layer;
    if (manifest_has(object, "parts") && layer != MANIFEST_LAYER_UNSAID &&
        layer != MANIFEST_LAYER_BY_NAME)
        return manifest_refuse(r, "a tensor of parts has no layer of its own; its parts state "
                                  "theirs");
    if (layer == MANIFEST_LAYER_UNSAID && r->layers_by_name)
        layer = MANIFEST_LAYER_BY_NAME;
    if (layer == MANIFEST_LAYER_BY_NAME)
        recipe->layer = detinit_layer_of_name(*object->name);
    else if (layer != MANIFEST_LAYER_STATED)
        recipe->layer = r->tensor - 1;
    return DETINIT_OK;
}

/* Sets what hangs together, once all was taken, and checks the recipe. */
static detinit_status complete(manifest_reader *r, const manifest_object *object)
{
    detinit_error why;
    if (!manifest_has(object, "name"))
        return manifest_refuse(r, "it needs a name");
    if (*object->name == NULL)
        return manifest_no_memory(r);
    if (!manifest_has(object, "shape"))
        return manifest_refuse(r, "it needs a shape");
    detinit_status status = set_layer(r, object);
    if (status == DETINIT_OK && manifest_has(object, "parts"))
        status = read_parts(r, json_object_get(object->json, "parts"), object->recipe);
    if (status != DETINIT_OK)
        return status;
    if (detinit_recipe_check(object->recipe, &why) != DETINIT_OK)
        return manifest_refuse(r, "%s", why.message);
    return check_effects(r, object);
}

/* One more layer, as the top says; NULL without memory. */
static detinit_layer *add_layer(manifest_reader *r)
{
    detinit_network *network = &r->network;
    detinit_layer *grown = array_grow(network->layers, network->count, &r->room, sizeof *grown);
    if (grown == NULL)
        return NULL;
    network->layers = grown;
    detinit_layer *layer = &network->layers[network->count++];
    *layer = (detinit_layer){.recipe = r->defaults};
    return layer;
}

detinit_status manifest_read_tensor(manifest_reader *r, json_t *json)
{
    char shown[64];
    if (!json_is_object(json))
        return manifest_refuse(r, "it must be an object with name and shape, not %s",
                               manifest_value_text(json, shown, sizeof shown));
    if (r->network.count == DETINIT_NETWORK_MOST)
        return manifest_refuse(r, "a network can have %d tensors at most", DETINIT_NETWORK_MOST);
    detinit_layer *layer = add_layer(r);
    if (layer == NULL)
        return manifest_no_memory(r);
    r->layer = layer;
    manifest_object object = {
        .place = MANIFEST_TENSOR, .json = json, .recipe = &layer->recipe, .name = &layer->name};
    detinit_status status = manifest_read_object(r, &object);
    if (status == DETINIT_OK)
        status = complete(r, &object);
    if (status == DETINIT_OK)
        r->layer = NULL;
    return status;
}
