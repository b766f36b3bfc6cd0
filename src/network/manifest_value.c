/* From what a manifest says to the fields of a recipe. */
#include "network/manifest.h"

#include "base/whole.h"
#include "matrix/recipe_names.h"
#include "matrix/scheme.h"
#include "network/network.h"

#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ----------------------------------------------------------------- numbers */

/* The value of arithmetic that stands in a text. */
static bool arithmetic(const manifest_reader *r, const json_t *value, double *number)
{
    return json_is_string(value) &&
           expression_value(json_string_value(value), json_string_length(value), r->loops,
                            r->loop_count, number);
}

/* A value that is whole, and that every step of its arithmetic could hold. */
static bool whole_of(double value, uint64_t *number)
{
    if (!(value >= 0 && value <= (double)MANIFEST_EXACT) || value != (double)(uint64_t)value)
        return false;
    *number = (uint64_t)value;
    return true;
}

bool manifest_whole(const manifest_reader *r, const json_t *value, uint64_t *number)
{
    double found;
    if (json_is_string(value))
        return whole_parse(json_string_value(value), number) == WHOLE_FINE ||
               (arithmetic(r, value, &found) && whole_of(found, number));
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *number = (uint64_t)json_integer_value(value);
    return true;
}

/* A number from `least` to `most`, none of them infinite. */
static bool set_number(const manifest_reader *r, const json_t *value, double least, double most,
                       double *number)
{
    double found = json_number_value(value);
    if (!json_is_number(value) && !arithmetic(r, value, &found))
        return false;
    *number = found;
    return found >= least && found <= most;
}

/* ------------------------------------------------------------------- fields */

static bool set_shape(const manifest_reader *r, const json_t *value, detinit_recipe *recipe)
{
    const size_t rank = json_array_size(value);
    if (!json_is_array(value) || rank > DETINIT_MAX_RANK)
        return false;
    recipe->rank = rank;
    for (size_t n = 0; n < rank; n++)
        if (!manifest_whole(r, json_array_get(value, n), &recipe->shape[n]) ||
            recipe->shape[n] > DETINIT_MAX_DIMENSION)
            return false;
    return true;
}

static bool set_fans(const manifest_reader *r, const json_t *value, uint64_t fans[2])
{
    return json_array_size(value) == 2 && manifest_whole(r, json_array_get(value, 0), &fans[0]) &&
           manifest_whole(r, json_array_get(value, 1), &fans[1]) && fans[0] > 0 && fans[1] > 0;
}

static bool set_zero_row(const manifest_reader *r, const json_t *value, detinit_recipe *recipe)
{
    recipe->has_zero_row = true;
    return manifest_whole(r, value, &recipe->zero_row);
}

static bool set_nonlinearity(const json_t *value, detinit_recipe *recipe)
{
    return json_is_string(value) &&
           detinit_nonlinearity_parse(json_string_value(value), &recipe->nonlinearity,
                                      &recipe->slope);
}

/* A name, of a mode also that of an initializer, which sets more than the mode. */
static bool set_choice(const recipe_field *field, const json_t *value, detinit_recipe *recipe)
{
    const char *name = json_string_value(value);
    if (name != NULL && field->names == &mode_names)
        return detinit_recipe_set_initializer(recipe, name);
    return name != NULL && names_find(field->names, name, recipe_field_of(field, recipe));
}

static bool set_switch(const json_t *value, bool *is)
{
    *is = json_is_true(value);
    return json_is_boolean(value);
}

bool manifest_set_field(const manifest_reader *r, const recipe_field *field, const json_t *value,
                        detinit_recipe *recipe)
{
    void *to = recipe_field_of(field, recipe);
    switch (field->kind) {
    case RECIPE_WHOLE:
        return manifest_whole(r, value, to);
    case RECIPE_REAL:
        return set_number(r, value, DBL_TRUE_MIN, DBL_MAX, to);
    case RECIPE_NUMBER:
        return set_number(r, value, -DBL_MAX, DBL_MAX, to);
    case RECIPE_SHARE:
        return set_number(r, value, 0, 1, to);
    case RECIPE_FANS:
        return set_fans(r, value, to);
    case RECIPE_ROW:
        return set_zero_row(r, value, recipe);
    case RECIPE_NONLINEARITY:
        return set_nonlinearity(value, recipe);
    case RECIPE_CHOICE:
        return set_choice(field, value, recipe);
    case RECIPE_SWITCH:
        return set_switch(value, to);
    default:
        return set_shape(r, value, recipe);
    }
}

/* --------------------------------------------------------------------- name */

/* Appends `length` bytes to a name; false where it becomes too long. */
static bool append(char *name, size_t *at, const char *text, size_t length)
{
    if (length > NETWORK_NAME_MOST - *at)
        return false;
    memcpy(name + *at, text, length);
    *at += length;
    name[*at] = '\0';
    return true;
}

/* Puts values in the place of braces. */
static bool fill_in(const manifest_reader *r, const char *text, char *name)
{
    char digits[24];
    size_t at = 0;
    for (;;) {
        const size_t plain = strcspn(text, "{");
        if (!append(name, &at, text, plain))
            return false;
        if (text[plain] == '\0')
            return true;
        const char *inside = text + plain + 1;
        const size_t length = strcspn(inside, "}");
        double found;
        uint64_t number;
        if (inside[length] == '\0' ||
            !expression_value(inside, length, r->loops, r->loop_count, &found) ||
            !whole_of(found, &number))
            return false;
        snprintf(digits, sizeof digits, "%" PRIu64, number);
        if (!append(name, &at, digits, strlen(digits)))
            return false;
        text = inside + length + 1;
    }
}

bool manifest_name(const manifest_reader *r, const json_t *value, char **name)
{
    char filled[NETWORK_NAME_MOST + 1];
    const char *text = json_string_value(value);
    if (text != NULL && r->loop_count > 0) {
        if (!fill_in(r, text, filled))
            return false;
        text = filled;
    }
    if (text == NULL || !network_name_good(text))
        return false;
    *name = strdup(text);
    return true;
}
