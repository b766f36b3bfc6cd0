/* Networks as manifests, which tell all of their recipes. */
#include "network/manifest.h"

#include "file/jsondump.h"
#include "network/network.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number, or a text where it is beyond what every reader of JSON holds exactly. */
static json_t *whole_value(uint64_t value)
{
    if (value <= MANIFEST_EXACT)
        return json_integer((json_int_t)value);
    return json_sprintf("%" PRIu64, value);
}

static json_t *shape_value(const detinit_recipe *recipe)
{
    json_t *shape = json_array();
    for (size_t n = 0; n < recipe->rank; n++)
        if (json_array_append_new(shape, whole_value(recipe->shape[n])) != 0) {
            json_decref(shape);
            return NULL;
        }
    return shape;
}

/* "tanh", "leaky_relu:0.2": the number as JSON has it, which depends on no locale. */
static json_t *nonlinearity_value(const detinit_recipe *recipe)
{
    const char *name = detinit_nonlinearity_name(recipe->nonlinearity);
    if (recipe->nonlinearity != DETINIT_NONLINEARITY_LEAKY_RELU)
        return json_string(name);
    json_t *slope = json_real(recipe->slope);
    char *digits = jsondump_text(slope, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    json_t *value = digits != NULL ? json_sprintf("%s:%s", name, digits) : NULL;
    json_decref(slope);
    free(digits);
    return value;
}

static json_t *field_value(const recipe_field *field, const detinit_recipe *recipe)
{
    const void *from = recipe_field_in(field, recipe);
    switch (field->kind) {
    case RECIPE_WHOLE:
        return whole_value(*(const uint64_t *)from);
    case RECIPE_REAL:
    case RECIPE_NUMBER:
    case RECIPE_SHARE:
        return json_real(*(const double *)from);
    case RECIPE_FANS:
        return json_pack("[o, o]", whole_value(recipe->fans[0]), whole_value(recipe->fans[1]));
    case RECIPE_ROW:
        return whole_value(recipe->zero_row);
    case RECIPE_NONLINEARITY:
        return nonlinearity_value(recipe);
    case RECIPE_CHOICE:
        return json_string(names_name(field->names, *(const int *)from));
    case RECIPE_SWITCH:
        return json_boolean(*(const bool *)from);
    default:
        return shape_value(recipe);
    }
}

/* Puts a field into an object, where it counts and is not as in `like`. */
static bool put_field(json_t *object, const recipe_field *field, const detinit_recipe *r,
                      const detinit_recipe *like)
{
    return !manifest_counts(field, r) || (!field->written && recipe_field_equal(field, r, like)) ||
           json_object_set_new(object, field->name, field_value(field, r)) == 0;
}

/* Each part states its layer, whatever it is, since it follows from a name elsewhere. */
static json_t *part_value(const detinit_recipe *part, size_t axis)
{
    const detinit_recipe like = detinit_recipe_matrix(part->seed, ~part->layer, 1, 1);
    json_t *object = json_object();
    bool good = object != NULL && json_object_set_new(object, axis == 0 ? "rows" : "cols",
                                                      whole_value(part->shape[axis])) == 0;
    for (size_t n = 0; n < recipe_field_count && good; n++)
        if (!recipe_fields[n].of_whole)
            good = put_field(object, &recipe_fields[n], part, &like);
    if (good)
        return object;
    json_decref(object);
    return NULL;
}

static bool put_parts(json_t *object, const detinit_recipe *r)
{
    json_t *list = json_array();
    bool good = list != NULL;
    for (size_t n = 0; n < r->part_count && good; n++)
        good = json_array_append_new(list, part_value(&r->parts[n], r->part_axis)) == 0;
    if (good)
        return json_object_set_new(object, "parts", list) == 0;
    json_decref(list);
    return false;
}

/*
 * The object of one tensor, without what it has in common with `like`; NULL without memory, or
 * where its recipe or name is not valid.
 */
static json_t *layer_value(const detinit_layer *layer, const detinit_recipe *like)
{
    const detinit_recipe *r = &layer->recipe;
    if (!network_name_good(layer->name) || detinit_recipe_check(r, NULL) != DETINIT_OK)
        return NULL;
    json_t *object = json_object();
    bool good =
        object != NULL && json_object_set_new(object, "name", json_string(layer->name)) == 0;
    for (size_t n = 0; n < recipe_field_count && good; n++)
        if (r->part_count == 0 || recipe_fields[n].of_whole)
            good = put_field(object, &recipe_fields[n], r, like);
    if (good && (r->part_count == 0 || put_parts(object, r)))
        return object;
    json_decref(object);
    return NULL;
}

/* One line for each tensor. */
static bool print_manifest(FILE *out, const detinit_network *network)
{
    const uint64_t seed = network->count > 0 ? network->layers[0].recipe.seed : MANIFEST_SEED;
    json_t *top = whole_value(seed);
    bool good = top != NULL;
    fprintf(out, "{\n  \"version\": %d,\n  \"seed\": ", DETINIT_GENERATOR_VERSION);
    good = good && json_dumpf(top, out, JSON_ENCODE_ANY) == 0;
    fputs(",\n  \"tensors\": [", out);
    json_decref(top);
    for (size_t n = 0; n < network->count && good; n++) {
        const detinit_recipe like = detinit_recipe_matrix(seed, n, 1, 1);
        json_t *object = layer_value(&network->layers[n], &like);
        fputs(n > 0 ? ",\n    " : "\n    ", out);
        good = object != NULL && json_dumpf(object, out, JSON_REAL_PRECISION(17)) == 0;
        json_decref(object);
    }
    fputs("\n  ]\n}\n", out);
    return good;
}

char *detinit_network_manifest(const detinit_network *network)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    const bool good = print_manifest(out, network);
    if (fclose(out) != 0 || !good) {
        free(text);
        return NULL;
    }
    return text;
}
