#include "audit/orthonormal.h"

#include "audit/candidates.h"
#include "base/error.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Vectors that are compared with one another, at least and at most, and their numbers in all. */
#define LEAST_VECTORS 6
#define MOST_VECTORS  24
#define MOST_VALUES   ((uint64_t)1 << 19)

/*
 * Independent vectors of length n have cosines of 1 / sqrt(n); so much of that is more than
 * rounding leaves of orthogonal ones, and 15 cosines are never so small by chance.
 */
#define MOST_COSINE 0.1
#define MOST_LENGTH 0.01 /* by which their squared lengths differ */

/* A larger tensor of more rows than columns is read only where its std is that of a gain in use. */
#define READ_BELOW ((uint64_t)1 << 20)
#define NEAR_GAIN  0.02

static const double gains[] = {1, 1.4142135623730951, 5.0 / 3, 0.01, 0.1, 0.5, 2, 0.75};

/* A tensor seen as a matrix, and vectors of it: rows, or columns. */
typedef struct view {
    uint64_t rows, cols;
    detinit_axis layout; /* in which the layer is so */
    bool of_cols;
    size_t count; /* of vectors */
    size_t length;
} view;

static bool has_gain_in_use(const detinit_audit_tensor *t, uint64_t rows)
{
    for (size_t n = 0; n < sizeof gains / sizeof *gains; n++)
        if (fabs(t->std * t->std * (double)rows / (gains[n] * gains[n]) - 1) < NEAR_GAIN)
            return true;
    return false;
}

static bool choose_vectors(const detinit_audit_tensor *t, view *v)
{
    const uint64_t length = v->of_cols ? v->rows : v->cols, all = v->of_cols ? v->cols : v->rows;
    uint64_t count = all < MOST_VECTORS ? all : MOST_VECTORS;
    if (length == 0 || (v->of_cols && v->cols > v->rows))
        return false;
    count = count < MOST_VALUES / length ? count : MOST_VALUES / length;
    count = count < length ? count : length;
    v->count = (size_t)count;
    v->length = (size_t)length;
    return count >= LEAST_VECTORS &&
           (!v->of_cols || t->tensor->count <= READ_BELOW || has_gain_in_use(t, v->rows));
}

/* Vectors lie one after the other in `values`: the first ones of the matrix. */
static detinit_status read_vectors(const detinit_tensorfile *file, const detinit_tensor *tensor,
                                   const view *v, double *values, detinit_error *error)
{
    double some[MOST_VECTORS];
    if (!v->of_cols)
        return detinit_tensor_values(file, tensor, 0, v->count * v->length, values, error);
    detinit_status status = DETINIT_OK;
    for (size_t i = 0; i < v->length && status == DETINIT_OK; i++) {
        status = detinit_tensor_values(file, tensor, i * v->cols, v->count, some, error);
        for (size_t j = 0; j < v->count; j++)
            values[j * v->length + i] = some[j];
    }
    return status;
}

static double dot(const double *a, const double *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* The gain that they have in common, or 0 where they are not orthogonal. */
static double common_gain(const view *v, const double *values)
{
    double squares = 0, cosines = 0, least = INFINITY, most = 0;
    size_t pairs = 0;
    for (size_t i = 0; i < v->count; i++) {
        const double square = dot(values + i * v->length, values + i * v->length, v->length);
        squares += square / (double)v->count;
        least = fmin(least, square);
        most = fmax(most, square);
    }
    if (!(least > (1 - MOST_LENGTH) * squares && most < (1 + MOST_LENGTH) * squares))
        return 0;
    for (size_t i = 0; i < v->count; i++)
        for (size_t j = 0; j < i; j++, pairs++) {
            const double g = dot(values + i * v->length, values + j * v->length, v->length);
            cosines += g / squares * (g / squares);
        }
    const bool good = cosines / (double)pairs * (double)v->length < MOST_COSINE * MOST_COSINE;
    return good ? sqrt(squares) : 0;
}

/* A gain in use where it is one but for rounding. */
static double tidy(double gain)
{
    for (size_t n = 0; n < sizeof gains / sizeof *gains; n++)
        if (fabs(gain / gains[n] - 1) < 2e-3)
            return gains[n];
    return gain;
}

static detinit_status look(const detinit_tensorfile *file, const detinit_audit_tensor *t,
                           const view *v, double *gain, detinit_error *error)
{
    double *values = malloc(v->count * v->length * sizeof *values);
    if (values == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory to look at a tensor");
    detinit_status status = read_vectors(file, t->tensor, v, values, error);
    if (status == DETINIT_OK)
        *gain = common_gain(v, values);
    free(values);
    return status;
}

detinit_status orthonormal_find(const detinit_tensorfile *file, detinit_audit_tensor *t,
                                bool *blocks, detinit_error *error)
{
    const detinit_tensor *tensor = t->tensor;
    detinit_status status = DETINIT_OK;
    double gain = 0;
    *blocks = false;
    if (tensor->rank < 2 || tensor->rank > DETINIT_MAX_RANK || t->nan + t->infinite > 0)
        return DETINIT_OK;
    const uint64_t first = tensor->shape[0], last = tensor->shape[tensor->rank - 1];
    const view views[] = {
        {first, tensor->count / first, DETINIT_FAN_IN_COLS, false, 0, 0},
        {first, tensor->count / first, DETINIT_FAN_IN_COLS, true, 0, 0},
        {tensor->count / last, last, DETINIT_FAN_IN_ROWS, false, 0, 0},
        {tensor->count / last, last, DETINIT_FAN_IN_ROWS, true, 0, 0},
    };
    const size_t count = tensor->rank == 2 ? 2 : 4;
    for (size_t n = 0; n < count && gain == 0 && status == DETINIT_OK; n++) {
        view v = views[n];
        if (!choose_vectors(t, &v))
            continue;
        status = look(file, t, &v, &gain, error);
        if (status != DETINIT_OK || gain == 0)
            continue;
        *blocks = !v.of_cols && v.rows > v.cols;
        t->origin = DETINIT_ORIGIN_SCHEME;
        t->recipe = candidates_plain(tensor);
        t->recipe.orthogonal = true;
        t->recipe.fan_in = v.layout;
        t->recipe.gain = tidy(gain);
        snprintf(t->also, sizeof t->also, "%s", *blocks ? "in blocks of rows" : "");
    }
    return status;
}
