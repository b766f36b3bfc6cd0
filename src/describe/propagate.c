/* A batch pushed forward through a deep network, and a gradient pushed back. */
#include "detinit_describe.h"

#include "base/error.h"
#include "base/progress.h"
#include "base/threads.h"
#include "describe/activation.h"
#include "describe/batch_sums.h"
#include "describe/layer.h"
#include "kernel/kernels.h"
#include "matrix/matrix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Orthogonal matrices, which take long to make, are kept for the way back within so many bytes. */
#define MOST_HELD ((uint64_t)1 << 28)

/* A layer's share of progress, each way. */
#define SHARE ((uint64_t)1000)

/* What a task finds of its block of units. */
typedef struct block_result {
    block_moments length, output;
    uint64_t saturated, dead;
    uint64_t histogram[DETINIT_SIGNAL_BINS];
} block_result;

typedef struct propagation {
    const detinit_propagation *request;
    detinit_recipe recipe; /* of layer 0 */
    shared_progress progress;
    size_t width, depth, batch, pairs;
    size_t lanes, blocks, values; /* of a layer: width * lanes */
    const orthogonal_kernel *kernel;
    bool normalizes, holds;
    detinit_matrix **matrices; /* depth; NULL where they are made anew for the way back */
    double *x, *next;          /* what a layer gets, and what it passes on; gradients later */
    double *slopes;            /* phi'(h) of all layers */
    double *normalized;        /* n(x) of all layers, and 1 / deviation of their inputs */
    double *inverses;
    double *products; /* of pairs, for each block */
    block_result *results;
    block_moments *moments;
    detinit_signal_layer *layers;
    /* Of the layer under way. */
    size_t layer;
    layer_pass pass;
    const double *from;
} propagation;

static size_t units_of_block(const propagation *p, uint64_t block)
{
    const size_t first = (size_t)block * LAYER_UNITS;
    return p->width - first < LAYER_UNITS ? p->width - first : LAYER_UNITS;
}

/* ------------------------------------------------------------------ memory */

static void sizes_of(propagation *p)
{
    const detinit_propagation *request = p->request;
    p->width = request->width;
    p->depth = request->depth;
    p->batch = request->batch;
    p->pairs = request->batch / 2;
    p->lanes = (p->batch + LAYER_LANES - 1) / LAYER_LANES * LAYER_LANES;
    p->blocks = (p->width + LAYER_UNITS - 1) / LAYER_UNITS;
    p->values = p->width * p->lanes;
    p->normalizes = request->normalization == DETINIT_NORMALIZATION_LAYER;
    p->holds = p->recipe.orthogonal &&
               (uint64_t)p->width * p->width * sizeof(double) * p->depth <= MOST_HELD;
}

uint64_t detinit_propagation_memory(const detinit_propagation *request)
{
    propagation p = {.request = request};
    if (layer_recipe(&request->recipe, request->width, request->width, &p.recipe, NULL) !=
        DETINIT_OK)
        return 0;
    sizes_of(&p);
    const uint64_t kept = (p.normalizes ? 2 : 1) * (uint64_t)p.depth + 2;
    const uint64_t held = (p.holds ? p.depth - 1 : 0) * (uint64_t)p.width * p.width;
    return detinit_matrix_memory(&p.recipe) + (kept * p.values + held) * sizeof(double) +
           p.blocks * (sizeof(block_result) + 3 * p.pairs * sizeof(double)) +
           p.depth * sizeof(detinit_signal_layer);
}

static void free_all(propagation *p)
{
    for (size_t k = 0; p->matrices != NULL && k < p->depth; k++)
        detinit_matrix_free(p->matrices[k]);
    free(p->matrices);
    free(p->x);
    free(p->next);
    free(p->slopes);
    free(p->normalized);
    free(p->inverses);
    free(p->products);
    free(p->results);
    free(p->moments);
    free(p->layers);
}

