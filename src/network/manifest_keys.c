/* The keys of a manifest's objects: what each can be, where it stands, and what it sets. */
#include "network/manifest.h"

#include "network/network.h"

#include <stdio.h>
#include <string.h>

#define STRING(x) #x
#define TEXT(x)   STRING(x)

/* A key of the manifest's own; all others are fields of recipes. */
typedef struct own_key {
    const char *name;
    unsigned places; /* manifest_place, joined */
    bool (*set)(manifest_reader *r, manifest_object *object, const json_t *value);
    const char *expected;
} own_key;

/* Words for people, in a file that has no comments. */
static bool set_about(manifest_reader *r, manifest_object *object, const json_t *value)
{
    (void)r;
    (void)object;
    return json_is_string(value);
}

static bool set_version(manifest_reader *r, manifest_object *object, const json_t *value)
{
    (void)r;
    (void)object;
    return json_is_integer(value) && json_integer_value(value) == DETINIT_GENERATOR_VERSION;
}

static bool set_name(manifest_reader *r, manifest_object *object, const json_t *value)
{
    return manifest_name(r, value, object->name);
}

static bool set_size(manifest_reader *r, manifest_object *object, const json_t *value)
{
    return manifest_whole(r, value, &object->size) && object->size <= DETINIT_MAX_DIMENSION;
}

/* Whether a value is one of the two words for layers. */
static bool set_layer_word(manifest_object *object, const json_t *value)
{
    const char *word = json_is_string(value) ? json_string_value(value) : "";
    if (strcmp(word, "name") == 0)
        object->layer = MANIFEST_LAYER_BY_NAME;
    else if (strcmp(word, "position") == 0)
        object->layer = MANIFEST_LAYER_BY_POSITION;
    else
        return false;
    return true;
}

static bool set_default_layer(manifest_reader *r, manifest_object *object, const json_t *value)
{
    const bool good = set_layer_word(object, value);
    r->layers_by_name = object->layer == MANIFEST_LAYER_BY_NAME;
    return good;
}

static bool set_layer(manifest_reader *r, manifest_object *object, const json_t *value)
{
    if (set_layer_word(object, value))
        return true;
    object->layer = MANIFEST_LAYER_STATED;
    return manifest_whole(r, value, &object->recipe->layer);
}

static bool set_part_layer(manifest_reader *r, manifest_object *object, const json_t *value)
{
    return set_layer(r, object, value) && object->layer != MANIFEST_LAYER_BY_POSITION;
}

static bool set_times(manifest_reader *r, manifest_object *object, const json_t *value)
{
    return manifest_whole(r, value, &object->times) && object->times >= 1 &&
           object->times <= DETINIT_NETWORK_MOST;
}

/* Neither another word of arithmetic and layers, nor the name of a repeat around this one. */
static bool set_as(manifest_reader *r, manifest_object *object, const json_t *value)
{
    static const char *const taken[] = {"sqrt", "name", "position"};
    const char *name = json_is_string(value) ? json_string_value(value) : "";
    object->as = value;
    for (size_t n = 0; n < sizeof taken / sizeof taken[0]; n++)
        if (strcmp(name, taken[n]) == 0)
            return false;
    for (size_t n = 0; n < r->loop_count; n++)
        if (strcmp(name, r->loops[n].name) == 0)
            return false;
    return expression_name_good(name);
}

static bool set_parts(manifest_reader *r, manifest_object *object, const json_t *value)
{
    (void)r;
    (void)object;
    return json_array_size(value) >= 1 && json_array_size(value) <= MANIFEST_PARTS_MOST;
}

static bool set_tensors(manifest_reader *r, manifest_object *object, const json_t *value)
{
    (void)r;
    (void)object;
    return json_array_size(value) >= 1 && json_array_size(value) <= DETINIT_NETWORK_MOST;
}

#define LAYER_WORDS "\"name\" or \"position\""
#define LAYER_RULE  "a whole number, 0 .. 2^64-1, "
#define LIST_RULE   "a list of 1 .. " TEXT(DETINIT_NETWORK_MOST) " objects"

/* Those that come before the fields of recipes: the name is in every sentence after it. */
static const own_key before[] = {
    {"version", MANIFEST_TOP, set_version,
     TEXT(DETINIT_GENERATOR_VERSION) ", the generator's version"},
    {"about", MANIFEST_TOP | MANIFEST_TENSOR | MANIFEST_PART | MANIFEST_REPEAT, set_about, "text"},
    {"name", MANIFEST_TENSOR, set_name, NETWORK_NAME_EXPECTED},
    {"rows", MANIFEST_PART, set_size, "a whole number, 0 .. 2^63-1"},
    {"cols", MANIFEST_PART, set_size, "a whole number, 0 .. 2^63-1"},
    {"layer", MANIFEST_TOP, set_default_layer, LAYER_WORDS},
    {"layer", MANIFEST_TENSOR, set_layer, LAYER_RULE LAYER_WORDS},
    {"layer", MANIFEST_PART, set_part_layer, LAYER_RULE "or \"name\""},
    {"repeat", MANIFEST_REPEAT, set_times, "a whole number, 1 .. " TEXT(DETINIT_NETWORK_MOST)},
    {"as", MANIFEST_REPEAT, set_as,
     "letters, digits and underscores, other than sqrt, name, position and the repeats around it"},
};
static const own_key after[] = {
    {"parts", MANIFEST_TENSOR, set_parts, LIST_RULE},
    {"tensors", MANIFEST_TOP | MANIFEST_REPEAT, set_tensors, LIST_RULE},
};

