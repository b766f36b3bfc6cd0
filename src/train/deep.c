#include "train/deep.h"

#include "base/byteorder.h"
#include "base/error.h"
#include "base/strict.h"
#include "train/softmax.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Wider layers than this are not asked for. */
#define WIDEST ((size_t)1 << 16)

/* ----------------------------------------------------------------- network */

void deep_free(deep *net)
{
    float *const owned[] = {net->weights,     net->initial,   net->slopes,    net->biases,
                            net->bias_slopes, net->errors[0], net->errors[1], net->turned};
    for (size_t n = 0; n < sizeof owned / sizeof owned[0]; n++)
        free(owned[n]);
    for (size_t k = 0; k < DEEP_MOST_LAYERS + 2; k++)
        free(net->values[k]);
    *net = (deep){0};
}

size_t deep_rows(const deep *net, size_t k)
{
    return k < net->depth ? net->width : net->classes;
}

size_t deep_cols(const deep *net, size_t k)
{
    return k > 0 ? net->width : net->features;
}

size_t deep_first(const deep *net, size_t k)
{
    return k == 0 ? 0 : net->features * net->width + (k - 1) * net->width * net->width;
}

static float *floats(size_t count, bool *enough)
{
    float *made = calloc(count, sizeof *made);
    *enough = *enough && made != NULL;
    return made;
}

static bool allocate(deep *net)
{
    size_t widest = net->features > net->width ? net->features : net->width;
    bool enough = true;
    widest = net->classes > widest ? net->classes : widest;
    net->weights = floats(net->weight_count, &enough);
    net->initial = floats(net->weight_count, &enough);
    net->slopes = floats(net->weight_count, &enough);
    net->biases = floats(net->bias_count, &enough);
    net->bias_slopes = floats(net->bias_count, &enough);
    net->values[0] = floats(net->features * DEEP_BATCH, &enough);
    for (size_t k = 0; k <= net->depth; k++)
        net->values[k + 1] = floats(deep_rows(net, k) * DEEP_BATCH, &enough);
    for (int n = 0; n < 2; n++)
        net->errors[n] = floats(widest * DEEP_BATCH, &enough);
    net->turned = floats(widest * DEEP_BATCH, &enough);
    return enough;
}

detinit_status deep_new(size_t features, size_t width, size_t depth, size_t classes, deep *out,
                        detinit_error *error)
{
    deep net = {.features = features, .width = width, .depth = depth, .classes = classes};
    if (features < 1 || features > WIDEST || width < 1 || width > WIDEST || classes < 1 ||
        classes > WIDEST || depth < 1 || depth > DEEP_MOST_LAYERS)
        return error_set(error, DETINIT_INVALID,
                         "expected 1 to %d layers, and inputs, units and classes from 1 to %zu",
                         DEEP_MOST_LAYERS, WIDEST);
    net.weight_count = deep_first(&net, depth) + width * classes;
    net.bias_count = depth * width + classes;
    if (!allocate(&net)) {
        deep_free(&net);
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for a network");
    }
    *out = net;
    return DETINIT_OK;
}

detinit_status deep_initialize(deep *net, const detinit_recipe *like, detinit_error *error)
{
    const detinit_run alone = {.threads = 1};
    for (size_t k = 0; k <= net->depth; k++) {
        detinit_recipe recipe = *like;
        detinit_matrix *matrix;
        recipe.layer = k;
        recipe.rank = 2;
        recipe.shape[0] = deep_rows(net, k);
        recipe.shape[1] = deep_cols(net, k);
        recipe.dtype = DETINIT_FLOAT32;
        detinit_status status = detinit_matrix_new(&recipe, &alone, &matrix, error);
        if (status != DETINIT_OK)
            return status;
        status = detinit_matrix_fill(matrix, &alone, net->weights + deep_first(net, k), error);
        detinit_matrix_free(matrix);
        if (status != DETINIT_OK)
            return status;
        turn_little_endian(net->weights + deep_first(net, k), sizeof *net->weights,
                           deep_rows(net, k) * deep_cols(net, k));
    }
    memcpy(net->initial, net->weights, net->weight_count * sizeof *net->weights);
    memset(net->biases, 0, net->bias_count * sizeof *net->biases);
    return DETINIT_OK;
}

/* ------------------------------------------------------------------ passes */

void deep_take(deep *net, const examples *from, const size_t places[DEEP_BATCH])
{
    for (size_t b = 0; b < DEEP_BATCH; b++)
        for (size_t n = 0; n < net->features; n++)
            net->values[0][n * DEEP_BATCH + b] = from->inputs[places[b] * from->features + n];
}

/* sums[b] += factor * values[b]: a batch side by side, each example in its own order. */
static inline void add_scaled(float *restrict sums, float factor, const float *restrict values)
{
    for (size_t b = 0; b < DEEP_BATCH; b++)
        sums[b] += factor * values[b];
}

