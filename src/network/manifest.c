/* Manifests: networks as JSON, which people write and files bring along. */
#include "base/error.h"
#include "detinit_network.h"
#include "matrix/recipe_fields.h"
#include "base/whole.h"
#include "network/network.h"

#include <float.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The largest integer that every JSON reader holds exactly. */
#define EXACT_INTEGER ((uint64_t)1 << 53)

/* The seed where a manifest names none. */
#define SEED 42

/* ----------------------------------------------------------------- reading */

typedef struct reader {
    const char *shown;
    detinit_error *error;
    detinit_layer defaults; /* what the top of the manifest sets; has no name */
    detinit_network network;
} reader;

/* A list of more items than this is not worth quoting. */
#define QUOTED_MOST 16

/* A JSON value in printable ASCII for a sentence, cut where it is long. */
static const char *value_text(const json_t *value, char *buffer, size_t size)
{
    const size_t flags = JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6);
    if (json_is_object(value) || json_array_size(value) > QUOTED_MOST) {
        snprintf(buffer, size, json_is_object(value) ? "an object" : "a list of %zu items",
                 json_array_size(value));
        return buffer;
    }
    char *text = json_dumps(value, flags);
    const int most = (int)size - 4;
    const bool cut = text != NULL && strlen(text) > (size_t)most;
    snprintf(buffer, size, "%.*s%s", most, text != NULL ? text : "?", cut ? "..." : "");
    free(text);
    for (char *c = strchr(buffer, 0x7F); c != NULL; c = strchr(c, 0x7F))
        *c = '?';
    return buffer;
}

/* The same for a key. */
static const char *key_text(const char *key, char *buffer, size_t size)
{
    json_t *text = json_string(key);
    value_text(text, buffer, size);
    json_decref(text);
    return buffer;
}

/* "'m.json'", "'m.json', tensor 3" or "'m.json', tensor 3 'conv'". */
static const char *place_text(const reader *r, const detinit_layer *layer, char *buffer,
                              size_t size)
{
    if (layer == &r->defaults)
        snprintf(buffer, size, "'%.100s'", r->shown);
    else
        snprintf(buffer, size, "'%.100s', tensor %zu%s%.60s%s", r->shown,
                 (size_t)(layer - r->network.layers) + 1, layer->name != NULL ? " '" : "",
                 layer->name != NULL ? layer->name : "", layer->name != NULL ? "'" : "");
    return buffer;
}

__attribute__((format(printf, 3, 4))) static detinit_status
refuse(const reader *r, const detinit_layer *layer, const char *format, ...)
{
    char place[256], sentence[320];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return error_set(r->error, DETINIT_INVALID, "%s: %s", place_text(r, layer, place, sizeof place),
                     sentence);
}

/* A whole number, or a text of one. */
static bool whole(const json_t *value, uint64_t *number)
{
    if (json_is_string(value))
        return whole_parse(json_string_value(value), number) == WHOLE_FINE;
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *number = (uint64_t)json_integer_value(value);
    return true;
}

static bool set_name(const json_t *value, detinit_layer *layer)
{
    if (!json_is_string(value) || !network_name_good(json_string_value(value)))
        return false;
    layer->name = strdup(json_string_value(value));
    return true;
}

static bool set_shape(const json_t *value, detinit_recipe *recipe)
{
    const size_t rank = json_array_size(value);
    if (!json_is_array(value) || rank > DETINIT_MAX_RANK)
        return false;
    recipe->rank = rank;
    for (size_t n = 0; n < rank; n++)
        if (!whole(json_array_get(value, n), &recipe->shape[n]) ||
            recipe->shape[n] > DETINIT_MAX_DIMENSION)
            return false;
    return true;
}

static bool set_fans(const json_t *value, uint64_t fans[2])
{
    return json_array_size(value) == 2 && whole(json_array_get(value, 0), &fans[0]) &&
           whole(json_array_get(value, 1), &fans[1]) && fans[0] > 0 && fans[1] > 0;
}

static bool set_zero_row(const json_t *value, detinit_recipe *recipe)
{
    recipe->has_zero_row = true;
    return whole(value, &recipe->zero_row);
}

static bool set_nonlinearity(const json_t *value, detinit_recipe *recipe)
{
    return json_is_string(value) &&
           detinit_nonlinearity_parse(json_string_value(value), &recipe->nonlinearity,
                                      &recipe->slope);
}

/* A number from `least` to `most`; JSON has no infinity. */
static bool set_number(const json_t *value, double least, double most, double *number)
{
    *number = json_number_value(value);
    return json_is_number(value) && *number >= least && *number <= most;
}

static bool set_real(const json_t *value, double *number)
{
    return set_number(value, 0, DBL_MAX, number) && *number > 0;
}