static bool allocate_all(propagation *p)
{
    const size_t normalized = p->normalizes ? p->depth : 0;
    p->matrices = calloc(p->depth, sizeof(detinit_matrix *));
    p->x = calloc(p->values, sizeof(double));
    p->next = calloc(p->values, sizeof(double));
    p->slopes = malloc(p->depth * p->values * sizeof(double));
    p->normalized = malloc((normalized * p->values + 1) * sizeof(double));
    p->inverses = malloc((normalized * p->lanes + 1) * sizeof(double));
    p->products = malloc((p->blocks * 3 * p->pairs + 1) * sizeof(double));
    p->results = malloc(p->blocks * sizeof(block_result));
    p->moments = malloc(p->blocks * sizeof(block_moments));
    p->layers = calloc(p->depth, sizeof(detinit_signal_layer));
    return p->matrices != NULL && p->x != NULL && p->next != NULL && p->slopes != NULL &&
           p->normalized != NULL && p->inverses != NULL && p->products != NULL &&
           p->results != NULL && p->moments != NULL && p->layers != NULL;
}

/* -------------------------------------------------------------- what is drawn */

static double bias_of(const propagation *p, uint64_t unit)
{
    const double sigma_b = p->request->sigma_b;
    if (sigma_b == 0)
        return 0;
    return sigma_b * layer_normal(p->recipe.seed, LAYER_BIASES, p->recipe.layer + p->layer, unit);
}

static void draw_inputs(propagation *p)
{
    const double alike = DETINIT_SIGNAL_CORRELATION, own = sqrt(1 - alike * alike);
    for (size_t unit = 0; unit < p->width; unit++)
        for (size_t n = 0; n < p->batch; n++) {
            const double drawn = layer_normal(p->recipe.seed, LAYER_INPUTS, n, unit);
            double *x = p->x + unit * p->lanes + n;
            *x = n % 2 == 0 ? drawn : alike * x[-1] + own * drawn;
        }
}

static void draw_gradient(propagation *p)
{
    memset(p->x, 0, p->values * sizeof *p->x);
    for (size_t unit = 0; unit < p->width; unit++)
        for (size_t n = 0; n < p->batch; n++)
            p->x[unit * p->lanes + n] = layer_normal(p->recipe.seed, LAYER_TOP_GRADIENT, n, unit);
}

/* The matrix of the layer under way, and the run for the work with it. */
static detinit_status take_matrix(propagation *p, bool backward, detinit_run *rest,
                                  detinit_error *error)
{
    detinit_recipe recipe = p->recipe;
    detinit_matrix **matrix = &p->matrices[p->layer];
    recipe.layer += p->layer;
    p->pass = (layer_pass){.turned = backward != (recipe.fan_in == DETINIT_FAN_IN_ROWS),
                           .depth = p->width,
                           .lanes = p->lanes,
                           .kernel = p->kernel};
    if (*matrix != NULL) {
        *rest = progress_share(&p->progress, SHARE);
        p->pass.matrix = *matrix;
        return DETINIT_OK;
    }
    const detinit_status status =
        matrix_new_in_share(&recipe, &p->progress, SHARE, matrix, rest, error);
    p->pass.matrix = status == DETINIT_OK ? *matrix : NULL;
    return status;
}

static void leave_matrix(propagation *p, bool backward)
{
    if (p->holds && !backward)
        return;
    detinit_matrix_free(p->matrices[p->layer]);
    p->matrices[p->layer] = NULL;
}

/* ----------------------------------------------------------- normalization */

/* Of every lane, the mean over units of a[unit] times b[unit], where there is a b. */
static void means_over_units(const propagation *p, const double *a, const double *b, double *means)
{
    for (size_t n = 0; n < p->lanes; n++)
        means[n] = 0;
    for (size_t unit = 0; unit < p->width; unit++, a += p->lanes, b = b ? b + p->lanes : NULL)
        for (size_t n = 0; n < p->lanes; n++)
            means[n] += b != NULL ? a[n] * b[n] : a[n];
    for (size_t n = 0; n < p->lanes; n++)
        means[n] /= (double)p->width;
}

static void normalize(propagation *p, double *out, double *inverses)
{
    double means[DETINIT_SIGNAL_MOST_BATCH];
    means_over_units(p, p->x, NULL, means);
    for (size_t unit = 0; unit < p->width; unit++)
        for (size_t n = 0; n < p->lanes; n++)
            out[unit * p->lanes + n] = p->x[unit * p->lanes + n] - means[n];
    means_over_units(p, out, out, inverses);
    for (size_t n = 0; n < p->lanes; n++)
        inverses[n] = 1 / sqrt(inverses[n] + NORMALIZATION_EPS);
    for (size_t unit = 0; unit < p->width; unit++)
        for (size_t n = 0; n < p->lanes; n++)
            out[unit * p->lanes + n] *= inverses[n];
}

