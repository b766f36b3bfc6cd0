#include "describe/field.h"

#include <math.h>

#define PI               3.14159265358979323846
#define INVERSE_SQRT_2PI 0.39894228040143267794

/* Nodes of a panel. */
#define ORDER 16

/* Where the panels of one side end: fine near 0, where a steep activation turns. */
static const double panel_ends[FIELD_PANELS + 1] = {0, 0.25, 0.5, 1, 2,  3,  4, 5,
                                                    6, 7,    8,   9, 10, 11, 12};

/* Legendre's polynomial of ORDER at x, and its slope. */
static double legendre(double x, double *slope)
{
    double before = 1, now = x;
    for (int k = 1; k < ORDER; k++) {
        const double after = ((2 * k + 1) * x * now - k * before) / (k + 1);
        before = now;
        now = after;
    }
    *slope = ORDER * (x * now - before) / (x * x - 1);
    return now;
}

/* Nodes in (-1, 1) and their weights, by Newton's method from Tricomi's approximation. */
static void gauss_legendre(double x[ORDER], double weight[ORDER])
{
    for (int n = 0; n < ORDER; n++) {
        double slope;
        x[n] = cos(PI * (n + 0.75) / (ORDER + 0.5));
        for (int step = 0; step < 6; step++)
            x[n] -= legendre(x[n], &slope) / slope;
        legendre(x[n], &slope);
        weight[n] = 2 / ((1 - x[n] * x[n]) * slope * slope);
    }
}

void field_rule_make(field_rule *rule)
{
    double x[ORDER], weight[ORDER];
    gauss_legendre(x, weight);
    for (int panel = 0; panel < FIELD_PANELS; panel++) {
        const double half = (panel_ends[panel + 1] - panel_ends[panel]) / 2;
        for (int n = 0; n < ORDER; n++) {
            const int place = panel * ORDER + n, mirrored = place + FIELD_NODES / 2;
            const double z = panel_ends[panel] + half * (1 + x[n]);
            rule->z[place] = z;
            rule->z[mirrored] = -z;
            rule->weight[place] = rule->weight[mirrored] =
                weight[n] * half * INVERSE_SQRT_2PI * exp(-0.5 * z * z);
        }
    }
}

/* ------------------------------------------------- those that bend at 0 alone */

/*
 * With phi(x) = below x + (1 - below) relu(x): E x relu(y) = c q / 2, and E relu relu is Cho and
 * Saul's arc-cosine kernel of degree 1.
 */
static double bent_kernel(double below, double c)
{
    const double above = 1 - below;
    const double arc = (sqrt(1 - c * c) + c * (PI - acos(c))) / (2 * PI);
    return below * c + above * above * arc;
}

static double bent_kernel_slope(double below, double c)
{
    const double above = 1 - below;
    return below + above * above * (PI - acos(c)) / (2 * PI);
}

/* ---------------------------------------------------------------- in general */

field field_of(const activation_row *row, const field_rule *rule, double q)
{
    field f = {.row = row, .q = q};
    const double root = sqrt(q);
    if (row->bends_at_0) {
        f.mean = (1 - row->below) * root * INVERSE_SQRT_2PI;
        f.growth = f.slopes = (1 + row->below * row->below) / 2;
        f.second = q * f.slopes;
        return f;
    }
    for (int n = 0; n < FIELD_NODES; n++) {
        double slope;
        const double z = rule->z[n], value = row->value(root * z, &slope);
        f.mean += rule->weight[n] * value;
        f.second += rule->weight[n] * value * value;
        f.slopes += rule->weight[n] * slope * slope;
        f.growth += rule->weight[n] * value * slope * z;
    }
    f.growth /= root;
    return f;
}

/* h_(k+1) = (z h_k - sqrt(k) h_(k-1)) / sqrt(k + 1), at all nodes together. */
void field_expand(const field *f, const field_rule *rule, double squares[FIELD_SQUARES])
{
    double values[FIELD_NODES], before[FIELD_NODES], now[FIELD_NODES];
    const double root = sqrt(f->q);
    if (f->row->bends_at_0)
        return;
    for (int n = 0; n < FIELD_NODES; n++) {
        double slope;
        values[n] = rule->weight[n] * f->row->value(root * rule->z[n], &slope);
        before[n] = 0;
        now[n] = 1;
    }
    double rest = f->second;
    for (int k = 0; k + 1 < FIELD_SQUARES; k++) {
        double coefficient = 0;
        const double back = sqrt(k), onward = 1 / sqrt(k + 1);
        for (int n = 0; n < FIELD_NODES; n++) {
            const double after = (rule->z[n] * now[n] - back * before[n]) * onward;
            coefficient += values[n] * now[n];
            before[n] = now[n];
            now[n] = after;
        }
        squares[k] = coefficient * coefficient;
        rest -= squares[k];
    }
    squares[FIELD_SQUARES - 1] = rest > 0 ? rest : 0;
}

/* A correlation that rounding led beyond 1. */
static double within_1(double c)
{
    return c > 1 ? 1 : c < -1 ? -1 : c;
}

double field_kernel(const field *f, const double squares[FIELD_SQUARES], double correlation)
{
    const double c = within_1(correlation);
    double sum = 0;
    if (f->row->bends_at_0)
        return f->q * bent_kernel(f->row->below, c);
    for (int k = FIELD_SQUARES - 1; k >= 0; k--)
        sum = sum * c + squares[k];
    return sum;
}

double field_kernel_slope(const field *f, const double squares[FIELD_SQUARES], double correlation)
{
    const double c = within_1(correlation);
    double sum = 0;
    if (f->row->bends_at_0)
        return f->q * bent_kernel_slope(f->row->below, c);
    for (int k = FIELD_SQUARES - 1; k >= 1; k--)
        sum = sum * c + k * squares[k];
    return sum;
}
