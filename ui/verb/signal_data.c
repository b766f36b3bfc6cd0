#include "verb/signal_data.h"

#include "base/error.h"
#include "option/option.h"
#include "system/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------- requests */

/* Fields on which no layer depends are as they always are, so that requests can be compared. */
static detinit_recipe recipe_of_layers(const detinit_recipe *recipe, detinit_mode scheme)
{
    detinit_recipe layer = detinit_recipe_matrix(recipe->seed, recipe->layer, 1, 1);
    layer.mode = scheme;
    layer.dist = recipe->dist;
    layer.cut = recipe->cut;
    layer.fan_in = recipe->fan_in;
    layer.fan_mode = recipe->fan_mode;
    layer.nonlinearity = recipe->nonlinearity;
    layer.slope = recipe->slope;
    layer.gain = recipe->gain;
    layer.mean = recipe->mean;
    layer.zero = recipe->zero;
    layer.orthogonal = recipe->orthogonal;
    if (detinit_mode_takes_std(scheme))
        layer.std = recipe->std;
    return layer;
}

detinit_propagation signal_request(const settings *s, detinit_mode scheme)
{
    const detinit_recipe layer = recipe_of_layers(&s->recipe, scheme);
    detinit_propagation request = detinit_propagation_of(&layer);
    request.width = (size_t)s->signal.width;
    request.depth = (size_t)s->signal.depth;
    request.batch = (size_t)s->signal.inputs;
    request.activation = s->signal.activation;
    request.sigma_b = s->signal.sigma_b;
    request.residual = s->signal.residual;
    request.normalization = s->signal.normalization;
    return request;
}

static bool layers_equal(const detinit_propagation *a, const detinit_propagation *b)
{
    return a->width == b->width && a->depth == b->depth && a->batch == b->batch &&
           a->activation == b->activation && a->residual == b->residual &&
           a->normalization == b->normalization;
}

bool signal_requests_equal(const detinit_propagation *a, const detinit_propagation *b)
{
    return layers_equal(a, b) && a->sigma_b == b->sigma_b && a->recipe.layer == b->recipe.layer &&
           a->recipe.seed == b->recipe.seed && detinit_recipe_equal(&a->recipe, &b->recipe);
}

bool signal_requests_near(const detinit_propagation *a, const detinit_propagation *b)
{
    detinit_propagation like = *a;
    like.sigma_b = b->sigma_b;
    like.recipe.std = b->recipe.std;
    like.recipe.gain = b->recipe.gain;
    like.recipe.seed = b->recipe.seed;
    like.recipe.layer = b->recipe.layer;
    return signal_requests_equal(&like, b);
}

/* ------------------------------------------------------------------ making */

static detinit_status measure(signal_data *d, const detinit_run *run, detinit_error *error)
{
    const detinit_propagation *p = &d->request;
    detinit_status status = DETINIT_INVALID;
    if (memory_allows("signal: layers of this width", detinit_propagation_memory(p), error))
        status = detinit_propagate(p, run, d->layers, error);
    if (status == DETINIT_OK)
        d->verdict = detinit_signal_verdict(d->layers, p->depth);
    return status;
}

/* What theory says, where it says anything. */
static detinit_status expect(signal_data *d, detinit_error *error)
{
    const detinit_propagation *p = &d->request;
    double sigma_w = NAN;
    detinit_status status = DETINIT_INVALID;
    if (detinit_recipe_sigma_w(&p->recipe, p->width, &sigma_w))
        status = detinit_predict(p, d->expected, error);
    if (status == DETINIT_NO_MEMORY)
        return status;
    const bool known = status == DETINIT_OK;
    d->field = (detinit_mean_field){sigma_w, p->sigma_b, NAN, NAN, NAN, NAN, NAN, 0};
    d->has_phase = known && !p->residual && p->normalization == DETINIT_NORMALIZATION_NONE;
    if (d->has_phase)
        d->field = detinit_mean_field_at(p->activation, sigma_w, p->sigma_b);
    if (known)
        return DETINIT_OK;
    free(d->expected);
    d->expected = NULL;
    return DETINIT_OK;
}

static detinit_status fill(signal_data *d, const detinit_run *run, detinit_error *error)
{
    detinit_status status = detinit_propagation_check(&d->request, error);
    if (status == DETINIT_OK) {
        d->layers = calloc(d->request.depth, sizeof *d->layers);
        d->expected = calloc(d->request.depth, sizeof *d->expected);
        if (d->layers == NULL || d->expected == NULL)
            return error_set(error, DETINIT_NO_MEMORY, "not enough memory for %zu layers",
                             d->request.depth);
        status = measure(d, run, error);
    }
    if (status == DETINIT_OK)
        status = expect(d, error);
    if (status != DETINIT_INVALID)
        return status;
    snprintf(d->refusal, sizeof d->refusal, "%.190s", error->message);
    return DETINIT_OK;
}

detinit_status signal_data_make(const detinit_propagation *request, const detinit_run *run,
                                signal_data **out, detinit_error *error)
{
    signal_data *d = calloc(1, sizeof *d);
    if (d == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for layers");
    d->request = *request;
    const detinit_status status = fill(d, run, error);
    if (status == DETINIT_OK)
        *out = d;
    else
        signal_data_free(d);
    return status;
}

void signal_data_free(signal_data *d)
{
    if (d == NULL)
        return;
    free(d->layers);
    free(d->expected);
    free(d);
}

/* ------------------------------------------------------------------- words */

size_t signal_layers_shown(size_t depth, size_t most, size_t *shown)
{
    static const size_t rounds[] = {1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500};
    const size_t last = sizeof rounds / sizeof rounds[0] - 1;
    size_t n = 0, count = 0;
    while (n < last && (depth - 1) / rounds[n] + 1 + (rounds[n] > 1) > most)
        n++;
    if (most > 0)
        shown[count++] = 0;
    for (size_t layer = rounds[n]; layer < depth && count + 1 < most; layer += rounds[n])
        if (layer > 1)
            shown[count++] = layer - 1;
    if (depth > 1 && count < most)
        shown[count++] = depth - 1;
    return count;
}

const char *signal_phase(const signal_data *d)
{
    return d->has_phase ? detinit_phase_name(d->field.phase) : "";
}

bool signal_saturates(detinit_activation activation)
{
    return activation == DETINIT_TANH || activation == DETINIT_SIGMOID;
}

const char *signal_layers_text(const settings *s, bool ascii, char *buffer, size_t size)
{
    const signal_settings *asked = &s->signal;
    char sigma_b[40] = "", value[24];
    if (asked->sigma_b > 0)
        snprintf(sigma_b, sizeof sigma_b, ", %s %s", ascii ? "sigma_b" : "σ_b",
                 option_text(s, &options[OPTION_SIGMA_B], value, sizeof value));
    snprintf(buffer, size, "%s, %llu layer%s of %llu, %llu input%s%s%s%s",
             detinit_activation_name(asked->activation), (unsigned long long)asked->depth,
             asked->depth == 1 ? "" : "s", (unsigned long long)asked->width,
             (unsigned long long)asked->inputs, asked->inputs == 1 ? "" : "s", sigma_b,
             asked->residual ? ", residual" : "",
             asked->normalization == DETINIT_NORMALIZATION_LAYER ? ", layer norm" : "");
    return buffer;
}
