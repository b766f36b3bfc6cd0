/* Mean-field theory of deep layers: maps, fixed points and phases. */
#include "detinit_describe.h"

#include "base/names.h"
#include "describe/fixed_point.h"

#include <math.h>

double detinit_length_map(detinit_activation activation, double sigma_w, double sigma_b, double q)
{
    const activation_row *row = &activation_rows[activation];
    field_rule rule;
    field_rule_make(&rule);
    return sigma_w * sigma_w * field_of(row, &rule, q).second + sigma_b * sigma_b;
}

double detinit_correlation_map(detinit_activation activation, double sigma_w, double sigma_b,
                               double q, double c)
{
    const double weights = sigma_w * sigma_w, biases = sigma_b * sigma_b;
    double squares[FIELD_SQUARES];
    field_rule rule;
    field_rule_make(&rule);
    const field f = field_of(&activation_rows[activation], &rule, q);
    field_expand(&f, &rule, squares);
    return (weights * field_kernel(&f, squares, c) + biases) / (weights * f.second + biases);
}

/* ------------------------------------------------------------------ phases */

/* |ln chi_1| up to which layers stand at the edge: a signal is told apart for 100 of them. */
#define EDGE 0.01

static const char *const phases[DETINIT_PHASE_COUNT] = {
    [DETINIT_PHASE_ORDERED] = "ordered",
    [DETINIT_PHASE_EDGE] = "edge of chaos",
    [DETINIT_PHASE_CHAOTIC] = "chaotic",
};

static const name_table phase_names = NAME_TABLE(phases);

const char *detinit_phase_name(detinit_phase phase)
{
    return names_name(&phase_names, (int)phase);
}

detinit_phase detinit_phase_of(double chi)
{
    const double rate = log(chi);
    if (fabs(rate) <= EDGE)
        return DETINIT_PHASE_EDGE;
    return rate < 0 ? DETINIT_PHASE_ORDERED : DETINIT_PHASE_CHAOTIC;
}

/* Layers in which what is multiplied by `rate` in each changes by e. */
static double depth_of(double rate)
{
    return rate == 1 ? INFINITY : 1 / fabs(log(fabs(rate)));
}

/* Expectations as they are computed. */
typedef struct computed {
    const activation_row *row;
    field_rule rule;
} computed;

static field compute(const void *context, double q)
{
    const computed *c = context;
    return field_of(c->row, &c->rule, q);
}

static void compute_squares(const void *context, const field *f, double squares[FIELD_SQUARES])
{
    const computed *c = context;
    field_expand(f, &c->rule, squares);
}

detinit_mean_field detinit_mean_field_at(detinit_activation activation, double sigma_w,
                                         double sigma_b)
{
    computed c = {.row = &activation_rows[activation]};
    const field_source source = {&c, compute, compute_squares};
    field_rule_make(&c.rule);
    const field_point p = fixed_point_of(&source, sigma_w * sigma_w, sigma_b * sigma_b);
    return (detinit_mean_field){.sigma_w = sigma_w,
                                .sigma_b = sigma_b,
                                .length = p.length,
                                .chi = p.chi,
                                .correlation = p.correlation,
                                .length_depth = depth_of(p.length_rate),
                                .correlation_depth = depth_of(p.rate),
                                .phase = detinit_phase_of(p.chi)};
}

/* ----------------------------------------------------------- critical line */

/* Lengths among which the critical one is looked for. */
#define LEAST_CRITICAL 1e-12
#define MOST_CRITICAL  1e6

/* At the length q, chi_1 = 1 asks for sigma_w^2 = 1 / slopes: what is left of q for the biases. */
static double left_for_biases(const computed *c, double q)
{
    const field f = field_of(c->row, &c->rule, q);
    return q - f.second / f.slopes;
}

double detinit_critical_sigma_w(detinit_activation activation, double sigma_b)
{
    computed c = {.row = &activation_rows[activation]};
    const double biases = sigma_b * sigma_b;
    double slope, low = LEAST_CRITICAL, high = LEAST_CRITICAL;
    field_rule_make(&c.rule);
    const double smallest = field_of(c.row, &c.rule, LEAST_CRITICAL).slopes;
    if (c.row->bends_at_0 || (sigma_b == 0 && c.row->value(0, &slope) == 0))
        return 1 / sqrt(smallest);
    while (left_for_biases(&c, high) < biases) {
        low = high;
        high *= 1.5;
        if (high > MOST_CRITICAL)
            return NAN;
    }
    for (int step = 0; step < 60; step++) {
        const double middle = sqrt(low * high);
        if (left_for_biases(&c, middle) < biases)
            low = middle;
        else
            high = middle;
    }
    return 1 / sqrt(field_of(c.row, &c.rule, sqrt(low * high)).slopes);
}