static void forward_layer(deep *net, size_t k)
{
    const size_t rows = deep_rows(net, k), cols = deep_cols(net, k);
    const float *weights = net->weights + deep_first(net, k),
                *biases = net->biases + k * net->width;
    for (size_t r = 0; r < rows; r++) {
        float sums[DEEP_BATCH];
        for (size_t b = 0; b < DEEP_BATCH; b++)
            sums[b] = biases[r];
        for (size_t n = 0; n < cols; n++)
            add_scaled(sums, weights[r * cols + n], net->values[k] + n * DEEP_BATCH);
        for (size_t b = 0; b < DEEP_BATCH && k < net->depth; b++)
            sums[b] = sums[b] < 0 ? 0 : sums[b]; /* what is no number stays seen */
        memcpy(net->values[k + 1] + r * DEEP_BATCH, sums, sizeof sums);
    }
}

void deep_forward(deep *net)
{
    for (size_t k = 0; k <= net->depth; k++)
        forward_layer(net, k);
}

/* The errors of layer k's outputs, behind ReLU, become its slopes. */
static void layer_slopes(deep *net, size_t k, const float *errors)
{
    const size_t rows = deep_rows(net, k), cols = deep_cols(net, k);
    float *slopes = net->slopes + deep_first(net, k);
    for (size_t n = 0; n < cols; n++)
        for (size_t b = 0; b < DEEP_BATCH; b++)
            net->turned[b * cols + n] = net->values[k][n * DEEP_BATCH + b];
    memset(slopes, 0, rows * cols * sizeof *slopes);
    for (size_t r = 0; r < rows; r++) {
        float bias = 0;
        for (size_t b = 0; b < DEEP_BATCH; b++) {
            const float error = errors[r * DEEP_BATCH + b];
            float *restrict to = slopes + r * cols;
            const float *restrict inputs = net->turned + b * cols;
            bias += error;
            for (size_t n = 0; n < cols; n++)
                to[n] += error * inputs[n];
        }
        net->bias_slopes[k * net->width + r] = bias;
    }
}

/* The errors of what layer k takes, where ReLU let it through, from those of what it gives. */
static void errors_below(const deep *net, size_t k, const float *errors, float *below)
{
    const size_t rows = deep_rows(net, k), cols = deep_cols(net, k);
    const float *weights = net->weights + deep_first(net, k);
    for (size_t n = 0; n < cols; n++) {
        const float *values = net->values[k] + n * DEEP_BATCH;
        float sums[DEEP_BATCH] = {0};
        for (size_t r = 0; r < rows; r++)
            add_scaled(sums, weights[r * cols + n], errors + r * DEEP_BATCH);
        for (size_t b = 0; b < DEEP_BATCH; b++)
            below[n * DEEP_BATCH + b] = values[b] > 0 ? sums[b] : 0;
    }
}

double deep_backward(deep *net, const unsigned char labels[DEEP_BATCH])
{
    float *errors = net->values[net->depth + 1];
    double loss = 0;
    for (size_t b = 0; b < DEEP_BATCH; b++)
        loss += softmax_loss(errors + b, net->classes, DEEP_BATCH, labels[b], 1.0 / DEEP_BATCH);
    for (size_t k = net->depth; k > 0; k--) {
        layer_slopes(net, k, errors);
        errors_below(net, k, errors, net->errors[k % 2]);
        errors = net->errors[k % 2];
    }
    layer_slopes(net, 0, errors);
    return loss / DEEP_BATCH;
}

void deep_step(deep *net, double rate)
{
    const float step = (float)rate;
    for (size_t n = 0; n < net->weight_count; n++)
        net->weights[n] -= step * net->slopes[n];
    for (size_t n = 0; n < net->bias_count; n++)
        net->biases[n] -= step * net->bias_slopes[n];
}

/* ----------------------------------------------------------------- figures */

static double sum_of_squares(const float *values, size_t count)
{
    double sum = 0;
    for (size_t n = 0; n < count; n++)
        sum += (double)values[n] * (double)values[n];
    return sum;
}

double deep_gradient_norm(const deep *net)
{
    return sqrt(sum_of_squares(net->slopes, net->weight_count));
}

size_t deep_correct(const deep *net, const unsigned char labels[DEEP_BATCH])
{
    const float *outputs = net->values[net->depth + 1];
    size_t correct = 0;
    for (size_t b = 0; b < DEEP_BATCH; b++) {
        size_t best = 0;
        for (size_t c = 1; c < net->classes; c++)
            best = outputs[c * DEEP_BATCH + b] > outputs[best * DEEP_BATCH + b] ? c : best;
        if (best == labels[b])
            correct++;
    }
    return correct;
}

double deep_signal(const deep *net, size_t k)
{
    const size_t count = deep_rows(net, k - 1) * DEEP_BATCH;
    return sqrt(sum_of_squares(net->values[k], count) / (double)count);
}

double deep_share_awake(const deep *net, double threshold)
{
    size_t awake = 0;
    for (size_t n = 0; n < net->weight_count; n++)
        if (!(fabs((double)net->weights[n] - (double)net->initial[n]) <= threshold))
            awake++;
    return (double)awake / (double)net->weight_count;
}
