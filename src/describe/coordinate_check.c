/*
 * How large the coordinates of a network are against its width, before and after a few steps of
 * training: the standard parametrization beside muP.
 */
#include "detinit_describe.h"

#include "base/error.h"
#include "base/names.h"
#include "base/threads.h"
#include "describe/activation.h"
#include "describe/layer.h"
#include "kernel/kernels.h"
#include "matrix/matrix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LAYERS  DETINIT_COORDINATE_LAYERS
#define INPUTS  DETINIT_COORDINATE_INPUTS
#define OUTPUTS DETINIT_COORDINATE_OUTPUTS
#define BATCH   DETINIT_COORDINATE_BATCH

_Static_assert(BATCH % LAYER_LANES == 0, "a batch fills its lanes");

/* Adam's constants, as all frameworks have them. */
#define BETA1 0.9
#define BETA2 0.999
#define EPS   1e-8

/* Weights that are changed together: LAYER_UNITS rows of so many. */
#define TILE ((size_t)128)

typedef struct trained_layer {
    size_t inputs, outputs;
    size_t stride; /* of a row of weights: inputs, filled up with 0 to a multiple of TILE */
    double rate;   /* of learning */
    double factor; /* that outputs are multiplied by: muP's output multiplier */
    double *weights;
    double *outputs_now, *slopes;
    /* Of each step, which Adam's moments are made of anew: errors of outputs, and inputs turned. */
    double *errors[DETINIT_COORDINATE_MOST_STEPS];
    double *turned[DETINIT_COORDINATE_MOST_STEPS];
} trained_layer;

typedef struct trained_network {
    const detinit_coordinate_check *request;
    const activation_row *row;
    const orthogonal_kernel *kernel;
    shared_progress progress;
    size_t step; /* the one under way, from 0 */
    double *data, *targets;
    trained_layer layers[LAYERS];
    /* Of the task under way. */
    trained_layer *layer;
    layer_pass pass;
    const double *from;
    double *to;
} trained_network;

/* ----------------------------------------------------------- what is asked */

static const char *const parametrizations[DETINIT_PARAMETRIZATION_COUNT] = {
    [DETINIT_PARAMETRIZATION_STANDARD] = "standard",
    [DETINIT_PARAMETRIZATION_MUP] = "muP",
};

static const name_table parametrization_names = NAME_TABLE(parametrizations);

const char *detinit_parametrization_name(detinit_parametrization parametrization)
{
    return names_name(&parametrization_names, (int)parametrization);
}

bool detinit_parametrization_parse(const char *name, detinit_parametrization *parametrization)
{
    int value;
    if (!names_find(&parametrization_names, name, &value))
        return false;
    *parametrization = (detinit_parametrization)value;
    return true;
}

detinit_coordinate_check detinit_coordinate_check_of(const detinit_recipe *recipe)
{
    static const size_t widths[] = {64, 128, 256, 512, 1024, 2048, 4096};
    return (detinit_coordinate_check){.recipe = *recipe,
                                      .activation = DETINIT_RELU,
                                      .learning_rate = 0.01,
                                      .base_width = 64,
                                      .steps = 3,
                                      .widths = widths,
                                      .width_count = sizeof widths / sizeof *widths};
}

/* Inputs and outputs of a layer of a network of this width. */
static void shape_of(size_t layer, size_t width, size_t *inputs, size_t *outputs)
{
    *inputs = layer == 0 ? INPUTS : width;
    *outputs = layer == LAYERS - 1 ? OUTPUTS : width;
}

static detinit_status check(const detinit_coordinate_check *request, detinit_error *error)
{
    const size_t most = DETINIT_COORDINATE_MOST_WIDTH;
    double sigma_w;
    detinit_recipe layer;
    if (detinit_activation_name(request->activation) == NULL ||
        detinit_parametrization_name(request->parametrization) == NULL)
        return error_set(error, DETINIT_INVALID,
                         "no activation or no parametrization has this number");
    if (!isfinite(request->learning_rate) || request->learning_rate <= 0)
        return error_set(error, DETINIT_INVALID, "expected a finite learning rate above 0, got %g",
                         request->learning_rate);
    if (request->steps > DETINIT_COORDINATE_MOST_STEPS)
        return error_set(error, DETINIT_INVALID, "expected at most %zu steps, got %zu",
                         DETINIT_COORDINATE_MOST_STEPS, request->steps);
    if (request->width_count < 1)
        return error_set(error, DETINIT_INVALID, "expected a width");
    for (size_t n = 0; n <= request->width_count; n++) {
        const size_t width = n > 0 ? request->widths[n - 1] : request->base_width;
        if (width < 1 || width > most)
            return error_set(error, DETINIT_INVALID, "expected widths of 1 to %zu, got %zu", most,
                             width);
    }
    const detinit_status status =
        layer_recipe(&request->recipe, request->base_width, request->base_width, &layer, error);
    if (status == DETINIT_OK &&
        !detinit_recipe_sigma_w(&request->recipe, request->base_width, &sigma_w))
        return error_set(error, DETINIT_INVALID,
                         "expected weights that are drawn and have no mean");
    return status;
}

