#include "audit/judge.h"

#include "number/dist.h"
#include "number/dtype.h"
#include "base/plain.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define SQRT_HALF    0.70710678118654752440
#define LOG_SQRT_2PI 0.91893853320467274178
#define CUT_KEPT     0.95449973610364158560 /* P(|Z| <= 2) */
#define CUT_KURTOSIS 2.3655                 /* of a normal that is cut there */

/* Skewness and kurtosis are near enough to normal from so many weights on. */
#define SHAPE_FROM 100000

/* Generators' normals of 24 bits end sooner than the law; seen from so many weights on. */
#define TAILS_UNTIL 1e7

typedef enum family { FAMILY_NORMAL, FAMILY_UNIFORM, FAMILY_CUT, FAMILY_COUNT } family;

/* A law about 0: `unit` is the std of a normal, also before it is cut; half the width of a uniform.
 */
typedef struct shape {
    family family;
    double unit, std, kurtosis;
} shape;

/* What a tensor's weights, without those that are 0, are judged by. */
typedef struct evidence {
    double n, mean, square; /* the mean of squares */
    double farthest;        /* the largest |w| */
    double grain;           /* relative, of the storage type and of generators in it */
} evidence;

static shape shape_of(family f, double std)
{
    static const double unit[] = {1, SQRT_3, 1 / TRUNCATED_STD},
                        kurtosis[] = {3, 1.8, CUT_KURTOSIS};
    return (shape){f, std * unit[f], std, kurtosis[f]};
}

static shape shape_of_recipe(const detinit_recipe *r)
{
    const double std = detinit_recipe_std(r);
    switch (detinit_recipe_dist(r)) {
    case DETINIT_DIST_UNIFORM:
        return shape_of(FAMILY_UNIFORM, std);
    case DETINIT_DIST_TRUNCATED:
        return shape_of(FAMILY_CUT, std);
    case DETINIT_DIST_TRUNC_NORMAL:
        return shape_of(FAMILY_CUT, std * TRUNCATED_STD);
    default:
        return shape_of(FAMILY_NORMAL, std);
    }
}

/* --------------------------------------------------------------- likelihood */

static double log_likelihood(const shape *s, const evidence *e)
{
    const double beyond = e->farthest / s->unit / (1 + e->grain);
    const double normal = log(s->unit) + LOG_SQRT_2PI + e->square / (2 * s->unit * s->unit);
    switch (s->family) {
    case FAMILY_UNIFORM:
        return beyond > 1 ? -INFINITY : -e->n * log(2 * s->unit);
    case FAMILY_CUT:
        return beyond > TRUNCATED_AT ? -INFINITY : -e->n * (normal + log(CUT_KEPT));
    default:
        return -e->n * normal;
    }
}

/* -------------------------------------------------------------------- tests */

static double two_sided(double z)
{
    return erfc(fabs(z) * SQRT_HALF);
}

/*
 * The mean square over its expectation is nearly that of a chi square of 2 n / (kurtosis - 1)
 * degrees of freedom, whose cube root is nearly normal (Wilson and Hilferty 1931).
 */
static double p_of_std(const shape *s, const evidence *e)
{
    const double freedom = 2 * e->n / (s->kurtosis - 1), part = 2 / (9 * freedom);
    return two_sided((cbrt(e->square / (s->std * s->std)) - (1 - part)) / sqrt(part));
}

static double p_of_mean(const shape *s, const evidence *e)
{
    const double off = fabs(e->mean) - e->grain * s->unit;
    return off > 0 ? two_sided(off / (s->std / sqrt(e->n))) : 1;
}

/* P(|W| > x) of one weight. */
static double beyond(const shape *s, double x)
{
    const double tail = erfc(x / s->unit * SQRT_HALF);
    switch (s->family) {
    case FAMILY_UNIFORM:
        return fmax(0, 1 - x / s->unit);
    case FAMILY_CUT:
        return fmax(0, (tail - (1 - CUT_KEPT)) / CUT_KEPT);
    default:
        return tail;
    }
}

/* The chance that the largest of all is as small, or as large. */
static double p_of_farthest(const shape *s, const evidence *e)
{
    const double as_small = exp(e->n * log1p(-beyond(s, e->farthest * (1 + 2 * e->grain))));
    const double as_large = -expm1(e->n * log1p(-beyond(s, e->farthest / (1 + e->grain))));
    if (s->family != FAMILY_NORMAL)
        return as_small;
    return e->n > TAILS_UNTIL ? fmin(1, 2 * as_large) : 2 * fmin(as_small, as_large);
}