static bool set_switch(const json_t *value, bool *is)
{
    *is = json_is_true(value);
    return json_is_boolean(value);
}

static bool set_field(const recipe_field *field, const json_t *value, detinit_recipe *recipe)
{
    void *to = recipe_field_of(field, recipe);
    switch (field->kind) {
    case RECIPE_WHOLE:
        return whole(value, to);
    case RECIPE_REAL:
        return set_real(value, to);
    case RECIPE_NUMBER:
        return set_number(value, -DBL_MAX, DBL_MAX, to);
    case RECIPE_SHARE:
        return set_number(value, 0, 1, to);
    case RECIPE_FANS:
        return set_fans(value, to);
    case RECIPE_ROW:
        return set_zero_row(value, recipe);
    case RECIPE_NONLINEARITY:
        return set_nonlinearity(value, recipe);
    case RECIPE_CHOICE:
        return json_is_string(value) && names_find(field->names, json_string_value(value), to);
    case RECIPE_SWITCH:
        return set_switch(value, to);
    default:
        return set_shape(value, recipe);
    }
}

/* Words for people, in a file that has no comments. */
static bool set_about(const json_t *value, detinit_layer *layer)
{
    (void)layer;
    return json_is_string(value);
}

static bool set_version(const json_t *value, detinit_layer *layer)
{
    (void)layer;
    return json_is_integer(value) && json_integer_value(value) == DETINIT_GENERATOR_VERSION;
}

static bool set_tensors(const json_t *value, detinit_layer *layer)
{
    (void)layer;
    return json_is_array(value) && json_array_size(value) >= 1 &&
           json_array_size(value) <= DETINIT_NETWORK_MOST;
}

#define AT_TOP    1
#define OF_TENSOR 2
#define STRING(x) #x
#define TEXT(x)   STRING(x)

/* A key that is read: a field of recipes, or one of the manifest's own. */
typedef struct manifest_key {
    const char *name;
    int where;
    const recipe_field *field; /* NULL: what follows */
    bool (*set)(const json_t *value, detinit_layer *layer);
    const char *expected;
} manifest_key;

/* The manifest's own keys. */
static const manifest_key keys_before[] = {
    {"version", AT_TOP, NULL, set_version,
     TEXT(DETINIT_GENERATOR_VERSION) ", the generator's version"},
    {"about", AT_TOP | OF_TENSOR, NULL, set_about, "text"},
    {"name", OF_TENSOR, NULL, set_name, NETWORK_NAME_EXPECTED},
};
static const manifest_key key_after = {"tensors", AT_TOP, NULL, set_tensors,
                                       "a list of 1 .. " TEXT(DETINIT_NETWORK_MOST) " objects"};

#define KEYS_BEFORE (sizeof keys_before / sizeof keys_before[0])

static size_t key_count(void)
{
    return KEYS_BEFORE + recipe_field_count + 1;
}

/* All keys in the order in which they are read and told. */
static manifest_key key_at(size_t n)
{
    if (n < KEYS_BEFORE)
        return keys_before[n];
    if (n == KEYS_BEFORE + recipe_field_count)
        return key_after;
    const recipe_field *field = &recipe_fields[n - KEYS_BEFORE];
    return (manifest_key){.name = field->name,
                          .where = field->of_tensor ? OF_TENSOR : AT_TOP | OF_TENSOR,
                          .field = field};
}

/* The keys known at a place, "name, shape, ... and dtype". */
static const char *known_keys(int where, char *buffer, size_t size)
{
    size_t length = 0;
    for (size_t n = 0; n < key_count() && length < size; n++)
        if ((key_at(n).where & where) != 0)
            length += (size_t)snprintf(buffer + length, size - length, "%s%s",
                                       length > 0 ? ", " : "", key_at(n).name);
    return buffer;
}

static bool knows_key(const char *name, int where)
{
    for (size_t n = 0; n < key_count(); n++)
        if ((key_at(n).where & where) != 0 && strcmp(key_at(n).name, name) == 0)
            return true;
    return false;
}

static const char *expected_text(const manifest_key *key, char *buffer, size_t size)
{
    return key->field != NULL ? recipe_field_expected(key->field, buffer, size) : key->expected;
}

/* Sets `layer` from what an object of the manifest holds. */
static detinit_status read_object(const reader *r, json_t *object, int where, detinit_layer *layer)
{
    char shown[64], known[160], expected[160];
    /* By the table, not by the text: the name comes first and is in every sentence after it. */
    for (size_t n = 0; n < key_count(); n++) {
        const manifest_key key = key_at(n);
        const json_t *value = json_object_get(object, key.name);
        if (value == NULL || (key.where & where) == 0)
            continue;
        const bool set =
            key.field != NULL ? set_field(key.field, value, &layer->recipe) : key.set(value, layer);
        if (!set)
            return refuse(r, layer, "%s must be %s, not %s", key.name,
                          expected_text(&key, expected, sizeof expected),
                          value_text(value, shown, sizeof shown));
    }
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        if (!knows_key(name, where))
            return refuse(r, layer, "%s is unknown; it takes %s",
                          key_text(name, shown, sizeof shown),
                          known_keys(where, known, sizeof known));
    }
    return DETINIT_OK;
}