/* From the gradient g of n = (x - mean) / s to that of x: (g - mean g - n mean(g n)) / s. */
static void normalize_back(propagation *p, const double *normalized, const double *inverses,
                           double *g)
{
    double means[DETINIT_SIGNAL_MOST_BATCH], along[DETINIT_SIGNAL_MOST_BATCH];
    means_over_units(p, g, NULL, means);
    means_over_units(p, g, normalized, along);
    for (size_t unit = 0; unit < p->width; unit++)
        for (size_t n = 0; n < p->lanes; n++) {
            double *value = g + unit * p->lanes + n;
            *value = (*value - means[n] - normalized[unit * p->lanes + n] * along[n]) * inverses[n];
        }
}

/* ----------------------------------------------------------------- forward */

static size_t bin_of(double value, const activation_row *row)
{
    const double place = (value - row->low) / (row->high - row->low) * DETINIT_SIGNAL_BINS;
    if (!(place >= 0))
        return 0;
    return place < DETINIT_SIGNAL_BINS ? (size_t)place : DETINIT_SIGNAL_BINS - 1;
}

/* From -h, which `lanes` of a unit are, to phi(h), and phi'(h) into slopes. */
static void activate(const propagation *p, double *lanes, double *slopes, block_result *r)
{
    const activation_row *row = &activation_rows[p->request->activation];
    bool dead = true;
    for (size_t n = 0; n < p->batch; n++)
        r->saturated += fabs(lanes[n]) > row->saturated_from;
    for (size_t n = 0; n < p->lanes; n++)
        lanes[n] = row->value(-lanes[n], &slopes[n]);
    for (size_t n = 0; n < p->batch; n++) {
        dead = dead && lanes[n] == 0;
        r->histogram[bin_of(lanes[n], row)]++;
    }
    r->dead += dead;
}

/* One block of a layer's units, from their biases to what is known of them. */
static void pass_block(void *context, uint64_t block)
{
    propagation *p = context;
    const size_t first = (size_t)block * LAYER_UNITS, units = units_of_block(p, block);
    double *h = p->next + first * p->lanes;
    block_result *r = &p->results[block];
    *r = (block_result){0};
    for (size_t u = 0; u < units; u++) {
        const double bias = bias_of(p, first + u);
        for (size_t n = 0; n < p->lanes; n++)
            h[u * p->lanes + n] = -bias;
    }
    layer_subtract(&p->pass, first, units, p->from, h);
    r->length = block_moments_of(h, units, p->lanes, p->batch);
    double *slopes = p->slopes + p->layer * p->values + first * p->lanes;
    for (size_t u = 0; u < units; u++)
        activate(p, h + u * p->lanes, slopes + u * p->lanes, r);
    if (p->request->residual)
        for (size_t n = 0; n < units * p->lanes; n++)
            h[n] += p->x[first * p->lanes + n];
    r->output = block_moments_of(h, units, p->lanes, p->batch);
    block_products(h, units, p->lanes, p->pairs, r->output.scale,
                   p->products + 3 * block * p->pairs);
}

static void gather(propagation *p, detinit_signal_layer *layer)
{
    for (size_t n = 0; n < p->blocks; n++) {
        const block_result *r = &p->results[n];
        layer->saturated += (double)r->saturated / ((double)p->width * (double)p->batch);
        layer->dead += (double)r->dead / (double)p->width;
        for (size_t bin = 0; bin < DETINIT_SIGNAL_BINS; bin++)
            layer->histogram[bin] += r->histogram[bin];
        p->moments[n] = r->length;
    }
    layer->length = batch_moments_of(p->moments, p->blocks).square;
    for (size_t n = 0; n < p->blocks; n++)
        p->moments[n] = p->results[n].output;
    const batch_moments output = batch_moments_of(p->moments, p->blocks);
    layer->mean = output.mean;
    layer->std = output.std;
    layer->correlation = batch_correlation(p->moments, p->products, p->blocks, p->pairs);
}

static void tell(const propagation *p, bool backward)
{
    if (p->request->layer_done != NULL)
        p->request->layer_done(p->request->context, p->layer, backward, &p->layers[p->layer]);
}

