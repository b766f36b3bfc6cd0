#include "matrix/recipe_fields.h"

#include "matrix/scheme.h"
#include "number/dist.h"
#include "number/dtype.h"

#include <stdio.h>
#include <string.h>

static bool takes_std(const detinit_recipe *recipe)
{
    return detinit_mode_takes_std(recipe->mode);
}

/* A member that is called as its field is. */
#define FIELD(member) .name = #member, .offset = offsetof(detinit_recipe, member)

const recipe_field recipe_fields[] = {
    {.name = "shape", .kind = RECIPE_SHAPE, .of_tensor = true, .written = true},
    {FIELD(layer), .kind = RECIPE_WHOLE, .of_tensor = true},
    {FIELD(seed), .kind = RECIPE_WHOLE},
    {FIELD(mode), .kind = RECIPE_CHOICE, .names = &mode_names, .written = true},
    {FIELD(dist), .kind = RECIPE_CHOICE, .names = &dist_names},
    {FIELD(std), .kind = RECIPE_REAL, .written = true, .counts = takes_std},
    {FIELD(gain), .kind = RECIPE_REAL},
    {FIELD(fan_in), .kind = RECIPE_CHOICE, .names = &axis_names},
    {FIELD(orthogonal), .kind = RECIPE_SWITCH},
    {FIELD(zero_mean), .kind = RECIPE_SWITCH},
    {FIELD(dtype), .kind = RECIPE_CHOICE, .names = &dtype_names, .written = true},
};

const size_t recipe_field_count = sizeof recipe_fields / sizeof recipe_fields[0];

_Static_assert(sizeof(detinit_mode) == sizeof(int) && sizeof(detinit_dist) == sizeof(int) &&
                   sizeof(detinit_axis) == sizeof(int) && sizeof(detinit_dtype) == sizeof(int),
               "choices are read and written as int");

const char *recipe_field_expected(const recipe_field *field, char *buffer, size_t size)
{
    static const char *const expected[] = {
        [RECIPE_WHOLE] = "a whole number, 0 .. 2^64-1",
        [RECIPE_REAL] = "a number above 0",
        [RECIPE_SWITCH] = "true or false",
        [RECIPE_SHAPE] = "a list of 1 .. 8 whole numbers, each 1 .. 2^63-1",
    };
    if (field->kind == RECIPE_CHOICE)
        return names_told(field->names, buffer, size);
    snprintf(buffer, size, "%s", expected[field->kind]);
    return buffer;
}

bool recipe_field_equal(const recipe_field *field, const detinit_recipe *a, const detinit_recipe *b)
{
    const void *x = recipe_field_in(field, a), *y = recipe_field_in(field, b);
    switch (field->kind) {
    case RECIPE_WHOLE:
        return *(const uint64_t *)x == *(const uint64_t *)y;
    case RECIPE_REAL:
        return *(const double *)x == *(const double *)y;
    case RECIPE_CHOICE:
        return *(const int *)x == *(const int *)y;
    case RECIPE_SWITCH:
        return *(const bool *)x == *(const bool *)y;
    default:
        return a->rank == b->rank && memcmp(a->shape, b->shape, a->rank * sizeof a->shape[0]) == 0;
    }
}

bool recipe_field_counts(const recipe_field *field, const detinit_recipe *recipe)
{
    return field->counts == NULL || field->counts(recipe);
}