static detinit_status check_layer(const reader *r, const json_t *object, const detinit_layer *layer)
{
    detinit_error why;
    if (json_object_get(object, "name") == NULL)
        return refuse(r, layer, "it needs a name");
    if (layer->name == NULL)
        return error_set(r->error, DETINIT_NO_MEMORY, "no memory for '%.200s'", r->shown);
    if (json_object_get(object, "shape") == NULL)
        return refuse(r, layer, "it needs a shape");
    if (json_object_get(object, "std") != NULL && !detinit_mode_takes_std(layer->recipe.mode))
        return refuse(r, layer, "std needs the mode normal; other modes set their own");
    if (detinit_recipe_check(&layer->recipe, &why) != DETINIT_OK)
        return refuse(r, layer, "%s", why.message);
    return DETINIT_OK;
}

static detinit_status read_tensors(reader *r, const json_t *tensors)
{
    char shown[64];
    r->network.layers = calloc(json_array_size(tensors), sizeof *r->network.layers);
    if (r->network.layers == NULL)
        return error_set(r->error, DETINIT_NO_MEMORY, "no memory for '%.200s'", r->shown);
    for (size_t n = 0; n < json_array_size(tensors); n++) {
        json_t *object = json_array_get(tensors, n);
        detinit_layer *layer = &r->network.layers[n];
        *layer = r->defaults;
        layer->recipe.layer = n;
        r->network.count++;
        if (!json_is_object(object))
            return refuse(r, layer, "it must be an object with name and shape, not %s",
                          value_text(object, shown, sizeof shown));
        detinit_status status = read_object(r, object, OF_TENSOR, layer);
        if (status == DETINIT_OK)
            status = check_layer(r, object, layer);
        if (status != DETINIT_OK)
            return status;
    }
    return DETINIT_OK;
}

static detinit_status read_manifest(reader *r, json_t *root)
{
    const detinit_layer *repeated;
    if (!json_is_object(root))
        return refuse(r, &r->defaults, "a manifest must be an object with a list of tensors");
    detinit_status status = read_object(r, root, AT_TOP, &r->defaults);
    if (status != DETINIT_OK)
        return status;
    if (json_object_get(root, "tensors") == NULL)
        return refuse(r, &r->defaults, "it needs tensors, a list of objects with name and shape");
    status = read_tensors(r, json_object_get(root, "tensors"));
    if (status != DETINIT_OK)
        return status;
    if (!network_repeated(&r->network, &repeated))
        return error_set(r->error, DETINIT_NO_MEMORY, "no memory for '%.200s'", r->shown);
    if (repeated != NULL)
        return refuse(r, repeated, "a tensor before it has the same name");
    return DETINIT_OK;
}

/* What is wrong with a text that is not JSON: it may quote bytes that must not reach a terminal. */
static detinit_status not_json(const reader *r, json_error_t *wrong)
{
    if (json_error_code(wrong) == json_error_out_of_memory)
        return error_set(r->error, DETINIT_NO_MEMORY, "no memory for '%.200s'", r->shown);
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
    reader r = {.shown = shown,
                .error = error,
                .defaults = {.recipe = detinit_recipe_matrix(SEED, 0, 1, 1)}};
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

/* ----------------------------------------------------------------- writing */

/* A number, or a text where it is beyond what every reader of JSON holds exactly. */
static json_t *whole_value(uint64_t value)
{
    if (value <= EXACT_INTEGER)
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

static json_t *nonlinearity_value(const detinit_recipe *recipe)
{
    const char *name = detinit_nonlinearity_name(recipe->nonlinearity);
    if (recipe->nonlinearity != DETINIT_NONLINEARITY_LEAKY_RELU)
        return json_string(name);
    return json_sprintf("%s:%.17g", name, recipe->slope);
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
    bool good = json_object_set_new(object, "name", json_string(layer->name)) == 0;
    for (size_t n = 0; n < recipe_field_count && good; n++) {
        const recipe_field *field = &recipe_fields[n];
        if (recipe_field_counts(field, r) &&
            (field->written || !recipe_field_equal(field, r, like)))
            good = json_object_set_new(object, field->name, field_value(field, r)) == 0;
    }
    if (!good) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* One line for each tensor. */
static bool print_manifest(FILE *out, const detinit_network *network)
{
    const uint64_t seed = network->count > 0 ? network->layers[0].recipe.seed : SEED;
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
