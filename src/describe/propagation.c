/* What can be asked of a propagation, and the words for what it shows. */
#include "detinit_describe.h"

#include "base/error.h"
#include "base/names.h"
#include "describe/layer.h"

#include <math.h>

static const char *const normalizations[DETINIT_NORMALIZATION_COUNT] = {
    [DETINIT_NORMALIZATION_NONE] = "none",
    [DETINIT_NORMALIZATION_LAYER] = "layer",
};

const name_table normalization_names = NAME_TABLE(normalizations);

const char *detinit_normalization_name(detinit_normalization normalization)
{
    return names_name(&normalization_names, (int)normalization);
}

bool detinit_normalization_parse(const char *name, detinit_normalization *normalization)
{
    int value;
    if (!names_find(&normalization_names, name, &value))
        return false;
    *normalization = (detinit_normalization)value;
    return true;
}

detinit_propagation detinit_propagation_of(const detinit_recipe *recipe)
{
    return (detinit_propagation){
        .recipe = *recipe,
        .width = 256,
        .depth = 50,
        .batch = 64,
        .activation = DETINIT_RELU,
    };
}

detinit_status detinit_propagation_check(const detinit_propagation *request, detinit_error *error)
{
    const struct {
        const char *what;
        size_t value, most;
    } sizes[] = {{"a width", request->width, DETINIT_SIGNAL_MOST_WIDTH},
                 {"a depth", request->depth, DETINIT_SIGNAL_MOST_DEPTH},
                 {"a batch", request->batch, DETINIT_SIGNAL_MOST_BATCH}};
    detinit_recipe layer;
    for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++)
        if (sizes[n].value < 1 || sizes[n].value > sizes[n].most)
            return error_set(error, DETINIT_INVALID, "expected %s of 1 to %zu, got %zu",
                             sizes[n].what, sizes[n].most, sizes[n].value);
    if (detinit_activation_name(request->activation) == NULL)
        return error_set(error, DETINIT_INVALID, "no activation has the number %d",
                         (int)request->activation);
    if (!isfinite(request->sigma_b) || request->sigma_b < 0)
        return error_set(error, DETINIT_INVALID, "expected a finite sigma_b of 0 or more, got %g",
                         request->sigma_b);
    if (detinit_normalization_name(request->normalization) == NULL)
        return error_set(error, DETINIT_INVALID, "no normalization has the number %d",
                         (int)request->normalization);
    return layer_recipe(&request->recipe, request->width, request->width, &layer, error);
}

/* ------------------------------------------------------------------- words */

static const struct fate_row {
    name_row names;
    double least; /* ratio, up to another row's */
} fates[DETINIT_FATE_COUNT] = {
    [DETINIT_FATE_HOLDS] = {{.name = "holds"}, 0.1},
    [DETINIT_FATE_FADES] = {{.name = "fades"}, 1e-4},
    [DETINIT_FATE_GONE] = {{.name = "gone"}, 0},
    [DETINIT_FATE_EXPLODES] = {{.name = "explodes"}, 5},
};

static const name_table fate_names = NAME_TABLE(fates);

const char *detinit_fate_name(detinit_fate fate)
{
    return names_name(&fate_names, (int)fate);
}

detinit_fate detinit_fate_of(double ratio)
{
    detinit_fate found = DETINIT_FATE_GONE;
    if (isnan(ratio))
        return DETINIT_FATE_EXPLODES;
    for (int n = 0; n < DETINIT_FATE_COUNT; n++)
        if (ratio >= fates[n].least && fates[n].least > fates[found].least)
            found = (detinit_fate)n;
    return found;
}

/* What began as nothing stays nothing. */
static double ratio_of(double last, double first)
{
    return last == 0 ? 0 : last / first;
}

/* Layers of no signal or no gradient are farthest from 1. */
static double distance_from_1(double ratio)
{
    return isnan(ratio) ? INFINITY : fabs(log(ratio));
}

detinit_verdict detinit_signal_verdict(const detinit_signal_layer *layers, size_t depth)
{
    detinit_verdict v = {.signal_ratio = ratio_of(layers[depth - 1].std, layers[0].std),
                         .gradient_ratio =
                             ratio_of(layers[0].gradient, layers[depth - 1].gradient)};
    v.signal = detinit_fate_of(v.signal_ratio);
    v.gradient = detinit_fate_of(v.gradient_ratio);
    v.both =
        distance_from_1(v.signal_ratio) > distance_from_1(v.gradient_ratio) ? v.signal : v.gradient;
    if (v.both == DETINIT_FATE_HOLDS) /* 1/9 does, and is farther from 1 than 6, which does not */
        v.both = v.signal != DETINIT_FATE_HOLDS ? v.signal : v.gradient;
    return v;
}
