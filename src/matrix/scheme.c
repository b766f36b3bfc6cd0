/* The schemes: what the mode of a recipe means. */
#include "matrix/scheme.h"

#include "base/strict.h"

#include <stdio.h>

#define SQRT_2 0x1.6a09e667f3bcdp+0

/* All that is known of a scheme: a new one is a row here and a line of detinit_mode. */
static const struct scheme_row {
    name_row names;
    char mark;
    const char *formula, *purpose;
    bool drawn;
    /*
     * std = sqrt(numerator / (share * fan)) with the fan that the recipe's fan mode picks, or
     * sqrt(numerator / (fan_in + fan_out)) where it has no say; 0: the recipe's own std
     */
    double numerator, share;
    bool of_both_fans;
    double numerator_of_nonlinearity; /* in the place of the numerator where one is given */
    detinit_dist dist;
    double orthogonal_gain;
} schemes[DETINIT_MODE_COUNT] = {
    [DETINIT_HE] = {.names = {.name = "he", .alias = "kaiming"},
                    .mark = 'h',
                    .formula = "sqrt(2 / fan_in)",
                    .purpose = "ReLU, SiLU, GELU",
                    .drawn = true,
                    .numerator = 2,
                    .numerator_of_nonlinearity = 1,
                    .share = 1,
                    .dist = DETINIT_DIST_NORMAL,
                    .orthogonal_gain = SQRT_2},
    [DETINIT_XAVIER] = {.names = {.name = "xavier", .alias = "glorot"},
                        .mark = 'x',
                        .formula = "sqrt(2 / (fan_in + fan_out))",
                        .purpose = "tanh, sigmoid",
                        .drawn = true,
                        .numerator = 2,
                        .numerator_of_nonlinearity = 2,
                        .of_both_fans = true,
                        .dist = DETINIT_DIST_NORMAL,
                        .orthogonal_gain = 1},
    [DETINIT_LECUN] = {.names = {.name = "lecun"},
                       .mark = 'l',
                       .formula = "sqrt(1 / fan_in)",
                       .purpose = "SELU, attention projections",
                       .drawn = true,
                       .numerator = 1,
                       .numerator_of_nonlinearity = 1,
                       .share = 1,
                       .dist = DETINIT_DIST_NORMAL,
                       .orthogonal_gain = 1},
    [DETINIT_TORCH] = {.names = {.name = "torch"},
                       .mark = 't',
                       .formula = "sqrt(1 / (3 fan_in))",
                       .purpose = "the start of PyTorch's nn.Linear, nn.Conv2d",
                       .drawn = true,
                       .numerator = 1,
                       .numerator_of_nonlinearity = 1,
                       .share = 3,
                       .dist = DETINIT_DIST_UNIFORM,
                       .orthogonal_gain = 1},
    [DETINIT_NORMAL] = {.names = {.name = "normal"},
                        .mark = 'n',
                        .formula = "the value of std",
                        .purpose = "GPT-style layers, 0.02",
                        .drawn = true,
                        .dist = DETINIT_DIST_NORMAL,
                        .orthogonal_gain = 1},
    [DETINIT_CONSTANT] = {.names = {.name = "constant"},
                          .mark = 'c',
                          .formula = "the value of value",
                          .purpose = "biases, norms"},
    [DETINIT_IDENTITY] = {.names = {.name = "identity", .alias = "eye"},
                          .mark = 'i',
                          .formula = "gain where row equals column, else 0",
                          .purpose = "recurrent layers of ReLU"},
    [DETINIT_DIRAC] = {.names = {.name = "dirac"},
                       .mark = 'd',
                       .formula = "gain at the centre where out equals in, else 0",
                       .purpose = "convolutions that start as the identity"},
    [DETINIT_DELTA_ORTHOGONAL] = {.names = {.name = "delta_orthogonal"},
                                  .mark = 'o',
                                  .formula = "orthogonal at the centre, else 0",
                                  .purpose = "very deep convolutional networks",
                                  .orthogonal_gain = 1},
};

const name_table mode_names = NAME_TABLE(schemes);

/* NULL where there is no such mode. */
static const struct scheme_row *scheme_of(detinit_mode mode)
{
    return (unsigned)mode < DETINIT_MODE_COUNT ? &schemes[mode] : NULL;
}

const char *detinit_mode_name(detinit_mode mode)
{
    return names_name(&mode_names, (int)mode);
}

const char *detinit_mode_alias(detinit_mode mode)
{
    return names_alias(&mode_names, (int)mode);
}

bool detinit_mode_parse(const char *name, detinit_mode *mode)
{
    int value;
    if (!names_find(&mode_names, name, &value))
        return false;
    *mode = (detinit_mode)value;
    return true;
}

const char *detinit_mode_purpose(detinit_mode mode)
{
    const struct scheme_row *scheme = scheme_of(mode);
    return scheme != NULL ? scheme->purpose : NULL;
}

const char *detinit_mode_formula(detinit_mode mode)
{
    const struct scheme_row *scheme = scheme_of(mode);
    return scheme != NULL ? scheme->formula : NULL;
}

char detinit_mode_mark(detinit_mode mode)
{
    const struct scheme_row *scheme = scheme_of(mode);
    return scheme != NULL ? scheme->mark : '\0';
}