static bool is_ruled_out(const shape *s, const evidence *e, double level)
{
    return p_of_std(s, e) < level || p_of_mean(s, e) < level || p_of_farthest(s, e) < level;
}

double judge_shape(const struct theory *theory, const detinit_audit_tensor *found)
{
    const double *m = theory->moments, n = (double)(found->looked_at - found->zeros);
    if (n < SHAPE_FROM || found->nan + found->infinite > 0 || theory->law_count != 1 ||
        found->zeros > found->looked_at / 1000)
        return 1;
    const double skewness = m[6] - 6 * m[4] + 9;
    const double kurtosis = m[8] - 4 * m[4] * m[6] + 4 * m[4] * m[4] * m[4] - m[4] * m[4];
    const double grain = ldexp(1, -dtype_fraction_bits(found->tensor->dtype));
    const double of_skewness = fmax(0, fabs(found->skewness) - 4 * grain);
    const double of_kurtosis = fmax(0, fabs(found->excess_kurtosis - (m[4] - 3)) - 4 * grain);
    return fmin(two_sided(of_skewness / sqrt(skewness / n)),
                two_sided(of_kurtosis / sqrt(kurtosis / n)));
}

/* ------------------------------------------------------------------ figures */

void judge_figures(const detinit_tensor *tensor, const look *seen, detinit_audit_tensor *out)
{
    const double n = (double)(seen->count - seen->nan - seen->infinite);
    *out = (detinit_audit_tensor){.tensor = tensor,
                                  .looked_at = seen->count,
                                  .sampled = seen->sampled,
                                  .nan = seen->nan,
                                  .infinite = seen->infinite,
                                  .zeros = seen->zeros,
                                  .mean = NAN,
                                  .std = NAN,
                                  .min = NAN,
                                  .max = NAN,
                                  .skewness = NAN,
                                  .excess_kurtosis = NAN,
                                  .rows = seen->rows,
                                  .dead_rows = seen->dead_rows,
                                  .cols = seen->cols,
                                  .dead_cols = seen->dead_cols,
                                  .ks_distance = NAN,
                                  .ks_p = NAN,
                                  .outside = NAN,
                                  .above_edge = NAN,
                                  .spectrum_p = NAN,
                                  .norms_p = NAN};
    out->origin = seen->count > 0 ? DETINIT_ORIGIN_NONE : DETINIT_ORIGIN_NO_WEIGHTS;
    if (n == 0)
        return;
    const double a = seen->sums[0] / n, b = seen->sums[1] / n, c = seen->sums[2] / n;
    const double d = seen->sums[3] / n, variance = b - a * a;
    out->min = seen->min;
    out->max = seen->max;
    out->mean = seen->min == seen->max ? seen->min : a;
    out->std = seen->min == seen->max ? 0 : sqrt(fmax(0, variance));
    if (out->std > 0) {
        out->skewness = (c - a * (3 * b - 2 * a * a)) / (variance * out->std);
        out->excess_kurtosis =
            (d - a * (4 * c - a * (6 * b - 3 * a * a))) / (variance * variance) - 3;
    }
}

static evidence evidence_of(const detinit_tensor *tensor, const look *seen)
{
    evidence e = {.n = (double)(seen->count - seen->nan - seen->infinite - seen->zeros),
                  .farthest = fmax(fabs(seen->min), fabs(seen->max)),
                  .grain = ldexp(1, -dtype_fraction_bits(tensor->dtype))};
    if (tensor->dtype == DETINIT_FLOAT64)
        e.grain = ldexp(1, -23); /* cast from float32, maybe */
    if (e.n > 0) {
        e.mean = seen->sums[0] / e.n;
        e.square = seen->sums[1] / e.n;
    }
    return e;
}

/* --------------------------------------------------------------- candidates */

typedef struct choice {
    evidence e;
    double level, best;
    shape shape;
    bool found;
    detinit_audit_tensor *out;
} choice;

