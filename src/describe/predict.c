/* What mean-field theory expects of a propagation, layer by layer. */
#include "detinit_describe.h"

#include "base/error.h"
#include "describe/field.h"
#include "describe/layer.h"
#include "describe/theory.h"

#include <math.h>
#include <stdlib.h>

#define SQRT_HALF 0.70710678118654752440

bool detinit_recipe_sigma_w(const detinit_recipe *recipe, size_t width, double *sigma_w)
{
    detinit_recipe layer;
    if (layer_recipe(recipe, width, width, &layer, NULL) != DETINIT_OK ||
        !(detinit_recipe_is_drawn(&layer) || layer.orthogonal) || layer.mean != 0)
        return false;
    *sigma_w = theory_std(&layer) * sqrt((double)width);
    return true;
}

/* What is known of a unit's values across inputs: of one, and of a pair. */
typedef struct passed {
    double mean, square, product;
} passed;

/* What going back needs of a layer. */
typedef struct slope {
    double slopes, deviation; /* E phi'(h)^2; sqrt(variance + eps) that its input is divided by */
} slope;

typedef struct prediction {
    const detinit_propagation *request;
    const activation_row *row;
    field_rule rule;
    double weights, biases; /* variances */
} prediction;

/* Lengths that fade or explode beyond what binary64 holds. */
static double within_range(double length)
{
    return fmin(fmax(length, 1e-300), 1e300);
}

static double saturated_share(const activation_row *row, double length)
{
    return length > 0 ? erfc(row->saturated_from / sqrt(length) * SQRT_HALF) : 0;
}

static passed pass_layer(const prediction *p, passed x, slope *s, detinit_predicted_layer *layer)
{
    passed n = x;
    s->deviation = 1;
    if (p->request->normalization == DETINIT_NORMALIZATION_LAYER) {
        const double variance = x.square - x.mean * x.mean + NORMALIZATION_EPS;
        n.square = (x.square - x.mean * x.mean) / variance;
        n.product = (x.product - x.mean * x.mean) / variance;
        s->deviation = sqrt(variance);
    }
    layer->length = p->weights * n.square + p->biases;
    double squares[FIELD_SQUARES];
    const field f = field_of(p->row, &p->rule, within_range(layer->length));
    field_expand(&f, &p->rule, squares);
    const double c = (p->weights * n.product + p->biases) / layer->length;
    passed out = {f.mean, f.second, field_kernel(&f, squares, c)};
    if (p->request->residual) {
        out.square += x.square + 2 * x.mean * f.mean;
        out.product += x.product + 2 * x.mean * f.mean;
        out.mean += x.mean;
    }
    s->slopes = f.slopes;
    layer->mean = out.mean;
    layer->std = sqrt(fmax(out.square - out.mean * out.mean, 0));
    layer->correlation = out.product / out.square;
    layer->saturated = saturated_share(p->row, layer->length);
    return out;
}

detinit_status detinit_predict(const detinit_propagation *request, detinit_predicted_layer *layers,
                               detinit_error *error)
{
    prediction p = {.request = request, .biases = request->sigma_b * request->sigma_b};
    double sigma_w, gradient = 1; /* variance, of what a layer passes on */
    passed x = {0, 1, DETINIT_SIGNAL_CORRELATION};
    detinit_status status = detinit_propagation_check(request, error);
    if (status != DETINIT_OK)
        return status;
    if (!detinit_recipe_sigma_w(&request->recipe, request->width, &sigma_w))
        return error_set(error, DETINIT_INVALID,
                         "mean-field theory expects weights that are drawn and have no mean");
    slope *slopes = malloc(request->depth * sizeof *slopes);
    if (slopes == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for %zu layers",
                         request->depth);
    p.row = &activation_rows[request->activation];
    p.weights = sigma_w * sigma_w;
    field_rule_make(&p.rule);
    for (size_t k = 0; k < request->depth; k++)
        x = pass_layer(&p, x, &slopes[k], &layers[k]);
    for (size_t left = request->depth; left > 0; left--) {
        const slope *s = &slopes[left - 1];
        const double of_h = s->slopes * gradient;
        const double of_x = p.weights * of_h / (s->deviation * s->deviation);
        gradient = request->residual ? gradient + of_x : of_x;
        layers[left - 1].gradient = sqrt(of_h);
        layers[left - 1].input_gradient = sqrt(gradient);
    }
    free(slopes);
    return DETINIT_OK;
}