/* ------------------------------------------------------------------ memory */

static size_t stride_of(size_t inputs)
{
    return (inputs + TILE - 1) / TILE * TILE;
}

/* Of a layer: weights, and what is kept of each step. */
static uint64_t layer_doubles(size_t inputs, size_t outputs, size_t steps)
{
    const uint64_t stride = stride_of(inputs);
    return outputs * stride + BATCH * (2 * outputs + steps * (outputs + stride));
}

uint64_t detinit_coordinate_memory(const detinit_coordinate_check *request)
{
    uint64_t most = 0;
    for (size_t n = 0; n < request->width_count; n++) {
        uint64_t sum = BATCH * (uint64_t)(INPUTS + OUTPUTS);
        for (size_t k = 0; k < LAYERS; k++) {
            size_t inputs, outputs;
            shape_of(k, request->widths[n], &inputs, &outputs);
            sum += layer_doubles(inputs, outputs, request->steps);
        }
        if (request->recipe.orthogonal)
            sum += 2 * (uint64_t)request->widths[n] * request->widths[n];
        most = sum > most ? sum : most;
    }
    return most * sizeof(double);
}

static void free_layer(trained_layer *layer)
{
    free(layer->weights);
    free(layer->outputs_now);
    free(layer->slopes);
    for (size_t n = 0; n < DETINIT_COORDINATE_MOST_STEPS; n++) {
        free(layer->errors[n]);
        free(layer->turned[n]);
    }
}

static bool allocate_layer(trained_layer *layer, size_t steps)
{
    const size_t values = layer->outputs * BATCH;
    layer->weights = calloc(layer->outputs * layer->stride, sizeof(double));
    layer->outputs_now = malloc(values * sizeof(double));
    layer->slopes = malloc(values * sizeof(double));
    bool enough = layer->weights != NULL && layer->outputs_now != NULL && layer->slopes != NULL;
    for (size_t n = 0; n < steps; n++) {
        layer->errors[n] = malloc(values * sizeof(double));
        layer->turned[n] = calloc(layer->stride * BATCH, sizeof(double));
        enough = enough && layer->errors[n] != NULL && layer->turned[n] != NULL;
    }
    return enough;
}

/* ----------------------------------------------------------- initialization */

static void draw_normals(const trained_network *net, layer_use use, size_t units, double *values)
{
    for (size_t unit = 0; unit < units; unit++)
        for (size_t n = 0; n < BATCH; n++)
            values[unit * BATCH + n] = layer_normal(net->request->recipe.seed, use, n, unit);
}

/*
 * muP for Adam, as microsoft/mup has it: at base_width all is standard.  The std of the first layer
 * stays what it is there, that of the hidden one falls as 1 / sqrt(width) and its rate as 1 /
 * width; the last begins at 0, and what it gives is multiplied by base_width / width.
 */
static void parametrize(const detinit_coordinate_check *request, size_t k, size_t width,
                        detinit_recipe *recipe, trained_layer *layer)
{
    const double wider = (double)width / (double)request->base_width;
    detinit_recipe base;
    size_t inputs, outputs;
    layer->rate = request->learning_rate;
    layer->factor = 1;
    if (request->parametrization == DETINIT_PARAMETRIZATION_STANDARD)
        return;
    shape_of(k, request->base_width, &inputs, &outputs);
    layer_recipe(recipe, inputs, outputs, &base, NULL);
    const double std = detinit_recipe_std(&base) / (k == 1 ? sqrt(wider) : 1);
    recipe->gain *= std / detinit_recipe_std(recipe);
    layer->rate /= k == 1 ? wider : 1;
    layer->factor /= k == LAYERS - 1 ? wider : 1;
}

static detinit_status draw_weights(trained_network *net, size_t k, size_t width,
                                   detinit_error *error)
{
    const detinit_coordinate_check *request = net->request;
    trained_layer *layer = &net->layers[k];
    detinit_recipe recipe = request->recipe;
    detinit_matrix *matrix;
    const uint64_t share = (uint64_t)layer->inputs * layer->outputs;
    recipe.fan_in = DETINIT_FAN_IN_COLS;
    recipe.layer += k;
    detinit_status status = layer_recipe(&recipe, layer->inputs, layer->outputs, &recipe, error);
    if (status != DETINIT_OK)
        return status;
    parametrize(request, k, width, &recipe, layer);
    const detinit_run run = progress_share(&net->progress, share);
    if (k == LAYERS - 1 && request->parametrization == DETINIT_PARAMETRIZATION_MUP)
        return DETINIT_OK; /* 0, as allocated */
    status = detinit_matrix_new(&recipe, &run, &matrix, error);
    if (status != DETINIT_OK)
        return status;
    status = detinit_matrix_window(matrix, 0, 0, layer->outputs, layer->inputs, layer->weights,
                                   layer->stride);
    detinit_matrix_free(matrix);
    return status;
}

