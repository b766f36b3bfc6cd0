/* A random input pushed through a deep network: why each scheme fits its activation. */
#include "detinit_describe.h"
#include "base/error.h"
#include "base/progress.h"

#include <math.h>
#include <stdlib.h>

/* The layer that the input is drawn from: one that no signal test reaches. */
#define INPUT_LAYER UINT64_MAX

const char *detinit_activation_name(detinit_activation activation)
{
    static const char *const names[DETINIT_ACTIVATION_COUNT] = {"relu", "tanh"};
    return names[activation];
}

/* Eight interleaved sums, so that the compiler can vectorise a fixed order. */
static double dot(const double *a, const double *b, size_t count)
{
    double sum[8] = {0}, total = 0;
    size_t n = 0;
    for (; n + 8 <= count; n += 8)
        for (size_t k = 0; k < 8; k++)
            sum[k] += a[n + k] * b[n + k];
    for (; n < count; n++)
        total += a[n] * b[n];
    for (size_t k = 0; k < 8; k++)
        total += sum[k];
    return total;
}

static double standard_deviation(const double *x, size_t count)
{
    double mean = 0, square = 0;
    for (size_t n = 0; n < count; n++)
        mean += x[n];
    mean /= (double)count;
    for (size_t n = 0; n < count; n++)
        square += (x[n] - mean) * (x[n] - mean);
    return sqrt(square / (double)count);
}

/* x becomes the activations of a layer with these weights; `next` is scratch. */
static void pass_layer(const double *weights, size_t width, detinit_activation activation,
                       double *x, double *next)
{
    for (size_t unit = 0; unit < width; unit++) {
        double y = dot(weights + unit * width, x, width);
        next[unit] = activation == DETINIT_TANH ? tanh(y) : y > 0 ? y : 0;
    }
    for (size_t unit = 0; unit < width; unit++)
        x[unit] = next[unit];
}

static detinit_status fill_layer(detinit_recipe recipe, uint64_t layer, const detinit_run *run,
                                 double *weights, detinit_error *error)
{
    detinit_matrix *matrix;
    recipe.layer = layer;
    detinit_status status = detinit_matrix_new(&recipe, run, &matrix, error);
    if (status != DETINIT_OK)
        return status;
    status = detinit_matrix_window(matrix, 0, 0, (size_t)recipe.shape[0], (size_t)recipe.shape[1],
                                   weights, (size_t)recipe.shape[1]);
    detinit_matrix_free(matrix);
    return status;
}

static detinit_status pass_all(const detinit_recipe *recipe, size_t width,
                               detinit_activation activation, const detinit_run *run,
                               double *weights, double *x, double *stds, detinit_error *error)
{
    for (size_t unit = 0; unit < width; unit++)
        x[unit] = detinit_gaussian(recipe->seed, (const uint64_t[]){INPUT_LAYER, unit}, 2);
    for (size_t layer = 0; layer < DETINIT_SIGNAL_DEPTH; layer++) {
        detinit_status status = fill_layer(*recipe, layer, run, weights, error);
        if (status != DETINIT_OK)
            return status;
        pass_layer(weights, width, activation, x, x + width);
        double std = standard_deviation(x, width);
        stds[layer] = isfinite(std) ? std : INFINITY;
        status = progress_tell(run, layer + 1, DETINIT_SIGNAL_DEPTH, error);
        if (status != DETINIT_OK)
            return status;
    }
    return DETINIT_OK;
}

detinit_status detinit_signal(const detinit_recipe *recipe, size_t width,
                              detinit_activation activation, const detinit_run *run,
                              double stds[DETINIT_SIGNAL_DEPTH], detinit_error *error)
{
    detinit_recipe square = *recipe;
    square.rank = 2;
    square.shape[0] = square.shape[1] = width;
    square.fans[0] = square.fans[1] = 0;
    square.dtype = square.via = DETINIT_FLOAT64;
    square.zero_mean = square.has_zero_row = false;
    square.part_count = 0;
    detinit_status status = detinit_recipe_check(&square, error);
    if (status != DETINIT_OK)
        return status;
    double *weights = malloc(width * width * sizeof *weights);
    double *x = malloc(2 * width * sizeof *x);
    double found[DETINIT_SIGNAL_DEPTH];
    if (weights == NULL || x == NULL)
        status =
            error_set(error, DETINIT_NO_MEMORY, "not enough memory for layers of %zu units", width);
    else
        status = pass_all(&square, width, activation, run, weights, x, found, error);
    for (size_t n = 0; n < DETINIT_SIGNAL_DEPTH && status == DETINIT_OK; n++)
        stds[n] = found[n];
    free(weights);
    free(x);
    return status;
}