static const char *brief(const detinit_recipe *r, char *buffer, size_t size)
{
    static const char *const fans[] = {"", " by fan_out", " by both fans"};
    if (r->mode == DETINIT_NORMAL)
        plain_print(buffer, size, "std %g", r->std);
    else
        snprintf(buffer, size, "%s%s%s", detinit_mode_name(r->mode),
                 r->mode == DETINIT_XAVIER ? "" : fans[r->fan_mode],
                 r->gain != 1 || r->nonlinearity != DETINIT_NONLINEARITY_OF_MODE ? " with a gain"
                                                                                 : "");
    return buffer;
}

/* Notes that `other` is the same law as `best`, by another name. */
static void note_other(char also[DETINIT_AUDIT_WORDS], const detinit_recipe *best,
                       const detinit_recipe *other)
{
    if (best->fan_in != other->fan_in)
        return;

    char text[64], own[64];
    const size_t length = strlen(also);
    brief(other, text, sizeof text);
    if (strcmp(text, brief(best, own, sizeof own)) != 0 && strstr(also, text) == NULL &&
        length + strlen(text) + 3 < DETINIT_AUDIT_WORDS)
        snprintf(also + length, DETINIT_AUDIT_WORDS - length, "%s%s", length > 0 ? ", " : "", text);
}

static bool same_law(const shape *a, const shape *b)
{
    return a->family == b->family && fabs(a->std / b->std - 1) < 1e-9;
}

static void weigh(void *context, const detinit_recipe *recipe, double usual)
{
    choice *c = context;
    const shape s = shape_of_recipe(recipe);
    if (!(s.std > 0) || !isfinite(s.std))
        return;
    const double score = log_likelihood(&s, &c->e) + usual;
    if (c->found && same_law(&s, &c->shape) && score <= c->best) {
        note_other(c->out->also, &c->out->recipe, recipe);
        return;
    }
    if (!(score > c->best) || is_ruled_out(&s, &c->e, c->level))
        return;
    if (c->found && same_law(&s, &c->shape))
        note_other(c->out->also, recipe, &c->out->recipe);
    else
        c->out->also[0] = '\0';
    c->best = score;
    c->shape = s;
    c->found = true;
    c->out->recipe = *recipe;
}

/* The law of each family that fits best, whatever its std. */
static shape fitted(family f, const evidence *e)
{
    double std = sqrt(e->square);
    if (f == FAMILY_UNIFORM)
        std = e->farthest * (1 + 1 / e->n) / SQRT_3;
    if (f == FAMILY_CUT)
        std = fmax(std, e->farthest / TRUNCATED_AT * TRUNCATED_STD);
    return shape_of(f, std);
}

static void judge_law(choice *c, const detinit_tensor *tensor)
{
    static const detinit_dist dists[] = {DETINIT_DIST_NORMAL, DETINIT_DIST_UNIFORM,
                                         DETINIT_DIST_TRUNCATED};
    shape best = fitted(FAMILY_NORMAL, &c->e);
    for (family f = FAMILY_UNIFORM; f < FAMILY_COUNT; f++) {
        const shape s = fitted(f, &c->e);
        if (log_likelihood(&s, &c->e) > log_likelihood(&best, &c->e))
            best = s;
    }
    c->out->recipe = candidates_plain(tensor);
    c->out->recipe.dist = dists[best.family];
    c->out->recipe.std = best.std;
    if (c->e.n >= JUDGE_LEAST_LAW && !is_ruled_out(&best, &c->e, c->level)) {
        c->out->origin = DETINIT_ORIGIN_LAW;
        c->best = log_likelihood(&best, &c->e);
    }
}

double judge_origin(const subject *s, const look *seen, double level, detinit_audit_tensor *out)
{
    choice c = {.e = evidence_of(s->tensor, seen), .level = level, .best = -INFINITY, .out = out};
    if (out->origin == DETINIT_ORIGIN_NO_WEIGHTS || s->tensor->rank > DETINIT_MAX_RANK ||
        seen->nan + seen->infinite > 0)
        return c.best;
    if (seen->min == seen->max) {
        out->origin = DETINIT_ORIGIN_MADE;
        out->recipe = candidates_plain(s->tensor);
        out->recipe.mode = DETINIT_CONSTANT;
        out->recipe.value = seen->min;
        return c.best;
    }
    if (c.e.n < JUDGE_LEAST) {
        out->origin = DETINIT_ORIGIN_FEW;
        return c.best;
    }
    candidates_each(s, weigh, &c);
    if (c.found)
        out->origin = DETINIT_ORIGIN_SCHEME;
    else
        judge_law(&c, s->tensor);
    return c.best;
}
