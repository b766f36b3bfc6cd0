/* Normal, uniform and truncated draws, and what any law answers of them. */
#include "describe/law.h"

#include "number/dist.h"
#include <float.h>
#include <math.h>

#define SQRT_HALF        0.70710678118654752440
#define INVERSE_SQRT_2PI 0.39894228040143267794

/* What follows from where truncated normals are cut, TRUNCATED_AT, beside TRUNCATED_STD. */
#define CUT_OUTSIDE 0.022750131948179207200 /* P(Z < -2) */
#define CUT_KEPT    0.95449973610364158560  /* P(|Z| <= 2) */

/* The farthest normal draw: sqrt(-2 ln 1e-12), rounded up. */
#define NORMAL_REACH 7.4339

/* ----------------------------------------------------------------- normal */

static double normal_density(const struct law *law, double x)
{
    (void)law;
    return INVERSE_SQRT_2PI * exp(-0.5 * x * x);
}

static double normal_lower_tail(const struct law *law, double x)
{
    (void)law;
    return 0.5 * erfc(-x * SQRT_HALF);
}

/*
 * Newton's method on ln P(Z <= x), which is concave: from the left of the root
 * it rises to it without overshooting.  The start is such a point, since
 * P(Z <= -t) <= exp(-t^2 / 2) / 2.
 */
static double normal_tail_quantile(const struct law *law, double p)
{
    double x = -sqrt(-2 * log(2 * p));
    for (int step = 0; step < 64; step++) {
        double tail = normal_lower_tail(law, x);
        double rise = -log(tail / p) * tail / normal_density(law, x);
        if (!(fabs(rise) > 1e-16 * fabs(x)) || !isfinite(rise))
            break;
        x += rise;
    }
    return x < 0 ? x : 0;
}

static void normal_moments(struct law *law)
{
    law->moments[0] = 1;
    for (int k = 1; k < LAW_MOMENTS; k++)
        law->moments[k] = law->moments[k - 1] * (2 * k - 1);
}

static const law_family normal_family = {.density = normal_density,
                                         .lower_tail = normal_lower_tail,
                                         .tail_quantile = normal_tail_quantile,
                                         .moments = normal_moments,
                                         .endless = true};

/* ---------------------------------------------------------------- uniform */

static double uniform_density(const struct law *law, double x)
{
    (void)law;
    return fabs(x) <= 1 ? 0.5 : 0;
}

static double uniform_lower_tail(const struct law *law, double x)
{
    (void)law;
    return x > -1 ? 0.5 * (1 + x) : 0;
}

static double uniform_tail_quantile(const struct law *law, double p)
{
    (void)law;
    return 2 * p - 1;
}

static void uniform_moments(struct law *law)
{
    double power = 1;
    for (int k = 0; k < LAW_MOMENTS; k++, power *= 3)
        law->moments[k] = power / (2 * k + 1);
}

static double uniform_characteristic(const struct law *law, double t)
{
    (void)law;
    return t == 0 ? 1 : sin(t) / t;
}

static const law_family uniform_family = {.density = uniform_density,
                                          .lower_tail = uniform_lower_tail,
                                          .tail_quantile = uniform_tail_quantile,
                                          .moments = uniform_moments,
                                          .characteristic = uniform_characteristic};

/* -------------------------------------------------------------- truncated */

static void cut_at(struct law *law, double cut)
{
    law->cut = cut;
    if (cut == TRUNCATED_AT) {
        law->outside = CUT_OUTSIDE;
        law->kept = CUT_KEPT;
        law->cut_std = TRUNCATED_STD;
    } else {
        law->outside = normal_lower_tail(law, -cut);
        law->kept = erf(cut * SQRT_HALF);
        law->cut_std = sqrt(1 - 2 * cut * normal_density(law, cut) / law->kept);
    }
}

static double truncated_density(const struct law *law, double x)
{
    return fabs(x) <= law->cut ? normal_density(law, x) / law->kept : 0;
}

static double truncated_lower_tail(const struct law *law, double x)
{
    return x > -law->cut ? (normal_lower_tail(law, x) - law->outside) / law->kept : 0;
}

static double truncated_tail_quantile(const struct law *law, double p)
{
    double x = normal_tail_quantile(law, law->outside + p * law->kept);
    return x > -law->cut ? x : -law->cut;
}

