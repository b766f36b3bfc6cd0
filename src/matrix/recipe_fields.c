#include "matrix/recipe_fields.h"

#include "base/shape.h"
#include "matrix/recipe_names.h"
#include "matrix/scheme.h"
#include "number/dist.h"
#include "number/dtype.h"

#include <stdio.h>
#include <string.h>

static bool is_whole(const detinit_recipe *r)
{
    return r->part_count == 0;
}

/* Drawn one by one, or made orthogonal of draws. */
static bool is_of_draws(const detinit_recipe *r)
{
    return is_whole(r) && (detinit_mode_is_drawn(r->mode) || r->mode == DETINIT_DELTA_ORTHOGONAL);
}

static bool takes_gain(const detinit_recipe *r)
{
    return is_whole(r) && r->mode != DETINIT_CONSTANT;
}

/* Of orthogonal tensors, too, which are drawn before they are made so. */
static bool takes_dist(const detinit_recipe *r)
{
    return is_whole(r) && detinit_mode_is_drawn(r->mode);
}

static bool takes_std(const detinit_recipe *r)
{
    return is_whole(r) && detinit_mode_takes_std(r->mode);
}

/* Whether its std is of fans. */
static bool takes_fans(const detinit_recipe *r)
{
    return detinit_recipe_is_drawn(r) && !detinit_mode_takes_std(r->mode);
}

static bool takes_fan_mode(const detinit_recipe *r)
{
    return detinit_recipe_is_drawn(r) && scheme_takes_fan_mode(r->mode);
}

static bool takes_cut(const detinit_recipe *r)
{
    const detinit_dist dist = detinit_recipe_dist(r);
    return detinit_recipe_is_drawn(r) &&
           (dist == DETINIT_DIST_TRUNCATED || dist == DETINIT_DIST_TRUNC_NORMAL);
}

static bool takes_value(const detinit_recipe *r)
{
    return is_whole(r) && r->mode == DETINIT_CONSTANT;
}

/* A member that is called as its field is. */
#define FIELD(member) .name = #member, .offset = offsetof(detinit_recipe, member)

const recipe_field recipe_fields[] = {
    {.name = "shape", .kind = RECIPE_SHAPE, .of_tensor = true, .of_whole = true, .written = true},
    {FIELD(layer), .kind = RECIPE_WHOLE, .of_tensor = true, .counts = is_of_draws},
    {FIELD(seed), .kind = RECIPE_WHOLE, .of_whole = true, .counts = is_of_draws},
    {FIELD(mode), .kind = RECIPE_CHOICE, .names = &mode_names, .written = true, .counts = is_whole},
    {FIELD(dist), .kind = RECIPE_CHOICE, .names = &dist_names, .counts = takes_dist},
    {FIELD(cut), .kind = RECIPE_REAL, .counts = takes_cut},
    {FIELD(std), .kind = RECIPE_REAL, .written = true, .counts = takes_std},
    {FIELD(gain), .kind = RECIPE_REAL, .counts = takes_gain},
    {FIELD(mean), .kind = RECIPE_NUMBER, .counts = detinit_recipe_is_drawn},
    {FIELD(value), .kind = RECIPE_NUMBER, .written = true, .counts = takes_value},
    {FIELD(fan_in), .kind = RECIPE_CHOICE, .names = &axis_names, .of_whole = true},
    {FIELD(fans), .kind = RECIPE_FANS, .counts = takes_fans},
    {FIELD(fan_mode), .kind = RECIPE_CHOICE, .names = &fan_mode_names, .counts = takes_fan_mode},
    {FIELD(nonlinearity), .kind = RECIPE_NONLINEARITY, .counts = is_of_draws},
    {FIELD(orthogonal), .kind = RECIPE_SWITCH, .counts = is_of_draws},
    {FIELD(zero_mean), .kind = RECIPE_SWITCH, .counts = detinit_recipe_is_drawn},
    {FIELD(zero), .kind = RECIPE_SHARE, .counts = detinit_recipe_is_drawn},
    {.name = "zero_row",
     .offset = offsetof(detinit_recipe, has_zero_row),
     .kind = RECIPE_ROW,
     .of_tensor = true,
     .counts = is_whole},
    {FIELD(via), .kind = RECIPE_CHOICE, .names = &dtype_names, .of_whole = true},
    {FIELD(dtype), .kind = RECIPE_CHOICE, .names = &dtype_names, .of_whole = true, .written = true},
};

const size_t recipe_field_count = sizeof recipe_fields / sizeof recipe_fields[0];

_Static_assert(sizeof(detinit_mode) == sizeof(int) && sizeof(detinit_dist) == sizeof(int) &&
                   sizeof(detinit_axis) == sizeof(int) && sizeof(detinit_dtype) == sizeof(int) &&
                   sizeof(detinit_fan_mode) == sizeof(int),
               "choices are read and written as int");

const char *recipe_field_expected(const recipe_field *field, char *buffer, size_t size)
{
    static const char *const expected[] = {
        [RECIPE_WHOLE] = "a whole number, 0 .. 2^64-1",
        [RECIPE_REAL] = "a number above 0",
        [RECIPE_NUMBER] = "a number",
        [RECIPE_SHARE] = "a share, 0 .. 1",
        [RECIPE_SWITCH] = "true or false",
        [RECIPE_FANS] = "a list of two whole numbers, fan_in and fan_out",
        [RECIPE_ROW] = "a whole number, a row of the first dimension",
        [RECIPE_NONLINEARITY] = "linear, sigmoid, tanh, relu, leaky_relu, leaky_relu:SLOPE or selu",
        [RECIPE_SHAPE] = "a list of 0 .. 8 whole numbers, each 0 .. 2^63-1",
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
    case RECIPE_NUMBER:
    case RECIPE_SHARE:
        return *(const double *)x == *(const double *)y;
    case RECIPE_CHOICE:
        return *(const int *)x == *(const int *)y;
    case RECIPE_SWITCH:
        return *(const bool *)x == *(const bool *)y;
    case RECIPE_FANS:
        return memcmp(a->fans, b->fans, sizeof a->fans) == 0;
    case RECIPE_ROW:
        return a->has_zero_row == b->has_zero_row &&
               (!a->has_zero_row || a->zero_row == b->zero_row);
    case RECIPE_NONLINEARITY:
        return a->nonlinearity == b->nonlinearity &&
               (a->nonlinearity != DETINIT_NONLINEARITY_LEAKY_RELU || a->slope == b->slope);
    default:
        return shape_same(a->rank, a->shape, b->rank, b->shape);
    }
}

bool recipe_field_counts(const recipe_field *field, const detinit_recipe *recipe)
{
    return field->counts == NULL || field->counts(recipe);
}