static detinit_status go_forward(propagation *p, detinit_error *error)
{
    detinit_run rest;
    detinit_status status = take_matrix(p, false, &rest, error);
    if (status != DETINIT_OK)
        return status;
    p->from = p->x;
    if (p->normalizes) {
        double *normalized = p->normalized + p->layer * p->values;
        normalize(p, normalized, p->inverses + p->layer * p->lanes);
        p->from = normalized;
    }
    status = threads_run(&rest, p->blocks, pass_block, p, error);
    leave_matrix(p, false);
    if (status != DETINIT_OK)
        return status;
    gather(p, &p->layers[p->layer]);
    double *passed = p->next;
    p->next = p->x;
    p->x = passed;
    tell(p, false);
    return DETINIT_OK;
}

/* ---------------------------------------------------------------- backward */

/* One block of a layer's inputs: minus their gradients. */
static void pass_block_back(void *context, uint64_t block)
{
    propagation *p = context;
    const size_t first = (size_t)block * LAYER_UNITS, units = units_of_block(p, block);
    double *g = p->next + first * p->lanes;
    memset(g, 0, units * p->lanes * sizeof *g);
    layer_subtract(&p->pass, first, units, p->from, g);
}

static double std_of(propagation *p, const double *values)
{
    for (size_t n = 0; n < p->blocks; n++)
        p->moments[n] = block_moments_of(values + n * LAYER_UNITS * p->lanes, units_of_block(p, n),
                                         p->lanes, p->batch);
    return batch_moments_of(p->moments, p->blocks).std;
}

/* From the gradient of what a layer passes on, in x, to that of its input. */
static detinit_status go_backward(propagation *p, detinit_error *error)
{
    detinit_signal_layer *layer = &p->layers[p->layer];
    double *of_h = p->slopes + p->layer * p->values; /* from slopes to gradients, in place */
    detinit_run rest;
    detinit_status status = take_matrix(p, true, &rest, error);
    if (status != DETINIT_OK)
        return status;
    for (size_t n = 0; n < p->values; n++)
        of_h[n] *= p->x[n];
    layer->gradient = std_of(p, of_h);
    p->from = of_h;
    status = threads_run(&rest, p->blocks, pass_block_back, p, error);
    leave_matrix(p, true);
    if (status != DETINIT_OK)
        return status;
    for (size_t n = 0; n < p->values; n++)
        p->next[n] = -p->next[n];
    if (p->normalizes)
        normalize_back(p, p->normalized + p->layer * p->values, p->inverses + p->layer * p->lanes,
                       p->next);
    for (size_t n = 0; n < p->values; n++)
        p->x[n] = p->next[n] + (p->request->residual ? p->x[n] : 0);
    layer->input_gradient = std_of(p, p->x);
    tell(p, true);
    return DETINIT_OK;
}

/* --------------------------------------------------------------- both ways */

static detinit_status go(propagation *p, detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    draw_inputs(p);
    for (p->layer = 0; p->layer < p->depth && status == DETINIT_OK; p->layer++)
        status = go_forward(p, error);
    if (status == DETINIT_OK)
        draw_gradient(p);
    for (size_t left = p->depth; left > 0 && status == DETINIT_OK; left--) {
        p->layer = left - 1;
        status = go_backward(p, error);
    }
    return status;
}

detinit_status detinit_propagate(const detinit_propagation *request, const detinit_run *run,
                                 detinit_signal_layer *layers, detinit_error *error)
{
    propagation p = {.request = request, .kernel = kernels_for(run)->orthogonal};
    detinit_status status = detinit_propagation_check(request, error);
    if (status == DETINIT_OK)
        status = layer_recipe(&request->recipe, request->width, request->width, &p.recipe, error);
    if (status != DETINIT_OK)
        return status;
    sizes_of(&p);
    p.progress = (shared_progress){.run = run, .total = 2 * p.depth * SHARE};
    if (allocate_all(&p))
        status = go(&p, error);
    else
        status = error_set(error, DETINIT_NO_MEMORY,
                           "not enough memory for %zu inputs in %zu layers of %zu units", p.batch,
                           p.depth, p.width);
    if (status == DETINIT_OK)
        memcpy(layers, p.layers, p.depth * sizeof *layers);
    free_all(&p);
    return status;
}
