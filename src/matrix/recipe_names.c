/* What the choices of recipes are called, but for modes and distributions. */
#include "matrix/recipe_names.h"
#include "base/plain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const name_row axes[DETINIT_AXIS_COUNT] = {
    [DETINIT_FAN_IN_COLS] = {.name = "cols", .unspoken = "columns"},
    [DETINIT_FAN_IN_ROWS] = {.name = "rows"},
};

static const name_row fan_modes[DETINIT_FAN_MODE_COUNT] = {
    [DETINIT_FAN_MODE_IN] = {.name = "fan_in"},
    [DETINIT_FAN_MODE_OUT] = {.name = "fan_out"},
    [DETINIT_FAN_MODE_AVG] = {.name = "fan_avg", .unspoken = "avg"},
};

static const name_row nonlinearities[DETINIT_NONLINEARITY_COUNT] = {
    [DETINIT_NONLINEARITY_OF_MODE] = {.name = "default"},
    [DETINIT_NONLINEARITY_LINEAR] = {.name = "linear", .alias = "conv", .unspoken = "identity"},
    [DETINIT_NONLINEARITY_SIGMOID] = {.name = "sigmoid"},
    [DETINIT_NONLINEARITY_TANH] = {.name = "tanh"},
    [DETINIT_NONLINEARITY_RELU] = {.name = "relu"},
    [DETINIT_NONLINEARITY_LEAKY_RELU] = {.name = "leaky_relu"},
    [DETINIT_NONLINEARITY_SELU] = {.name = "selu"},
};

const name_table axis_names = NAME_TABLE(axes);
const name_table fan_mode_names = NAME_TABLE(fan_modes);
const name_table nonlinearity_names = NAME_TABLE(nonlinearities);

const char *detinit_axis_name(detinit_axis axis)
{
    return names_name(&axis_names, (int)axis);
}

const char *detinit_axis_alias(detinit_axis axis)
{
    return names_alias(&axis_names, (int)axis);
}

bool detinit_axis_parse(const char *name, detinit_axis *axis)
{
    int value;
    if (!names_find(&axis_names, name, &value))
        return false;
    *axis = (detinit_axis)value;
    return true;
}

const char *detinit_fan_mode_name(detinit_fan_mode fan_mode)
{
    return names_name(&fan_mode_names, (int)fan_mode);
}

bool detinit_fan_mode_parse(const char *name, detinit_fan_mode *fan_mode)
{
    int value;
    if (!names_find(&fan_mode_names, name, &value))
        return false;
    *fan_mode = (detinit_fan_mode)value;
    return true;
}

const char *detinit_nonlinearity_name(detinit_nonlinearity nonlinearity)
{
    return names_name(&nonlinearity_names, (int)nonlinearity);
}

/* All of a text, as a finite number; with a point, whatever the locale of the program. */
static bool slope_of(const char *text, double *slope)
{
    char *end;
    *slope = plain_read(text, &end);
    return end != text && *end == '\0' && isfinite(*slope);
}

bool detinit_nonlinearity_parse(const char *text, detinit_nonlinearity *nonlinearity, double *slope)
{
    char name[32];
    int value;
    double after = RECIPE_SLOPE;
    const char *colon = strchr(text, ':');
    const size_t length = colon != NULL ? (size_t)(colon - text) : strlen(text);
    if (length >= sizeof name)
        return false;
    memcpy(name, text, length);
    name[length] = '\0';
    if (!names_find(&nonlinearity_names, name, &value))
        return false;
    if (colon != NULL && (value != DETINIT_NONLINEARITY_LEAKY_RELU || !slope_of(colon + 1, &after)))
        return false;
    *nonlinearity = (detinit_nonlinearity)value;
    *slope = after;
    return true;
}