/* ----------------------------------------------------------------- training */

static size_t blocks_of(size_t units)
{
    return (units + LAYER_UNITS - 1) / LAYER_UNITS;
}

static size_t units_from(size_t all, size_t first)
{
    return all - first < LAYER_UNITS ? all - first : LAYER_UNITS;
}

/* Minus the sums of a block: outputs forward, inputs backward. */
static void sum_block(void *context, uint64_t block)
{
    const trained_network *net = context;
    const size_t all = net->pass.turned ? net->layer->inputs : net->layer->outputs;
    const size_t first = (size_t)block * LAYER_UNITS, units = units_from(all, first);
    double *to = net->to + first * BATCH;
    memset(to, 0, units * BATCH * sizeof *to);
    layer_subtract(&net->pass, first, units, net->from, to);
}

/* to = -W from, or -W^T from. */
static detinit_status sum(trained_network *net, size_t k, bool backward, const double *from,
                          double *to, detinit_error *error)
{
    trained_layer *layer = &net->layers[k];
    net->layer = layer;
    net->from = from;
    net->to = to;
    net->pass = (layer_pass){.held = layer->weights,
                             .stride = layer->stride,
                             .turned = backward,
                             .depth = backward ? layer->outputs : layer->inputs,
                             .lanes = BATCH,
                             .kernel = net->kernel};
    const detinit_run run =
        progress_share(&net->progress, (uint64_t)layer->inputs * layer->outputs);
    return threads_run(&run, blocks_of(backward ? layer->inputs : layer->outputs), sum_block, net,
                       error);
}

/* Outputs of all layers; sizes[k] is the mean |output| of layer k, before its activation. */
static detinit_status go_forward(trained_network *net, double sizes[LAYERS], detinit_error *error)
{
    const double *from = net->data;
    for (size_t k = 0; k < LAYERS; k++) {
        trained_layer *layer = &net->layers[k];
        const size_t values = layer->outputs * BATCH;
        double *out = layer->outputs_now, size = 0;
        if (net->step < net->request->steps)
            net->kernel->transpose(BATCH, layer->inputs, from, BATCH, layer->turned[net->step],
                                   layer->stride);
        const detinit_status status = sum(net, k, false, from, out, error);
        if (status != DETINIT_OK)
            return status;
        for (size_t n = 0; n < values; n++) {
            out[n] *= -layer->factor;
            size += fabs(out[n]);
            if (k < LAYERS - 1)
                out[n] = net->row->value(out[n], &layer->slopes[n]);
        }
        sizes[k] = size / (double)values;
        from = out;
    }
    return DETINIT_OK;
}

/* The errors of all layers' outputs, with the multiplier of the last. */
static detinit_status go_backward(trained_network *net, detinit_error *error)
{
    trained_layer *last = &net->layers[LAYERS - 1];
    for (size_t n = 0; n < OUTPUTS * BATCH; n++)
        last->errors[net->step][n] =
            last->factor * (last->outputs_now[n] - net->targets[n]) / (OUTPUTS * BATCH);
    for (size_t k = LAYERS - 1; k > 0; k--) {
        trained_layer *below = &net->layers[k - 1];
        double *errors = below->errors[net->step];
        const detinit_status status =
            sum(net, k, true, net->layers[k].errors[net->step], errors, error);
        if (status != DETINIT_OK)
            return status;
        for (size_t n = 0; n < below->outputs * BATCH; n++)
            errors[n] *= -below->slopes[n];
    }
    return DETINIT_OK;
}

/*
 * Adam on a tile of weights.  Its moments are not kept: the gradients of all steps so far are made
 * anew from errors and inputs.
 */
static void change_tile(const trained_network *net, size_t first, size_t units, size_t input)
{
    const trained_layer *layer = net->layer;
    const double steps = (double)net->step + 1;
    const double scale1 = 1 / (1 - pow(BETA1, steps)), scale2 = 1 / (1 - pow(BETA2, steps));
    double mean[LAYER_UNITS * TILE] = {0}, square[LAYER_UNITS * TILE] = {0};
    for (size_t step = 0; step <= net->step; step++) {
        double g[LAYER_UNITS * TILE] = {0}; /* minus the gradient */
        net->kernel->subtract_product(TILE, units, BATCH, layer->turned[step] + input,
                                      layer->stride, layer->errors[step] + first * BATCH, BATCH, g,
                                      TILE);
        for (size_t n = 0; n < units * TILE; n++) {
            mean[n] = BETA1 * mean[n] + (1 - BETA1) * g[n];
            square[n] = BETA2 * square[n] + (1 - BETA2) * g[n] * g[n];
        }
    }
    for (size_t u = 0; u < units; u++)
        for (size_t n = 0; n < TILE; n++) {
            const size_t place = u * TILE + n;
            layer->weights[(first + u) * layer->stride + input + n] +=
                layer->rate * (mean[place] * scale1) / (sqrt(square[place] * scale2) + EPS);
        }
}

