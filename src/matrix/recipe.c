/* Recipes: where they start, what makes one valid, and when two are the same. */
#include "detinit.h"

#include "base/error.h"
#include "base/shape.h"
#include "base/strict.h"
#include "matrix/recipe_fields.h"
#include "matrix/recipe_names.h"

#include <math.h>
#include <string.h>

detinit_recipe detinit_recipe_tensor(uint64_t seed, uint64_t layer, size_t rank,
                                     const uint64_t *shape)
{
    detinit_recipe recipe = {
        .seed = seed,
        .layer = layer,
        .rank = rank,
        .mode = DETINIT_HE,
        .cut = 2,
        .slope = RECIPE_SLOPE,
        .std = 0.02,
        .gain = 1.0,
    };
    if (rank > 0 && rank <= DETINIT_MAX_RANK)
        shape_copy(recipe.shape, rank, shape);
    return recipe;
}

detinit_recipe detinit_recipe_matrix(uint64_t seed, uint64_t layer, uint64_t rows, uint64_t cols)
{
    const uint64_t shape[] = {rows, cols};
    return detinit_recipe_tensor(seed, layer, 2, shape);
}

/* ------------------------------------------------------------------- shapes */

static bool is_empty(const detinit_recipe *r)
{
    for (size_t n = 0; n < r->rank; n++)
        if (r->shape[n] == 0)
            return true;
    return false;
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

static detinit_status check_shape(const detinit_recipe *r, detinit_error *error)
{
    if (r->rank > DETINIT_MAX_RANK)
        return error_set(error, DETINIT_INVALID, "the rank must be 0 .. %d, not %zu",
                         DETINIT_MAX_RANK, r->rank);
    for (size_t n = 0; n < r->rank; n++)
        if (r->shape[n] > DETINIT_MAX_DIMENSION)
            return error_set(error, DETINIT_INVALID, "each dimension must be 0 .. 2^63-1");
    if (!is_empty(r) && !rows_fit(r))
        return error_set(error, DETINIT_INVALID,
                         "all dimensions but the last must multiply to at most 2^63-1");
    if (r->has_zero_row && (r->rank == 0 || r->shape[0] == 0))
        return error_set(error, DETINIT_INVALID, "zero_row needs a tensor that has rows");
    if (r->has_zero_row && r->zero_row >= r->shape[0])
        return error_set(error, DETINIT_INVALID,
                         "zero_row must be a row of the first dimension, below %llu, not %llu",
                         (unsigned long long)r->shape[0], (unsigned long long)r->zero_row);
    return DETINIT_OK;
}

/* Each weight of a slice depends on all of it, so there must be an end to its size. */
#define ZERO_MEAN_MOST ((uint64_t)1 << 20)

static detinit_status check_zero_mean(const detinit_recipe *r, detinit_error *error)
{
    if (!r->zero_mean)
        return DETINIT_OK;
    if (r->rank != 4 || r->fan_in == DETINIT_FAN_IN_ROWS)
        return error_set(error, DETINIT_INVALID,
                         "zero-mean slices need the four dimensions out, in, height, width");
    if (r->shape[2] > 0 &&
        (r->shape[2] > ZERO_MEAN_MOST || r->shape[3] > ZERO_MEAN_MOST / r->shape[2]))
        return error_set(error, DETINIT_INVALID,
                         "a zero-mean slice can have 2^20 weights at most, height times width");
    return DETINIT_OK;
}

/* The rank that some modes need. */
static detinit_status check_rank(const detinit_recipe *r, detinit_error *error)
{
    const bool kernel = r->mode == DETINIT_DIRAC || r->mode == DETINIT_DELTA_ORTHOGONAL;
    if (r->mode == DETINIT_IDENTITY && r->rank != 2)
        return error_set(error, DETINIT_INVALID, "mode identity needs a matrix, not rank %zu",
                         r->rank);
    if (kernel && (r->rank < 3 || r->rank > 5))
        return error_set(error, DETINIT_INVALID,
                         "mode %s needs a kernel of 3 to 5 dimensions, not %zu",
                         detinit_mode_name(r->mode), r->rank);
    if (r->orthogonal && r->rank < 2)
        return error_set(error, DETINIT_INVALID,
                         "only a tensor of 2 dimensions or more can be orthogonal");
    if (r->orthogonal && !detinit_mode_is_drawn(r->mode))
        return error_set(error, DETINIT_INVALID, "mode %s cannot be orthogonal",
                         detinit_mode_name(r->mode));
    return DETINIT_OK;
}

/* ------------------------------------------------------------------- values */

static detinit_status check_choices(const detinit_recipe *r, detinit_error *error)
{
    if ((unsigned)r->mode >= DETINIT_MODE_COUNT || (unsigned)r->dist >= DETINIT_DIST_COUNT ||
        (unsigned)r->fan_in >= DETINIT_AXIS_COUNT || (unsigned)r->dtype >= DETINIT_DTYPE_COUNT ||
        (unsigned)r->via >= DETINIT_DTYPE_COUNT ||
        (unsigned)r->fan_mode >= DETINIT_FAN_MODE_COUNT ||
        (unsigned)r->nonlinearity >= DETINIT_NONLINEARITY_COUNT)
        return error_set(
            error, DETINIT_INVALID,
            "mode, dist, fan_in, fan_mode, nonlinearity, via or dtype is none of its names");
    return DETINIT_OK;
}

static detinit_status check_cut(const detinit_recipe *r, detinit_error *error)
{
    const detinit_dist dist = detinit_recipe_dist(r);
    if (!detinit_recipe_is_drawn(r) ||
        (dist != DETINIT_DIST_TRUNCATED && dist != DETINIT_DIST_TRUNC_NORMAL))
        return DETINIT_OK;
    if (!(r->cut >= 0.5 && r->cut <= 8))
        return error_set(error, DETINIT_INVALID, "cut must be 0.5 .. 8, not %g", r->cut);
    if (dist == DETINIT_DIST_TRUNCATED && r->cut != 2)
        return error_set(error, DETINIT_INVALID,
                         "dist truncated is cut at 2; dist trunc_normal takes other cuts");
    return DETINIT_OK;
}

static detinit_status check_values(const detinit_recipe *r, detinit_error *error)
{
    if ((r->fans[0] == 0) != (r->fans[1] == 0))
        return error_set(error, DETINIT_INVALID, "fans must be two whole numbers above 0");
    if (detinit_mode_takes_std(r->mode) && !(isfinite(r->std) && r->std > 0))
        return error_set(error, DETINIT_INVALID, "std must be finite and above 0");
    if (!(isfinite(r->gain) && r->gain > 0))
        return error_set(error, DETINIT_INVALID, "gain must be finite and above 0");
    if (!isfinite(r->mean))
        return error_set(error, DETINIT_INVALID, "mean must be finite");
    if (!isfinite(r->value))
        return error_set(error, DETINIT_INVALID, "value must be finite");
    if (!isfinite(r->slope))
        return error_set(error, DETINIT_INVALID, "the slope of leaky_relu must be finite");
    if (!(r->zero >= 0 && r->zero <= 1))
        return error_set(error, DETINIT_INVALID, "zero must be a share, 0 .. 1, not %g", r->zero);
    return check_cut(r, error);
}

static detinit_status check_std(const detinit_recipe *r, detinit_error *error)
{
    if (!detinit_mode_is_drawn(r->mode) || is_empty(r))
        return DETINIT_OK;
    const double std = detinit_recipe_std(r);
    if (!(isfinite(std) && std > 0))
        return error_set(error, DETINIT_INVALID,
                         "std times gain must be a binary64 number above 0; it is %g", std);
    return DETINIT_OK;
}

/* -------------------------------------------------------------------- parts */

/* Whether a part can be stacked in a whole. */
static bool part_fits(const detinit_recipe *whole, const detinit_recipe *part)
{
    if (part->part_count > 0 || part->rank != whole->rank || part->dtype != whole->dtype ||
        part->via != whole->via || part->seed != whole->seed || part->fan_in != whole->fan_in)
        return false;
    for (size_t n = 0; n < whole->rank; n++)
        if (n != whole->part_axis && part->shape[n] != whole->shape[n])
            return false;
    return true;
}

static detinit_status check_parts(const detinit_recipe *r, detinit_error *error)
{
    if (r->part_axis > 1 || (r->part_axis == 1 && r->rank != 2))
        return error_set(error, DETINIT_INVALID, "only parts of a matrix can lie side by side");
    uint64_t left = r->shape[r->part_axis];
    if (r->parts == NULL)
        return error_set(error, DETINIT_INVALID, "there are no parts, and %zu are counted",
                         r->part_count);
    if (r->rank == 0)
        return error_set(error, DETINIT_INVALID, "a tensor of rank 0 has no parts");
    for (size_t n = 0; n < r->part_count; n++) {
        const detinit_recipe *part = &r->parts[n];
        detinit_error why;
        if (!part_fits(r, part))
            return error_set(error, DETINIT_INVALID,
                             "part %zu must be like the whole in rank, all dimensions but the "
                             "%s, seed, fan_in, via and dtype, and not fused itself",
                             n + 1, r->part_axis == 0 ? "first" : "second");
        if (detinit_recipe_check(part, &why) != DETINIT_OK)
            return error_set(error, DETINIT_INVALID, "part %zu: %.400s", n + 1, why.message);
        if (part->shape[r->part_axis] > left)
            break;
        left -= part->shape[r->part_axis];
        if (n + 1 == r->part_count && left == 0)
            return DETINIT_OK;
    }
    return error_set(error, DETINIT_INVALID, "the %s of its parts must add up to its %s dimension",
                     r->part_axis == 0 ? "rows" : "columns",
                     r->part_axis == 0 ? "first" : "second");
}

detinit_status detinit_recipe_check(const detinit_recipe *r, detinit_error *error)
{
    detinit_status status = check_shape(r, error);
    if (status == DETINIT_OK)
        status = check_choices(r, error);
    if (status == DETINIT_OK && r->part_count > 0)
        return check_parts(r, error);
    if (status == DETINIT_OK)
        status = check_rank(r, error);
    if (status == DETINIT_OK)
        status = check_zero_mean(r, error);
    if (status == DETINIT_OK)
        status = check_values(r, error);
    return status == DETINIT_OK ? check_std(r, error) : status;
}

/* ----------------------------------------------------------------- the same */

static bool parts_equal(const detinit_recipe *a, const detinit_recipe *b)
{
    if (a->part_count != b->part_count || (a->part_count > 0 && a->part_axis != b->part_axis))
        return false;
    for (size_t n = 0; n < a->part_count; n++)
        if (!detinit_recipe_equal(&a->parts[n], &b->parts[n]))
            return false;
    return true;
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
    return parts_equal(a, b);
}
