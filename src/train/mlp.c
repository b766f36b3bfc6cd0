#include "train/mlp.h"

#include "detinit_network.h"
#include "base/byteorder.h"
#include "base/error.h"
#include "train/product.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Examples that are tested at once. */
#define TEST_ROWS 1000

/* ----------------------------------------------------------------- network */

void mlp_free(mlp *net)
{
    free(net->weights);
    free(net->biases);
    *net = (mlp){0};
}

detinit_status mlp_new(const size_t *widths, size_t layers, mlp *out, detinit_error *error)
{
    mlp net = {.layers = layers};
    detinit_status status = product_built(error);
    if (status != DETINIT_OK)
        return status;
    if (layers < 1 || layers > MLP_MAX_LAYERS)
        return error_set(error, DETINIT_INVALID, "expected 1 to %d layers, got %zu", MLP_MAX_LAYERS,
                         layers);
    for (size_t k = 0; k <= layers; k++) {
        if (widths[k] < 1 || widths[k] > INT_MAX)
            return error_set(error, DETINIT_INVALID, "expected widths of 1 to 2^31 - 1, got %zu",
                             widths[k]);
        net.widths[k] = widths[k];
    }
    for (size_t k = 0; k < layers; k++) {
        net.bias_count += widths[k + 1];
        net.weight_count += widths[k] * widths[k + 1];
    }
    net.weights = calloc(net.weight_count, sizeof *net.weights);
    net.biases = calloc(net.bias_count, sizeof *net.biases);
    if (net.weights == NULL || net.biases == NULL) {
        mlp_free(&net);
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for the network");
    }
    *out = net;
    return DETINIT_OK;
}

size_t mlp_layer_count(const mlp *net, size_t layer)
{
    return net->widths[layer] * net->widths[layer + 1];
}

size_t mlp_first_weight(const mlp *net, size_t layer)
{
    size_t first = 0;
    for (size_t k = 0; k < layer; k++)
        first += mlp_layer_count(net, k);
    return first;
}

size_t mlp_first_bias(const mlp *net, size_t layer)
{
    size_t first = 0;
    for (size_t k = 0; k < layer; k++)
        first += net->widths[k + 1];
    return first;
}

static bool makes_layer(const detinit_recipe *recipe, const mlp *net, size_t layer)
{
    return recipe->rank == 2 && recipe->shape[0] == net->widths[layer + 1] &&
           recipe->shape[1] == net->widths[layer] && recipe->dtype == DETINIT_FLOAT32;
}

detinit_status mlp_initialize(mlp *net, const detinit_network *recipes, const detinit_run *run,
                              detinit_error *error)
{
    detinit_run quiet = {.threads = run != NULL ? run->threads : 0};
    detinit_status status = DETINIT_OK;
    if (recipes->count != net->layers)
        return error_set(error, DETINIT_INVALID, "expected recipes of %zu layers, got %zu",
                         net->layers, recipes->count);
    for (size_t k = 0; k < net->layers && status == DETINIT_OK; k++) {
        const detinit_recipe *recipe = &recipes->layers[k].recipe;
        detinit_matrix *matrix;
        if (!makes_layer(recipe, net, k))
            return error_set(error, DETINIT_INVALID,
                             "layer %zu: expected a float32 matrix %zu x %zu", k + 1,
                             net->widths[k + 1], net->widths[k]);
        status = detinit_matrix_new(recipe, &quiet, &matrix, error);
        if (status != DETINIT_OK)
            return status;
        float *weights = net->weights + mlp_first_weight(net, k);
        status = detinit_matrix_fill(matrix, &quiet, weights, error);
        detinit_matrix_free(matrix);
        if (status == DETINIT_OK)
            turn_little_endian(weights, sizeof *weights, mlp_layer_count(net, k));
    }
    memset(net->biases, 0, net->bias_count * sizeof *net->biases);
    return status;
}

/* ------------------------------------------------------------------ passes */

void mlp_room_free(mlp_room *room)
{
    for (size_t k = 0; k < MLP_MAX_LAYERS; k++) {
        free(room->outputs[k]);
        free(room->errors[k]);
    }
    *room = (mlp_room){0};
}

detinit_status mlp_room_new(const mlp *net, size_t rows, mlp_room *out, detinit_error *error)
{
    mlp_room room = {.rows = rows};
    bool enough = true;
    for (size_t k = 0; k < net->layers; k++) {
        size_t width = net->widths[k + 1] * sizeof(float);
        bool counts = rows <= SIZE_MAX / width;
        room.outputs[k] = counts ? malloc(rows * width) : NULL;
        room.errors[k] = counts ? malloc(rows * width) : NULL;
        enough = enough && room.outputs[k] != NULL && room.errors[k] != NULL;
    }
    if (!enough) {
        mlp_room_free(&room);
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for %zu examples at once",
                         rows);
    }
    *out = room;
    return DETINIT_OK;
}

/* The outputs of layer k from its inputs; ReLU unless it is the last. */
static void forward_layer(const mlp *net, size_t k, const float *inputs, size_t rows,
                          float *outputs)
{
    size_t width = net->widths[k + 1];
    const float *biases = net->biases + mlp_first_bias(net, k);
    for (size_t r = 0; r < rows; r++)
        memcpy(outputs + r * width, biases, width * sizeof *outputs);
    product(AS_IS, TURNED, rows, width, net->widths[k], inputs,
            net->weights + mlp_first_weight(net, k), 1, outputs);
    for (size_t n = 0; n < rows * width && k + 1 < net->layers; n++)
        outputs[n] = outputs[n] > 0 ? outputs[n] : 0;
}

