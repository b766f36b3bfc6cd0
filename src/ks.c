#include "ks.h"

#include <math.h>
#include <stdlib.h>

#include "error.h"

#define PI 3.14159265358979323846

/*
 * For many weights F is read from a table of itself and its derivative by cubic
 * Hermite interpolation, which errs by less than 1e-12; D itself is some 1e-3.
 */
#define TABLE_STEPS 4096
#define TABLE_FROM  16384

struct node {
    double cdf, slope; /* the slope in units of a step */
};

struct table {
    double start, inverse_step;
    struct node nodes[TABLE_STEPS + 1];
};

/* Ends where the distribution does: its density may jump there. */
static void fill_table(const struct theory *theory, struct table *table)
{
    double end = theory->reach * theory->std, step = 2 * end / TABLE_STEPS;
    table->start = -end;
    table->inverse_step = 1 / step;
    for (size_t k = 0; k <= TABLE_STEPS; k++) {
        double weight = ((double)k - TABLE_STEPS / 2) * step;
        table->nodes[k].cdf = theory_cdf(theory, weight);
        table->nodes[k].slope = theory_pdf(theory, weight) * step;
    }
}

static double look_up(const struct table *table, double weight)
{
    double place = (weight - table->start) * table->inverse_step;
    place = place > 0 ? place : 0;
    place = place < TABLE_STEPS ? place : TABLE_STEPS;
    size_t k = (size_t)place;
    k = k < TABLE_STEPS ? k : TABLE_STEPS - 1;
    const struct node *a = &table->nodes[k], *b = a + 1;
    double t = place - (double)k, rise = b->cdf - a->cdf;
    double bend = a->slope - rise, bow = rise - b->slope;
    return a->cdf + t * (rise + (1 - t) * (bend * (1 - t) + bow * t));
}

/*
 * The probability at and below each weight.  The only matrix with a discrete
 * distribution, orthogonal and 1 x 1, is as far from it wherever its weight is.
 */
static detinit_status probabilities(const struct theory *theory, const double *values, size_t count,
                                    double *out, detinit_error *error)
{
    struct table *table = NULL;
    if (count >= TABLE_FROM) {
        table = malloc(sizeof *table);
        if (table == NULL)
            return error_set(error, DETINIT_NO_MEMORY, "no memory for a table of probabilities");
        fill_table(theory, table);
    }
    for (size_t i = 0; i < count; i++)
        out[i] = table != NULL ? look_up(table, values[i]) : theory_cdf(theory, values[i]);
    if (theory->side == 1)
        out[0] = 0.5;
    free(table);
    return DETINIT_OK;
}

/* The probabilities that fall into one of `count` equal parts of [0, 1]. */
struct part {
    size_t count;
    double min, max;
};

/*
 * Within a part of width 1/n, F rises by no more than F_n does from one weight to
 * the next, so that F_n - F is greatest at the last weight of a part and F - F_n
 * before the first: these alone need be looked at (Gonzalez, Sahni and Franta 1977).
 */
static double greatest_distance(const struct part *parts, size_t count)
{
    double n = (double)count, distance = 0;
    size_t below = 0;
    for (size_t k = 0; k < count; k++) {
        if (parts[k].count == 0)
            continue;
        distance = fmax(distance, parts[k].min - (double)below / n);
        below += parts[k].count;
        distance = fmax(distance, (double)below / n - parts[k].max);
    }
    return distance;
}

static void put(struct part *part, double probability)
{
    if (part->count == 0 || probability < part->min)
        part->min = probability;
    if (part->count == 0 || probability > part->max)
        part->max = probability;
    part->count++;
}

detinit_status ks_distance(const struct theory *theory, const double *values, size_t count,
                           double *distance, detinit_error *error)
{
    double *found = malloc(count * sizeof *found);
    struct part *parts = calloc(count, sizeof *parts);
    detinit_status status = DETINIT_OK;
    if (found == NULL || parts == NULL)
        status = error_set(error, DETINIT_NO_MEMORY,
                           "no memory for a Kolmogorov-Smirnov test of %zu weights", count);
    if (status == DETINIT_OK)
        status = probabilities(theory, values, count, found, error);
    if (status == DETINIT_OK) {
        for (size_t i = 0; i < count; i++) {
            size_t k = found[i] > 0 ? (size_t)(found[i] * (double)count) : 0;
            put(&parts[k < count ? k : count - 1], found[i]);
        }
        *distance = greatest_distance(parts, count);
    }
    free(found);
    free(parts);
    return status;
}

/* 1 - K(x) for small x, where the alternating series converges slowly: Jacobi's form. */
static double upper_tail_of_small(double x)
{
    double sum = 0, step = PI * PI / (8 * x * x);
    for (int k = 1; k < 20; k += 2)
        sum += exp(-k * k * step);
    return 1 - sqrt(2 * PI) / x * sum;
}

static double upper_tail_of_large(double x)
{
    double sum = 0;
    for (int k = 1; k < 20; k++)
        sum += (k % 2 == 1 ? 2 : -2) * exp(-2 * k * k * x * x);
    return sum;
}

/* Kolmogorov's limit (1933) with the correction of Stephens (1970) for finite n. */
double ks_probability(double distance, size_t count)
{
    double root = sqrt((double)count);
    double x = (root + 0.12 + 0.11 / root) * distance;
    if (x <= 0)
        return 1;
    return x < 1 ? upper_tail_of_small(x) : upper_tail_of_large(x);
}