bool detinit_mode_is_drawn(detinit_mode mode)
{
    const struct scheme_row *scheme = scheme_of(mode);
    return scheme != NULL && scheme->drawn;
}

bool detinit_mode_takes_std(detinit_mode mode)
{
    const struct scheme_row *scheme = scheme_of(mode);
    return scheme != NULL && scheme->drawn && scheme->numerator == 0;
}

bool scheme_takes_fan_mode(detinit_mode mode)
{
    const struct scheme_row *scheme = scheme_of(mode);
    return scheme != NULL && scheme->share > 0;
}

const char *scheme_names_with(bool (*has)(detinit_mode mode), const char *join, char *buffer,
                              size_t size)
{
    size_t length = 0;
    int all = 0, told = 0;
    buffer[0] = '\0';
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT; mode++)
        all += has((detinit_mode)mode);
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT && length < size; mode++) {
        if (!has((detinit_mode)mode))
            continue;
        length += (size_t)snprintf(buffer + length, size - length, "%s%s",
                                   names_before(told++, all, join),
                                   detinit_mode_name((detinit_mode)mode));
    }
    return buffer;
}

detinit_dist detinit_recipe_dist(const detinit_recipe *r)
{
    return r->dist == DETINIT_DIST_OF_MODE ? schemes[r->mode].dist : r->dist;
}

bool detinit_recipe_is_drawn(const detinit_recipe *r)
{
    return detinit_mode_is_drawn(r->mode) && !r->orthogonal && r->part_count == 0;
}

/* ----------------------------------------------------------------- factors */

double detinit_recipe_nonlinearity_gain(const detinit_recipe *r)
{
    switch (r->nonlinearity) {
    case DETINIT_NONLINEARITY_TANH:
        return 5.0 / 3.0;
    case DETINIT_NONLINEARITY_RELU:
        return SQRT_2;
    case DETINIT_NONLINEARITY_LEAKY_RELU:
        return __builtin_sqrt(2.0 / (1.0 + r->slope * r->slope));
    case DETINIT_NONLINEARITY_SELU:
        return 0.75;
    default:
        return 1;
    }
}

/* he is relu's: `he` with relu is he to the bit. */
static bool nonlinearity_is_given(const detinit_recipe *r)
{
    return r->nonlinearity != DETINIT_NONLINEARITY_OF_MODE &&
           !(r->mode == DETINIT_HE && r->nonlinearity == DETINIT_NONLINEARITY_RELU);
}

double detinit_recipe_orthogonal_gain(const detinit_recipe *r)
{
    const double of_scheme = nonlinearity_is_given(r) ? detinit_recipe_nonlinearity_gain(r)
                                                      : schemes[r->mode].orthogonal_gain;
    return of_scheme * r->gain;
}

static double fan_of_mode(const detinit_recipe *r)
{
    switch (r->fan_mode) {
    case DETINIT_FAN_MODE_OUT:
        return detinit_recipe_fan_out(r);
    case DETINIT_FAN_MODE_AVG:
        return (detinit_recipe_fan_in(r) + detinit_recipe_fan_out(r)) / 2.0;
    default:
        return detinit_recipe_fan_in(r);
    }
}

bool detinit_recipe_variance(const detinit_recipe *r, double *numerator, double *denominator)
{
    const struct scheme_row *scheme = &schemes[r->mode];
    if (scheme->numerator == 0 || r->part_count > 0)
        return false;
    *numerator = nonlinearity_is_given(r) ? scheme->numerator_of_nonlinearity : scheme->numerator;
    *denominator = scheme->of_both_fans ? detinit_recipe_fan_in(r) + detinit_recipe_fan_out(r)
                                        : scheme->share * fan_of_mode(r);
    return true;
}

/* ---------------------------------------------------------------------- std */

static double std_of_orthogonal(const detinit_recipe *r)
{
    uint64_t rows, cols;
    detinit_recipe_layer_shape(r, &rows, &cols);
    return detinit_recipe_orthogonal_gain(r) / __builtin_sqrt((double)(rows > cols ? rows : cols));
}

static double std_of_draws(const detinit_recipe *r)
{
    double numerator, denominator, std = r->std;
    if (detinit_recipe_variance(r, &numerator, &denominator))
        std = __builtin_sqrt(numerator / denominator);
    if (nonlinearity_is_given(r))
        std = std * detinit_recipe_nonlinearity_gain(r);
    return std * r->gain;
}

static double std_of_fused(const detinit_recipe *r)
{
    double squares = 0, all = 0;
    for (size_t n = 0; n < r->part_count; n++) {
        const double share = (double)r->parts[n].shape[r->part_axis],
                     std = detinit_recipe_std(&r->parts[n]);
        squares += share * (std * std);
        all += share;
    }
    return all > 0 ? __builtin_sqrt(squares / all) : 0;
}

double detinit_recipe_std(const detinit_recipe *r)
{
    if (r->part_count > 0)
        return std_of_fused(r);
    if (!schemes[r->mode].drawn)
        return 0;
    return r->orthogonal ? std_of_orthogonal(r) : std_of_draws(r);
}
