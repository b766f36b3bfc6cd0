/* The schemes: what the mode of a recipe means. */
#include "matrix/scheme.h"

#include "base/strict.h"

/* All that is known of a scheme: a new one is a row here and a line of detinit_mode. */
static const struct scheme_row {
    name_row names;
    char mark;
    const char *formula, *purpose;
    /* std = sqrt(numerator / (in_share * fan_in + out_share * fan_out)); 0: the recipe's own */
    double numerator, in_share, out_share;
    detinit_dist dist;
    double orthogonal_gain;
} schemes[DETINIT_MODE_COUNT] = {
    [DETINIT_HE] = {.names = {.name = "he", .alias = "kaiming"},
                    .mark = 'h',
                    .formula = "sqrt(2 / fan_in)",
                    .purpose = "ReLU, SiLU, GELU",
                    .numerator = 2,
                    .in_share = 1,
                    .dist = DETINIT_DIST_NORMAL,
                    .orthogonal_gain = 0x1.6a09e667f3bcdp+0 /* sqrt(2) */},
    [DETINIT_XAVIER] = {.names = {.name = "xavier", .alias = "glorot"},
                        .mark = 'x',
                        .formula = "sqrt(2 / (fan_in + fan_out))",
                        .purpose = "tanh, sigmoid",
                        .numerator = 2,
                        .in_share = 1,
                        .out_share = 1,
                        .dist = DETINIT_DIST_NORMAL,
                        .orthogonal_gain = 1},
    [DETINIT_LECUN] = {.names = {.name = "lecun"},
                       .mark = 'l',
                       .formula = "sqrt(1 / fan_in)",
                       .purpose = "SELU, attention projections",
                       .numerator = 1,
                       .in_share = 1,
                       .dist = DETINIT_DIST_NORMAL,
                       .orthogonal_gain = 1},
    [DETINIT_TORCH] = {.names = {.name = "torch"},
                       .mark = 't',
                       .formula = "sqrt(1 / (3 fan_in))",
                       .purpose = "the start of PyTorch's nn.Linear, nn.Conv2d",
                       .numerator = 1,
                       .in_share = 3,
                       .dist = DETINIT_DIST_UNIFORM,
                       .orthogonal_gain = 1},
    [DETINIT_NORMAL] = {.names = {.name = "normal"},
                        .mark = 'n',
                        .formula = "the value of std",
                        .purpose = "GPT-style layers, 0.02",
                        .dist = DETINIT_DIST_NORMAL,
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

bool detinit_mode_takes_std(detinit_mode mode)
{
    const struct scheme_row *scheme = scheme_of(mode);
    return scheme != NULL && scheme->numerator == 0;
}

detinit_dist detinit_recipe_dist(const detinit_recipe *r)
{
    return r->dist == DETINIT_DIST_OF_MODE ? schemes[r->mode].dist : r->dist;
}

double detinit_recipe_orthogonal_gain(const detinit_recipe *r)
{
    return schemes[r->mode].orthogonal_gain * r->gain;
}

bool detinit_recipe_variance(const detinit_recipe *r, double *numerator, double *denominator)
{
    const struct scheme_row *scheme = &schemes[r->mode];
    if (detinit_mode_takes_std(r->mode))
        return false;
    *numerator = scheme->numerator;
    *denominator =
        scheme->in_share * detinit_recipe_fan_in(r) + scheme->out_share * detinit_recipe_fan_out(r);
    return true;
}

double detinit_recipe_std(const detinit_recipe *r)
{
    double numerator, denominator;
    if (r->orthogonal) {
        uint64_t longer = r->shape[0] > r->shape[1] ? r->shape[0] : r->shape[1];
        return detinit_recipe_orthogonal_gain(r) / __builtin_sqrt((double)longer);
    }
    if (!detinit_recipe_variance(r, &numerator, &denominator))
        return r->std * r->gain;
    return __builtin_sqrt(numerator / denominator) * r->gain;
}