static const float *forward(const mlp *net, const float *inputs, size_t rows, const mlp_room *room)
{
    for (size_t k = 0; k < net->layers; k++) {
        forward_layer(net, k, inputs, rows, room->outputs[k]);
        inputs = room->outputs[k];
    }
    return inputs;
}

/* The summed cross-entropy; errors become (softmax - one in the label's place) / rows. */
static double softmax_loss(const float *outputs, const unsigned char *labels, size_t rows,
                           size_t classes, float *errors)
{
    double loss = 0;
    for (size_t r = 0; r < rows; r++, outputs += classes, errors += classes) {
        float largest = outputs[0], sum = 0;
        for (size_t c = 1; c < classes; c++)
            largest = outputs[c] > largest ? outputs[c] : largest;
        for (size_t c = 0; c < classes; c++)
            sum += errors[c] = expf(outputs[c] - largest);
        loss += log((double)sum) + (double)largest - (double)outputs[labels[r]];
        for (size_t c = 0; c < classes; c++)
            errors[c] /= sum * (float)rows;
        errors[labels[r]] -= 1.0f / (float)rows;
    }
    return loss;
}

/* Sums the errors of layer k into its gradients. */
static void layer_gradient(const mlp *net, size_t k, const float *inputs, size_t rows,
                           const float *errors, float *weight_gradient, float *bias_gradient)
{
    size_t width = net->widths[k + 1];
    float *biases = bias_gradient + mlp_first_bias(net, k);
    product(TURNED, AS_IS, width, net->widths[k], rows, errors, inputs, 0,
            weight_gradient + mlp_first_weight(net, k));
    memset(biases, 0, width * sizeof *biases);
    for (size_t r = 0; r < rows; r++)
        for (size_t n = 0; n < width; n++)
            biases[n] += errors[r * width + n];
}

detinit_status mlp_check_fit(const mlp *net, const examples *e, detinit_error *error)
{
    if (e->count > 0 && e->count <= INT_MAX && e->features == net->widths[0] &&
        e->classes <= net->widths[net->layers])
        return DETINIT_OK;
    return error_set(error, DETINIT_INVALID,
                     "expected examples of %zu inputs and at most %zu classes, got %zu of %zu "
                     "inputs and %zu classes",
                     net->widths[0], net->widths[net->layers], e->count, e->features, e->classes);
}

double mlp_gradient(const mlp *net, const mlp_room *room, const examples *batch,
                    float *weight_gradient, float *bias_gradient)
{
    size_t last = net->layers - 1, rows = batch->count;
    const float *outputs = forward(net, batch->inputs, rows, room);
    double loss =
        softmax_loss(outputs, batch->labels, rows, net->widths[net->layers], room->errors[last]);
    for (size_t k = last; k > 0; k--) {
        const float *below = room->outputs[k - 1];
        size_t width = net->widths[k];
        layer_gradient(net, k, below, rows, room->errors[k], weight_gradient, bias_gradient);
        product(AS_IS, AS_IS, rows, width, net->widths[k + 1], room->errors[k],
                net->weights + mlp_first_weight(net, k), 0, room->errors[k - 1]);
        for (size_t n = 0; n < rows * width; n++)
            if (!(below[n] > 0))
                room->errors[k - 1][n] = 0;
    }
    layer_gradient(net, 0, batch->inputs, rows, room->errors[0], weight_gradient, bias_gradient);
    return loss;
}

/* ----------------------------------------------------------------- testing */

static size_t count_correct(const float *outputs, const unsigned char *labels, size_t rows,
                            size_t classes)
{
    size_t correct = 0;
    for (size_t r = 0; r < rows; r++, outputs += classes) {
        size_t best = 0;
        for (size_t c = 1; c < classes; c++)
            best = outputs[c] > outputs[best] ? c : best;
        correct += best == labels[r];
    }
    return correct;
}

detinit_status mlp_correct(const mlp *net, const examples *tested, unsigned threads,
                           size_t *correct, detinit_error *error)
{
    const detinit_run run = {.threads = threads};
    mlp_room room;
    size_t found = 0;
    int before;
    detinit_status status = mlp_check_fit(net, tested, error);
    if (status == DETINIT_OK)
        status = mlp_room_new(net, TEST_ROWS, &room, error);
    if (status != DETINIT_OK)
        return status;
    status = product_begin(&run, &before, error);
    if (status != DETINIT_OK) {
        mlp_room_free(&room);
        return status;
    }
    for (size_t first = 0; first < tested->count; first += TEST_ROWS) {
        size_t rows = tested->count - first < TEST_ROWS ? tested->count - first : TEST_ROWS;
        const float *outputs = forward(net, tested->inputs + first * tested->features, rows, &room);
        found += count_correct(outputs, tested->labels + first, rows, net->widths[net->layers]);
    }
    product_end(before);
    mlp_room_free(&room);
    *correct = found;
    return DETINIT_OK;
}