static void change_block(void *context, uint64_t block)
{
    const trained_network *net = context;
    const size_t first = (size_t)block * LAYER_UNITS;
    for (size_t input = 0; input < net->layer->stride; input += TILE)
        change_tile(net, first, units_from(net->layer->outputs, first), input);
}

static detinit_status change_weights(trained_network *net, detinit_error *error)
{
    for (size_t k = 0; k < LAYERS; k++) {
        trained_layer *layer = &net->layers[k];
        net->layer = layer;
        const detinit_run run =
            progress_share(&net->progress, (uint64_t)layer->inputs * layer->outputs);
        const detinit_status status =
            threads_run(&run, blocks_of(layer->outputs), change_block, net, error);
        if (status != DETINIT_OK)
            return status;
    }
    return DETINIT_OK;
}

static detinit_status train(trained_network *net, size_t width, double *sizes, detinit_error *error)
{
    const size_t steps = net->request->steps;
    detinit_status status = DETINIT_OK;
    draw_normals(net, LAYER_TRAINING_INPUTS, INPUTS, net->data);
    draw_normals(net, LAYER_TRAINING_TARGETS, OUTPUTS, net->targets);
    for (size_t k = 0; k < LAYERS && status == DETINIT_OK; k++)
        status = draw_weights(net, k, width, error);
    for (net->step = 0; net->step <= steps && status == DETINIT_OK; net->step++) {
        status = go_forward(net, sizes + net->step * LAYERS, error);
        if (status == DETINIT_OK && net->step < steps)
            status = go_backward(net, error);
        if (status == DETINIT_OK && net->step < steps)
            status = change_weights(net, error);
    }
    return status;
}

/* The weights that all layers' passes go over, for progress. */
static uint64_t work_of(const detinit_coordinate_check *request, size_t width)
{
    uint64_t weights = 0;
    for (size_t k = 0; k < LAYERS; k++) {
        size_t inputs, outputs;
        shape_of(k, width, &inputs, &outputs);
        weights += (uint64_t)inputs * outputs * (2 + 3 * request->steps);
    }
    return weights;
}

static detinit_status check_width(trained_network *net, size_t width, double *sizes,
                                  detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    bool enough = true;
    net->data = malloc(INPUTS * BATCH * sizeof(double));
    net->targets = malloc(OUTPUTS * BATCH * sizeof(double));
    for (size_t k = 0; k < LAYERS; k++) {
        trained_layer *layer = &net->layers[k];
        *layer = (trained_layer){0};
        shape_of(k, width, &layer->inputs, &layer->outputs);
        layer->stride = stride_of(layer->inputs);
        enough = allocate_layer(layer, net->request->steps) && enough;
    }
    if (enough && net->data != NULL && net->targets != NULL)
        status = train(net, width, sizes, error);
    else
        status =
            error_set(error, DETINIT_NO_MEMORY, "not enough memory for a network %zu wide", width);
    for (size_t k = 0; k < LAYERS; k++)
        free_layer(&net->layers[k]);
    free(net->data);
    free(net->targets);
    return status;
}

detinit_status detinit_check_coordinates(const detinit_coordinate_check *request,
                                         const detinit_run *run, double *sizes,
                                         detinit_error *error)
{
    trained_network net = {.request = request, .kernel = kernels_for(run)->orthogonal};
    detinit_status status = check(request, error);
    if (status != DETINIT_OK)
        return status;
    net.row = &activation_rows[request->activation];
    net.progress.run = run;
    for (size_t n = 0; n < request->width_count; n++)
        net.progress.total += work_of(request, request->widths[n]);
    const size_t each = (request->steps + 1) * LAYERS;
    double *found = malloc(request->width_count * each * sizeof *found);
    if (found == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for %zu widths",
                         request->width_count);
    for (size_t n = 0; n < request->width_count && status == DETINIT_OK; n++) {
        status = check_width(&net, request->widths[n], found + n * each, error);
        if (status == DETINIT_OK && request->width_done != NULL)
            request->width_done(request->context, n, found + n * each);
    }
    if (status == DETINIT_OK)
        memcpy(sizes, found, request->width_count * each * sizeof *sizes);
    free(found);
    return status;
}
