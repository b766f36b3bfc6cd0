#include "describe/theory.h"

#include "detinit_describe.h"
#include "number/dist.h"
#include <float.h>
#include <math.h>

#define SQRT_HALF        0.70710678118654752440
#define INVERSE_SQRT_2PI 0.39894228040143267794

/* What follows from where truncated normals are cut, TRUNCATED_AT. */
#define CUT         TRUNCATED_AT
#define CUT_OUTSIDE 0.022750131948179207200 /* P(Z < -2) */
#define CUT_KEPT    0.95449973610364158560  /* P(|Z| <= 2) */

/* The farthest normal draw: sqrt(-2 ln 1e-12), rounded up. */
#define NORMAL_REACH 7.4339

/* ----------------------------------------------------------------- normal */

static double normal_density(const struct theory *theory, double x)
{
    (void)theory;
    return INVERSE_SQRT_2PI * exp(-0.5 * x * x);
}

static double normal_lower_tail(const struct theory *theory, double x)
{
    (void)theory;
    return 0.5 * erfc(-x * SQRT_HALF);
}

/*
 * Newton's method on ln P(Z <= x), which is concave: from the left of the root
 * it rises to it without overshooting.  The start is such a point, since
 * P(Z <= -t) <= exp(-t^2 / 2) / 2.
 */
static double normal_tail_quantile(const struct theory *theory, double p)
{
    double x = -sqrt(-2 * log(2 * p));
    for (int step = 0; step < 64; step++) {
        double tail = normal_lower_tail(theory, x);
        double rise = -log(tail / p) * tail / normal_density(theory, x);
        if (!(fabs(rise) > 1e-16 * fabs(x)) || !isfinite(rise))
            break;
        x += rise;
    }
    return x < 0 ? x : 0;
}

static void normal_moments(const struct theory *theory, double moments[THEORY_MOMENTS])
{
    (void)theory;
    moments[0] = 1;
    for (int k = 1; k < THEORY_MOMENTS; k++)
        moments[k] = moments[k - 1] * (2 * k - 1);
}

static const theory_family normal_family = {.density = normal_density,
                                            .lower_tail = normal_lower_tail,
                                            .tail_quantile = normal_tail_quantile,
                                            .moments = normal_moments,
                                            .reach = NORMAL_REACH,
                                            .endless = true};

/* ---------------------------------------------------------------- uniform */

static double uniform_density(const struct theory *theory, double x)
{
    (void)theory;
    return fabs(x) <= 1 ? 0.5 : 0;
}

static double uniform_lower_tail(const struct theory *theory, double x)
{
    (void)theory;
    return x > -1 ? 0.5 * (1 + x) : 0;
}

static double uniform_tail_quantile(const struct theory *theory, double p)
{
    (void)theory;
    return 2 * p - 1;
}

static void uniform_moments(const struct theory *theory, double moments[THEORY_MOMENTS])
{
    double power = 1;
    (void)theory;
    for (int k = 0; k < THEORY_MOMENTS; k++, power *= 3)
        moments[k] = power / (2 * k + 1);
}

static double uniform_characteristic(double t)
{
    return t == 0 ? 1 : sin(t) / t;
}

static const theory_family uniform_family = {.density = uniform_density,
                                             .lower_tail = uniform_lower_tail,
                                             .tail_quantile = uniform_tail_quantile,
                                             .moments = uniform_moments,
                                             .characteristic = uniform_characteristic,
                                             .reach = 1};

/* -------------------------------------------------------------- truncated */

static double truncated_density(const struct theory *theory, double x)
{
    return fabs(x) <= CUT ? normal_density(theory, x) / CUT_KEPT : 0;
}

static double truncated_lower_tail(const struct theory *theory, double x)
{
    return x > -CUT ? (normal_lower_tail(theory, x) - CUT_OUTSIDE) / CUT_KEPT : 0;
}

static double truncated_tail_quantile(const struct theory *theory, double p)
{
    double x = normal_tail_quantile(theory, CUT_OUTSIDE + p * CUT_KEPT);
    return x > -CUT ? x : -CUT;
}

/* By parts: E Z^(2k) = (2k - 1) E Z^(2k - 2) - 2 c^(2k - 1) phi(c) / P(|Z| <= c). */
static void truncated_moments(const struct theory *theory, double moments[THEORY_MOMENTS])
{
    double edge = 2 * normal_density(theory, CUT) / CUT_KEPT;
    double power = CUT, scale = 1, moment = 1;
    moments[0] = 1;
    for (int k = 1; k < THEORY_MOMENTS; k++, power *= CUT * CUT) {
        moment = (2 * k - 1) * moment - power * edge;
        scale *= TRUNCATED_STD * TRUNCATED_STD;
        moments[k] = moment / scale;
    }
}

