/* Values and slopes of the activations, as PyTorch has them. */
#include "describe/activation.h"

#include <math.h>

#define SQRT_HALF        0.70710678118654752440
#define INVERSE_SQRT_2PI 0.39894228040143267794

#define LEAKY_SLOPE 0.01

/* Of the fixed point of mean 0 and variance 1 (Klambauer 2017). */
#define SELU_SCALE 1.0507009873554804934
#define SELU_ALPHA 1.6732632423543772848

/* tanh is DETINIT_SATURATED_FROM here; 2 sigmoid(x) - 1 = tanh(x / 2). */
#define TANH_SATURATED 2.0922957200349393568

/* What is no number stays none: a signal that overflowed does not end as 0. */
static double relu(double x, double *slope)
{
    *slope = x <= 0 ? 0 : 1;
    return x <= 0 ? 0 : x;
}

static double leaky_relu(double x, double *slope)
{
    *slope = x > 0 ? 1 : LEAKY_SLOPE;
    return x > 0 ? x : LEAKY_SLOPE * x;
}

/* x P(Z <= x) */
static double gelu(double x, double *slope)
{
    const double below = 0.5 * erfc(-x * SQRT_HALF);
    *slope = below + x * (INVERSE_SQRT_2PI * exp(-0.5 * x * x));
    return x * below;
}

/* 1 / (1 + e^-x) without a power that overflows; the slope keeps its digits on both sides. */
static double sigmoid(double x, double *slope)
{
    const double power = exp(-fabs(x)), sum = 1 + power;
    *slope = power / (sum * sum);
    return x < 0 ? power / sum : 1 / sum;
}

static double silu(double x, double *slope)
{
    double steepness;
    const double gate = sigmoid(x, &steepness);
    *slope = gate + x * steepness;
    return x * gate;
}

static double selu(double x, double *slope)
{
    const double bend = x > 0 ? x : SELU_ALPHA * expm1(x);
    *slope = SELU_SCALE * (x > 0 ? 1 : bend + SELU_ALPHA);
    return SELU_SCALE * bend;
}

static double hyperbolic_tangent(double x, double *slope)
{
    const double value = tanh(x);
    *slope = (1 - value) * (1 + value);
    return value;
}

static double linear(double x, double *slope)
{
    *slope = 1;
    return x;
}

const activation_row activation_rows[DETINIT_ACTIVATION_COUNT] = {
    [DETINIT_RELU] = {.names = {.name = "relu"},
                      .value = relu,
                      .low = 0,
                      .high = 4,
                      .saturated_from = INFINITY,
                      .bends_at_0 = true,
                      .below = 0},
    [DETINIT_TANH] = {.names = {.name = "tanh"},
                      .value = hyperbolic_tangent,
                      .low = -1,
                      .high = 1,
                      .saturated_from = TANH_SATURATED},
    [DETINIT_LEAKY_RELU] = {.names = {.name = "leaky_relu"},
                            .value = leaky_relu,
                            .low = -1,
                            .high = 4,
                            .saturated_from = INFINITY,
                            .bends_at_0 = true,
                            .below = LEAKY_SLOPE},
    [DETINIT_GELU] = {.names = {.name = "gelu"},
                      .value = gelu,
                      .low = -1,
                      .high = 4,
                      .saturated_from = INFINITY},
    [DETINIT_SILU] = {.names = {.name = "silu", .alias = "swish"},
                      .value = silu,
                      .low = -1,
                      .high = 4,
                      .saturated_from = INFINITY},
    [DETINIT_SELU] = {.names = {.name = "selu"},
                      .value = selu,
                      .low = -2,
                      .high = 4,
                      .saturated_from = INFINITY},
    [DETINIT_SIGMOID] = {.names = {.name = "sigmoid", .unspoken = "logistic"},
                         .value = sigmoid,
                         .low = 0,
                         .high = 1,
                         .saturated_from = 2 * TANH_SATURATED},
    [DETINIT_LINEAR] = {.names = {.name = "linear", .unspoken = "identity"},
                        .value = linear,
                        .low = -4,
                        .high = 4,
                        .saturated_from = INFINITY,
                        .bends_at_0 = true,
                        .below = 1},
};

const name_table activation_names = NAME_TABLE(activation_rows);

const char *detinit_activation_name(detinit_activation activation)
{
    return names_name(&activation_names, (int)activation);
}

bool detinit_activation_parse(const char *name, detinit_activation *activation)
{
    int value;
    if (!names_find(&activation_names, name, &value))
        return false;
    *activation = (detinit_activation)value;
    return true;
}

double detinit_activation_value(detinit_activation activation, double x)
{
    double slope;
    return activation_rows[activation].value(x, &slope);
}

double detinit_activation_slope(detinit_activation activation, double x)
{
    double slope;
    activation_rows[activation].value(x, &slope);
    return slope;
}

void detinit_activation_range(detinit_activation activation, double *low, double *high)
{
    *low = activation_rows[activation].low;
    *high = activation_rows[activation].high;
}