#define BEFORE (sizeof before / sizeof before[0])
#define AFTER  (sizeof after / sizeof after[0])

/* Keys are numbered in the order in which they are read and told. */
static size_t key_count(void)
{
    return BEFORE + recipe_field_count + AFTER;
}

/* The field of recipes that a key is; NULL for one of the manifest's own. */
static const recipe_field *field_at(size_t n)
{
    return n >= BEFORE && n < BEFORE + recipe_field_count ? &recipe_fields[n - BEFORE] : NULL;
}

static const own_key *own_at(size_t n)
{
    return n < BEFORE ? &before[n] : &after[n - BEFORE - recipe_field_count];
}

/* Where a field of recipes can stand; its layer has words of its own, above. */
static unsigned field_places(const recipe_field *field)
{
    if (strcmp(field->name, "layer") == 0)
        return 0;
    return MANIFEST_TENSOR | (field->of_tensor ? 0u : MANIFEST_TOP) |
           (field->of_whole ? 0u : MANIFEST_PART);
}

/* The name of a key; NULL where it is none of that place. */
static const char *key_name(size_t n, manifest_place place)
{
    const recipe_field *field = field_at(n);
    const unsigned places = field != NULL ? field_places(field) : own_at(n)->places;
    if ((places & place) == 0)
        return NULL;
    return field != NULL ? field->name : own_at(n)->name;
}

/* The number of a key; key_count() where the place has none of that name. */
static size_t find_key(const char *name, manifest_place place)
{
    size_t n = 0;
    while (n < key_count()) {
        const char *known = key_name(n, place);
        if (known != NULL && strcmp(known, name) == 0)
            break;
        n++;
    }
    return n;
}

/* All keys of a place, "about, name, layer, ..." */
static const char *known_keys(manifest_place place, char *buffer, size_t size)
{
    size_t length = 0;
    for (size_t n = 0; n < key_count() && length < size; n++)
        if (key_name(n, place) != NULL)
            length += (size_t)snprintf(buffer + length, size - length, "%s%s",
                                       length > 0 ? ", " : "", key_name(n, place));
    return buffer;
}

/* In a repeat a name most often fails in its braces. */
static const char *own_expected(const manifest_reader *r, const own_key *key)
{
    if (key->set == set_name && r->loop_count > 0)
        return "text that is a name when each {...} in it is a whole number, an arithmetic of the "
               "repeats' own names";
    return key->expected;
}

static detinit_status take_value(manifest_reader *r, manifest_object *object, size_t n)
{
    char shown[64], expected[200];
    const json_t *value = object->values[n];
    const recipe_field *field = field_at(n);
    const bool is_set = field != NULL ? manifest_set_field(r, field, value, object->recipe)
                                      : own_at(n)->set(r, object, value);
    if (is_set)
        return DETINIT_OK;
    const char *rule = field != NULL ? recipe_field_expected(field, expected, sizeof expected)
                                     : own_expected(r, own_at(n));
    return manifest_refuse(r, "%s must be %s, not %s", key_name(n, object->place), rule,
                           manifest_value_text(value, shown, sizeof shown));
}

detinit_status manifest_read_object(manifest_reader *r, manifest_object *object)
{
    char shown[64], known[256];
    const char *name, *unknown = NULL;
    json_t *value;
    detinit_status status = DETINIT_OK;
    json_object_foreach(object->json, name, value)
    {
        const size_t n = find_key(name, object->place);
        if (n < key_count())
            object->values[n] = value;
        else if (unknown == NULL)
            unknown = name;
    }
    for (size_t n = 0; n < key_count() && status == DETINIT_OK; n++)
        if (object->values[n] != NULL)
            status = take_value(r, object, n);
    if (status != DETINIT_OK || unknown == NULL)
        return status;
    return manifest_refuse(r, "%s is unknown; it takes %s",
                           manifest_key_text(unknown, shown, sizeof shown),
                           known_keys(object->place, known, sizeof known));
}

bool manifest_states(const manifest_object *object, const recipe_field *field)
{
    return object->values[BEFORE + (size_t)(field - recipe_fields)] != NULL;
}

bool manifest_has(const manifest_object *object, const char *key)
{
    const size_t n = find_key(key, object->place);
    return n < key_count() && object->values[n] != NULL;
}
