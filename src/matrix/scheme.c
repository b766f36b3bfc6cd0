/* Modes, distributions, fans and types: what a recipe's names mean. */
#include "config.h"

#include "detinit.h"
#include "base/error.h"
#include "base/strict.h"

#include <math.h>
#include <string.h>

/* std = sqrt(numerator / (in_share * fan_in + out_share * fan_out)). */
static const struct mode_row {
    const char *name, *alias, *formula, *purpose;
    double numerator, in_share, out_share;
    detinit_dist dist;
    double orthogonal_gain;
} modes[DETINIT_MODE_COUNT] = {
    [DETINIT_HE] = {"he", "kaiming", "sqrt(2 / fan_in)", "ReLU, SiLU, GELU", 2, 1, 0,
                    DETINIT_DIST_NORMAL, 0x1.6a09e667f3bcdp+0},
    [DETINIT_XAVIER] = {"xavier", "glorot", "sqrt(2 / (fan_in + fan_out))", "tanh, sigmoid", 2, 1,
                        1, DETINIT_DIST_NORMAL, 1},
    [DETINIT_LECUN] = {"lecun", NULL, "sqrt(1 / fan_in)", "SELU, attention projections", 1, 1, 0,
                       DETINIT_DIST_NORMAL, 1},
    [DETINIT_TORCH] = {"torch", NULL, "sqrt(1 / (3 fan_in))",
                       "the start of PyTorch's nn.Linear, nn.Conv2d", 1, 3, 0, DETINIT_DIST_UNIFORM,
                       1},
    [DETINIT_NORMAL] = {"normal", NULL, "the value of std", "GPT-style layers, 0.02", 0, 0, 0,
                        DETINIT_DIST_NORMAL, 1},
};

typedef struct name_row {
    const char *name, *alias, *second_alias;
} name_row;

static const name_row dists[DETINIT_DIST_COUNT] = {
    [DETINIT_DIST_OF_MODE] = {"default", NULL, NULL},
    [DETINIT_DIST_NORMAL] = {"normal", "gaussian", NULL},
    [DETINIT_DIST_UNIFORM] = {"uniform", NULL, NULL},
    [DETINIT_DIST_TRUNCATED] = {"truncated", NULL, NULL},
};

static const name_row axes[DETINIT_AXIS_COUNT] = {
    [DETINIT_FAN_IN_COLS] = {"cols", "columns", NULL},
    [DETINIT_FAN_IN_ROWS] = {"rows", NULL, NULL},
};

static const name_row dtypes[DETINIT_DTYPE_COUNT] = {
    [DETINIT_FLOAT64] = {"float64", "f8", "double"},
    [DETINIT_FLOAT32] = {"float32", "f4", "float"},
    [DETINIT_FLOAT16] = {"float16", "f2", "half"},
    [DETINIT_BFLOAT16] = {"bfloat16", "bf16", NULL},
};

static bool row_has_name(const name_row *row, const char *name)
{
    return strcmp(name, row->name) == 0 || (row->alias != NULL && strcmp(name, row->alias) == 0) ||
           (row->second_alias != NULL && strcmp(name, row->second_alias) == 0);
}

/* The number of the row that has this name or alias, or -1. */
static int find_name(const name_row *rows, int count, const char *name)
{
    for (int n = 0; n < count; n++)
        if (row_has_name(&rows[n], name))
            return n;
    return -1;
}

const char *detinit_version(void)
{
    return PACKAGE_VERSION;
}

const char *detinit_mode_name(detinit_mode mode)
{
    return modes[mode].name;
}

const char *detinit_mode_purpose(detinit_mode mode)
{
    return modes[mode].purpose;
}

const char *detinit_mode_formula(detinit_mode mode)
{
    return modes[mode].formula;
}

const char *detinit_dist_name(detinit_dist dist)
{
    return dists[dist].name;
}

const char *detinit_axis_name(detinit_axis axis)
{
    return axes[axis].name;
}

const char *detinit_dtype_name(detinit_dtype dtype)
{
    return dtypes[dtype].name;
}

bool detinit_mode_parse(const char *name, detinit_mode *mode)
{
    for (int n = 0; n < DETINIT_MODE_COUNT; n++) {
        if (strcmp(name, modes[n].name) == 0 ||
            (modes[n].alias != NULL && strcmp(name, modes[n].alias) == 0)) {
            *mode = (detinit_mode)n;
            return true;
        }
    }
    return false;
}

bool detinit_dist_parse(const char *name, detinit_dist *dist)
{
    int n = find_name(dists, DETINIT_DIST_COUNT, name);
    if (n >= 0)
        *dist = (detinit_dist)n;
    return n >= 0;
}

bool detinit_axis_parse(const char *name, detinit_axis *axis)
{
    int n = find_name(axes, DETINIT_AXIS_COUNT, name);
    if (n >= 0)
        *axis = (detinit_axis)n;
    return n >= 0;
}

bool detinit_dtype_parse(const char *name, detinit_dtype *dtype)
{
    int n = find_name(dtypes, DETINIT_DTYPE_COUNT, name);
    if (n >= 0)
        *dtype = (detinit_dtype)n;
    return n >= 0;
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
    if (r->mode == DETINIT_NORMAL && !(isfinite(r->std) && r->std > 0))
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
    return a->seed == b->seed && a->layer == b->layer && a->rank == b->rank &&
           memcmp(a->shape, b->shape, a->rank * sizeof a->shape[0]) == 0 && a->mode == b->mode &&
           detinit_recipe_dist(a) == detinit_recipe_dist(b) && a->fan_in == b->fan_in &&
           (a->mode != DETINIT_NORMAL || a->std == b->std) && a->gain == b->gain &&
           a->orthogonal == b->orthogonal && a->zero_mean == b->zero_mean && a->dtype == b->dtype;
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

detinit_dist detinit_recipe_dist(const detinit_recipe *r)
{
    return r->dist == DETINIT_DIST_OF_MODE ? modes[r->mode].dist : r->dist;
}

double detinit_recipe_orthogonal_gain(const detinit_recipe *r)
{
    return modes[r->mode].orthogonal_gain * r->gain;
}

double detinit_recipe_std(const detinit_recipe *r)
{
    const struct mode_row *mode = &modes[r->mode];
    if (r->orthogonal) {
        uint64_t longer = r->shape[0] > r->shape[1] ? r->shape[0] : r->shape[1];
        return detinit_recipe_orthogonal_gain(r) / __builtin_sqrt((double)longer);
    }
    if (r->mode == DETINIT_NORMAL)
        return r->std * r->gain;
    double fans =
        mode->in_share * detinit_recipe_fan_in(r) + mode->out_share * detinit_recipe_fan_out(r);
    return __builtin_sqrt(mode->numerator / fans) * r->gain;
}