/*
 * Simpson's rule for the integral of 2 cos(t z) over the half that is not
 * negative.  Cosine and density go from step to step by multiplication.
 */
static double truncated_characteristic(double t)
{
    const int steps = 256;
    const double width = CUT / steps, c = cos(t * width), s = sin(t * width);
    const double shrink = exp(-width * width);
    double cosine = 1, sine = 0, density = 1, ratio = sqrt(shrink), sum = 1;
    for (int k = 1; k <= steps; k++) {
        double turned = cosine * c - sine * s;
        sine = sine * c + cosine * s;
        cosine = turned;
        density *= ratio;
        ratio *= shrink;
        sum += (k == steps ? 1 : k % 2 == 1 ? 4 : 2) * cosine * density;
    }
    return 2 * INVERSE_SQRT_2PI / CUT_KEPT * sum * width / 3;
}

static const theory_family truncated_family = {.density = truncated_density,
                                               .lower_tail = truncated_lower_tail,
                                               .tail_quantile = truncated_tail_quantile,
                                               .moments = truncated_moments,
                                               .characteristic = truncated_characteristic,
                                               .reach = CUT};

/* -------------------------------------------------------------- of recipes */

/* What theory knows of each distribution: its family, and that one's unit in standard deviations.
 */
static const struct {
    const theory_family *family;
    double unit;
} drawn[DETINIT_DIST_COUNT] = {
    [DETINIT_DIST_NORMAL] = {&normal_family, 1},
    [DETINIT_DIST_UNIFORM] = {&uniform_family, SQRT_3},
    [DETINIT_DIST_TRUNCATED] = {&truncated_family, 1 / TRUNCATED_STD},
};

/* The weights of a slice that is made to sum to 0, or 1 where none is. */
static double slice_weights(const detinit_recipe *recipe)
{
    if (!recipe->zero_mean || recipe->rank != 4)
        return 1;
    return (double)recipe->shape[2] * (double)recipe->shape[3];
}

/* A recipe may ask for a std that binary64 cannot hold; its weights are then 0 or infinite. */
static double within_range(double std)
{
    return fmin(fmax(std, DBL_MIN * DBL_EPSILON), DBL_MAX);
}

struct theory theory_of(const detinit_recipe *recipe)
{
    struct theory theory = {.std = within_range(detinit_recipe_std(recipe))};
    double unit;
    if (recipe->orthogonal) {
        uint64_t rows = detinit_recipe_rows(recipe), cols = detinit_recipe_cols(recipe);
        theory.family = &theory_orthogonal_entry;
        theory.side = (double)(rows > cols ? rows : cols);
        unit = sqrt(theory.side);
    } else {
        detinit_dist dist = detinit_recipe_dist(recipe);
        theory.family = drawn[dist].family;
        unit = drawn[dist].unit;
    }
    theory.unit = unit * theory.std;
    theory.reach = unit * theory.family->reach;
    theory.family->moments(&theory, theory.moments);
    theory.square_variance = theory.moments[2] - 1;
    if (slice_weights(recipe) > 1)
        theory_restrict_to_slices(&theory, slice_weights(recipe));
    return theory;
}

double theory_pdf(const struct theory *theory, double weight)
{
    return theory->family->density(theory, weight / theory->unit) / theory->unit;
}

double theory_cdf(const struct theory *theory, double weight)
{
    double x = weight / theory->unit;
    if (x <= 0)
        return theory->family->lower_tail(theory, x);
    if (theory->side == 1 && x >= 1) /* a step, not symmetric where it steps */
        return 1;
    return 1 - theory->family->lower_tail(theory, -x);
}

double theory_quantile(const struct theory *theory, double p)
{
    if (isnan(p) || p < 0 || p > 1)
        return NAN;
    if (p == 0)
        return theory->family->endless ? -INFINITY : -theory->std * theory->reach;
    if (p > 0.5)
        return -theory_quantile(theory, 1 - p);
    return theory->unit * theory->family->tail_quantile(theory, p);
}

double theory_between(const struct theory *theory, double from, double to)
{
    if (from >= 0)
        return theory_between(theory, -to, -from);
    return theory_cdf(theory, to) - theory_cdf(theory, from);
}

double detinit_theory_pdf(const detinit_recipe *recipe, double weight)
{
    struct theory theory = theory_of(recipe);
    return theory_pdf(&theory, weight);
}

double detinit_theory_cdf(const detinit_recipe *recipe, double weight)
{
    struct theory theory = theory_of(recipe);
    return theory_cdf(&theory, weight);
}

double detinit_theory_quantile(const detinit_recipe *recipe, double p)
{
    struct theory theory = theory_of(recipe);
    return theory_quantile(&theory, p);
}
