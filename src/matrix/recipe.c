/* Recipes: their shapes and fans, and what makes one valid. */
#include "detinit.h"

#include "base/error.h"
#include "base/strict.h"
#include "matrix/recipe_fields.h"
#include "matrix/scheme.h"

#include <math.h>

static const name_row axes[DETINIT_AXIS_COUNT] = {
    [DETINIT_FAN_IN_COLS] = {.name = "cols", .unspoken = "columns"},
    [DETINIT_FAN_IN_ROWS] = {.name = "rows"},
};

const name_table axis_names = NAME_TABLE(axes);

const char *detinit_axis_name(detinit_axis axis)
{
    return names_name(&axis_names, (int)axis);
}

const char *detinit_axis_alias(detinit_axis axis)
{
    return names_alias(&axis_names, (int)axis);
}

bool detinit_axis_parse(const char *name, detinit_axis *axis)
{
    int value;
    if (!names_find(&axis_names, name, &value))
        return false;
    *axis = (detinit_axis)value;
    return true;
}

detinit_recipe detinit_recipe_matrix(uint64_t seed, uint64_t layer, uint64_t rows, uint64_t cols)
{
    return (detinit_recipe){
        .seed = seed,
        .layer = layer,
        .rank = 2,
        .shape = {rows, cols},
        .mode = DETINIT_HE,
        .std = 0.02,
        .gain = 1.0,
    };
}

/* Whether rows, the product of all dimensions but the last, stays a legal dimension. */
static bool rows_fit(const detinit_recipe *r)
{
    uint64_t rows = 1;
    for (size_t n = 0; n + 1 < r->rank; n++) {
        if (rows > DETINIT_MAX_DIMENSION / r->shape[n])
            return false;
        rows *= r->shape[n];
    }
    return true;
}

/* Each weight of a slice depends on all of it, so there must be an end to its size. */
#define ZERO_MEAN_MOST ((uint64_t)1 << 20)

static detinit_status check_shape(const detinit_recipe *r, detinit_error *error)
{
    if (r->rank < 1 || r->rank > DETINIT_MAX_RANK)
        return error_set(error, DETINIT_INVALID, "the rank must be 1 .. %d, not %zu",
                         DETINIT_MAX_RANK, r->rank);
    for (size_t n = 0; n < r->rank; n++)
        if (r->shape[n] < 1 || r->shape[n] > DETINIT_MAX_DIMENSION)
            return error_set(error, DETINIT_INVALID, "each dimension must be 1 .. 2^63-1");
    if (!rows_fit(r))
        return error_set(error, DETINIT_INVALID,
                         "all dimensions but the last must multiply to at most 2^63-1");
    if (r->orthogonal && r->rank != 2)
        return error_set(error, DETINIT_INVALID, "only a matrix can be orthogonal");
    if (r->zero_mean && r->rank != 4)
        return error_set(error, DETINIT_INVALID,
                         "zero-mean slices need the four dimensions out, in, height, width");
    if (r->zero_mean &&
        (r->shape[2] > ZERO_MEAN_MOST || r->shape[3] > ZERO_MEAN_MOST / r->shape[2]))
        return error_set(error, DETINIT_INVALID,
                         "a zero-mean slice can have 2^20 weights at most, height times width");
    return DETINIT_OK;
}

detinit_status detinit_recipe_check(const detinit_recipe *r, detinit_error *error)
{
    detinit_status status = check_shape(r, error);
    if (status != DETINIT_OK)
        return status;
    if ((unsigned)r->mode >= DETINIT_MODE_COUNT || (unsigned)r->dist >= DETINIT_DIST_COUNT ||
        (unsigned)r->fan_in >= DETINIT_AXIS_COUNT || (unsigned)r->dtype >= DETINIT_DTYPE_COUNT)
        return error_set(error, DETINIT_INVALID,
                         "mode, dist, fan_in or dtype is none of its names");
    if (detinit_mode_takes_std(r->mode) && !(isfinite(r->std) && r->std > 0))
        return error_set(error, DETINIT_INVALID, "std must be finite and above 0");
    if (!(isfinite(r->gain) && r->gain > 0))
        return error_set(error, DETINIT_INVALID, "gain must be finite and above 0");
    double std = detinit_recipe_std(r);
    if (!(isfinite(std) && std > 0))
        return error_set(error, DETINIT_INVALID,
                         "std times gain must be a binary64 number above 0; it is %g", std);
    return DETINIT_OK;
}

bool detinit_recipe_equal(const detinit_recipe *a, const detinit_recipe *b)
{
    detinit_recipe x = *a, y = *b;
    x.dist = detinit_recipe_dist(a);
    y.dist = detinit_recipe_dist(b);
    for (size_t n = 0; n < recipe_field_count; n++)
        if (recipe_field_counts(&recipe_fields[n], &x) &&
            !recipe_field_equal(&recipe_fields[n], &x, &y))
            return false;
    return true;
}

uint64_t detinit_recipe_rows(const detinit_recipe *r)
{
    uint64_t rows = 1;
    for (size_t n = 0; n + 1 < r->rank; n++)
        rows *= r->shape[n];
    return rows;
}

uint64_t detinit_recipe_cols(const detinit_recipe *r)
{
    return r->shape[r->rank - 1];
}

bool detinit_recipe_count(const detinit_recipe *r, uint64_t *count)
{
    uint64_t rows = detinit_recipe_rows(r), cols = detinit_recipe_cols(r);
    if (rows > UINT64_MAX / cols)
        return false;
    *count = rows * cols;
    return true;
}

/* The product of the dimensions from `first`, as binary64. */
static double product_from(const detinit_recipe *r, size_t first)
{
    double product = 1;
    for (size_t n = first; n < r->rank; n++)
        product *= (double)r->shape[n];
    return product;
}

/* Whether the first dimension is fan_in: a matrix of (in, out), or a vector. */
static bool first_is_fan_in(const detinit_recipe *r)
{
    return r->rank == 1 || (r->rank == 2 && r->fan_in == DETINIT_FAN_IN_ROWS);
}

double detinit_recipe_fan_in(const detinit_recipe *r)
{
    return first_is_fan_in(r) ? (double)r->shape[0] : product_from(r, 1);
}

double detinit_recipe_fan_out(const detinit_recipe *r)
{
    if (r->rank == 1)
        return (double)r->shape[0];
    return first_is_fan_in(r) ? (double)r->shape[1] : (double)r->shape[0] * product_from(r, 2);
}