/* By parts: E Z^(2k) = (2k - 1) E Z^(2k - 2) - 2 c^(2k - 1) phi(c) / P(|Z| <= c). */
static void truncated_moments(struct law *law)
{
    double edge = 2 * normal_density(law, law->cut) / law->kept;
    double power = law->cut, scale = 1, moment = 1;
    law->moments[0] = 1;
    for (int k = 1; k < LAW_MOMENTS; k++, power *= law->cut * law->cut) {
        moment = (2 * k - 1) * moment - power * edge;
        scale *= law->cut_std * law->cut_std;
        law->moments[k] = moment / scale;
    }
}

/*
 * Simpson's rule for the integral of 2 cos(t z) over the half that is not
 * negative.  Cosine and density go from step to step by multiplication.
 */
static double truncated_characteristic(const struct law *law, double t)
{
    const int steps = 256;
    const double width = law->cut / steps, c = cos(t * width), s = sin(t * width);
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
    return 2 * INVERSE_SQRT_2PI / law->kept * sum * width / 3;
}

static const law_family truncated_family = {.density = truncated_density,
                                            .lower_tail = truncated_lower_tail,
                                            .tail_quantile = truncated_tail_quantile,
                                            .moments = truncated_moments,
                                            .characteristic = truncated_characteristic};

/* -------------------------------------------------------------- of recipes */

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

/* Sets what follows from family, std and `unit`, which is in std; draws reach `reach` units. */
static void complete(struct law *law, double unit, double reach)
{
    law->reach = unit * reach;
    law->family->moments(law);
    law->square_variance = law->moments[2] - 1;
}

struct law law_of_draws(const detinit_recipe *recipe)
{
    struct law law = {.std = within_range(detinit_recipe_std(recipe)),
                      .slice = slice_weights(recipe)};
    double unit = 1, reach = NORMAL_REACH;
    switch (detinit_recipe_dist(recipe)) {
    case DETINIT_DIST_UNIFORM:
        law.family = &uniform_family;
        unit = SQRT_3;
        reach = 1;
        break;
    case DETINIT_DIST_TRUNCATED:
        law.family = &truncated_family;
        cut_at(&law, TRUNCATED_AT);
        unit = 1 / law.cut_std;
        reach = TRUNCATED_AT;
        break;
    case DETINIT_DIST_TRUNC_NORMAL: /* not divided: its std is less than the recipe's */
        law.family = &truncated_family;
        law.unit = law.std;
        cut_at(&law, recipe->cut);
        law.std = within_range(law.std * law.cut_std);
        unit = 1 / law.cut_std;
        reach = fmin(recipe->cut, NORMAL_REACH);
        break;
    default:
        law.family = &normal_family;
    }
    if (law.unit == 0)
        law.unit = unit * law.std;
    complete(&law, unit, reach);
    if (law.slice > 1)
        law_restrict_to_slices(&law);
    return law;
}

struct law law_of_orthogonal(double gain, double side)
{
    struct law law = {.family = &law_orthogonal_entry,
                      .std = within_range(gain / sqrt(side)),
                      .side = side,
                      .slice = 1};
    law.unit = sqrt(side) * law.std;
    complete(&law, sqrt(side), 1);
    return law;
}

bool law_equal(const struct law *a, const struct law *b)
{
    return a->family == b->family && a->centre == b->centre && a->unit == b->unit &&
           a->side == b->side && a->cut == b->cut && a->slice == b->slice;
}

/* ---------------------------------------------------------- about a centre */

double law_pdf(const struct law *law, double weight)
{
    return law->family->density(law, (weight - law->centre) / law->unit) / law->unit;
}

/* P(W - centre <= distance) */
static double cdf_from_centre(const struct law *law, double distance)
{
    double x = distance / law->unit;
    if (x <= 0)
        return law->family->lower_tail(law, x);
    return 1 - law->family->lower_tail(law, -x);
}

double law_cdf(const struct law *law, double weight)
{
    return cdf_from_centre(law, weight - law->centre);
}

/* The distance from the centre that the p-th part of all lies below. */
static double quantile_from_centre(const struct law *law, double p)
{
    if (p == 0)
        return law->family->endless ? -INFINITY : -law->std * law->reach;
    if (p > 0.5)
        return -quantile_from_centre(law, 1 - p);
    return law->unit * law->family->tail_quantile(law, p);
}

double law_quantile(const struct law *law, double p)
{
    return law->centre + quantile_from_centre(law, p);
}

double law_between(const struct law *law, double from, double to)
{
    double low = from - law->centre, high = to - law->centre;
    if (low >= 0)
        return cdf_from_centre(law, -low) - cdf_from_centre(law, -high);
    return cdf_from_centre(law, high) - cdf_from_centre(law, low);
}
