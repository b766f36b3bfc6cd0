/*
 * A model whose figures are the same on every machine: what depends on its BLAS or its
 * instruction sets is replaced.
 */
#ifndef TESTS_GOLDEN_STEADY_H
#define TESTS_GOLDEN_STEADY_H

#include "check.h"
#include "model/model.h"
#include "training_sample.h"

/* Below this share of the largest a singular value of a product counts as rounding here: fewer
 * digits of it are certain the smaller it is. */
#define STEADY_ROUNDING 1e-9

/* A figure of so many certain digits, without the last ones, which one BLAS rounds otherwise than
 * another. */
static inline double steady_figure(double figure, int digits)
{
    char text[40];
    snprintf(text, sizeof text, "%.*e", digits - 1, figure);
    return strtod(text, NULL);
}

/* The same where all are of the size of 1, and what lies below 1e-9 is rounding. */
static inline void steady_figures(double *figures, size_t count)
{
    for (size_t n = 0; n < count; n++)
        figures[n] = rint(figures[n] * 1e9) / 1e9 + 0.0;
}

static inline void steady_spectrum(spectrum *s)
{
    if (s->refusal[0] != '\0')
        return;
    for (size_t n = 0; n < s->count; n++) {
        s->normal[n] = steady_figure(s->normal[n], 10);
        s->orthogonal[n] = steady_figure(s->orthogonal[n], 10);
    }
    steady_figures(s->gram_normal, s->gram_side * s->gram_side);
    steady_figures(s->gram_orthogonal, s->gram_side * s->gram_side);
    s->condition_normal = steady_figure(s->condition_normal, 10);
    s->condition_orthogonal = steady_figure(s->condition_orthogonal, 10);
    if (s->gram_deviation < 1e-14) /* a larger one is no rounding, and shown */
        s->gram_deviation = 4.4e-16;
}

static inline double steady_condition(double condition)
{
    return condition < 1 / STEADY_ROUNDING ? steady_figure(condition, 5) : INFINITY;
}

static inline void steady_product(product_spectrum *p)
{
    p->rounded = 0;
    for (size_t n = 0; n < PRODUCT_WIDTH; n++) {
        const bool rounded = p->normal[n] < STEADY_ROUNDING * p->normal[0];
        p->normal[n] = rounded ? 0 : steady_figure(p->normal[n], 5);
        p->rounded += rounded;
        p->orthogonal[n] = steady_figure(p->orthogonal[n], 5);
    }
    p->condition_normal = steady_condition(p->condition_normal);
    p->condition_orthogonal = steady_condition(p->condition_orthogonal);
}

/* How often a weight is compared: by itself, by other threads, on each instruction set. */
static inline uint64_t steady_rounds(void)
{
    uint64_t rounds = 2;
    for (int isa = DETINIT_ISA_BASELINE; isa < DETINIT_ISA_COUNT; isa++)
        rounds += detinit_isa_available((detinit_isa)isa) == (detinit_isa)isa;
    return rounds;
}

/* The count of comparisons, of which a machine of fewer instruction sets makes fewer. */
static inline void steady_comparisons(model *m)
{
    static const uint64_t steady = 3000;
    const uint64_t compared = m->results.reproducibility.compared;
    uint64_t count;
    assert_true(compared == 0 || (detinit_recipe_count(&m->settings.recipe, &count) &&
                                  compared == steady_rounds() * count));
    static const char behind[] = " comparisons";
    char before[sizeof m->message];
    memcpy(before, m->message, sizeof before);
    const char *found = strstr(before, behind), *digits = found;
    while (digits != NULL && digits > before && digits[-1] >= '0' && digits[-1] <= '9')
        digits--;
    if (found != NULL)
        snprintf(m->message, sizeof m->message, "%.*s%llu%s", (int)(digits - before), before,
                 (unsigned long long)steady, found);
    m->results.reproducibility.compared = steady;
}

/*
 * A copy to be drawn, of which all is the model's but, where `trains`, a made network in the place
 * of the trained one.
 */
static inline model golden_steady(const model *m, bool trains)
{
    model steady = *m;
    steady_spectrum(&steady.results.spectrum);
    steady_product(&steady.results.product);
    steady_comparisons(&steady);
    if (m->trained != NULL && trains) {
        steady.trained = sample_network(SAMPLE_POINTS, false);
        assert_non_null(steady.trained);
        model_apply_threshold(&steady);
    }
    return steady;
}

static inline void golden_steady_free(model *steady, const model *m)
{
    if (steady->trained != m->trained)
        trained_network_free(steady->trained);
}

#endif
