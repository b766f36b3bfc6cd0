#include "describe/statistics.h"

#include "detinit_describe.h"
#include <math.h>
#include <string.h>

#include "base/strict.h"

/* Sums of powers, each in its lanes: of every eighth weight of a chunk. */
typedef double lane_sums[SURVEY_POWERS][SURVEY_LANES];

struct tally_unit tally_unit_of(const struct theory *theory)
{
    int exponent = 0;
    frexp(theory->std, &exponent);
    if (exponent < -1022)
        exponent = -1022;
    return (struct tally_unit){theory->mean, ldexp(1, -exponent)};
}

void tally_clear(struct tally *tally)
{
    memset(tally, 0, sizeof *tally);
    tally->min = INFINITY;
    tally->max = -INFINITY;
}

/* The last weights of a chunk, fewer than the lanes. */
static void sum_rest(const double *values, size_t count, double scale, lane_sums sums)
{
    for (size_t k = 0; k < count; k++) {
        double x = values[k] * scale, x2 = x * x;
        sums[0][k] += x;
        sums[1][k] += x2;
        sums[2][k] += x2 * x;
        sums[3][k] += x2 * x2;
    }
}

/* Neumaier's compensated sum. */
static void add(struct tally *tally, size_t power, double term)
{
    double sum = tally->sums[power], next = sum + term;
    tally->lost[power] += fabs(sum) >= fabs(term) ? (sum - next) + term : (term - next) + sum;
    tally->sums[power] = next;
}

static void add_lanes(struct tally *tally, lane_sums sums)
{
    for (size_t power = 0; power < TALLY_POWERS; power++) {
        double sum = 0;
        for (size_t k = 0; k < SURVEY_LANES; k++)
            sum += sums[power][k];
        add(tally, power, sum);
    }
}

/* Looks for new extremes among the `count` values from number `from` of the block on. */
static void find_extremes(struct tally *tally, const detinit_block *block, size_t from,
                          const double *values, size_t count)
{
    for (size_t n = 0; n < count; n++) {
        double w = values[n];
        size_t at = from + n;
        if (w < tally->min) {
            tally->min = w;
            tally->min_row = block->row + at / block->cols;
            tally->min_col = block->col + at % block->cols;
        }
        if (w > tally->max) {
            tally->max = w;
            tally->max_row = block->row + at / block->cols;
            tally->max_col = block->col + at % block->cols;
        }
    }
}

static void add_powers(struct tally *tally, const double *values, size_t count,
                       struct tally_unit unit, const survey_kernel *kernel)
{
    const size_t whole = count - count % SURVEY_LANES;
    double shifted[TALLY_CHUNK];
    lane_sums sums;
    if (unit.centre != 0 && count > 0) {
        for (size_t n = 0; n < count; n++)
            shifted[n] = values[n] - unit.centre;
        values = shifted;
    }
    kernel->sum_powers(values, whole, unit.scale, sums);
    sum_rest(values + whole, count - whole, unit.scale, sums);
    add_lanes(tally, sums);
}

/* Zeros are those that are not beyond 0.  Infinite weights are looked for where an extreme is. */
static void count_special(struct tally *tally, const double *values, size_t count,
                          const survey_kernel *kernel)
{
    tally->zeros += count - (uint64_t)kernel->count_beyond(values, count, 0, 0);
    if (isinf(tally->min) || isinf(tally->max))
        for (size_t n = 0; n < count; n++)
            tally->infinite += isinf(values[n]) != 0;
}

void tally_chunk(struct tally *tally, const detinit_block *block, size_t from, const double *values,
                 size_t count, struct tally_unit unit, const survey_kernel *kernel)
{
    const size_t whole = count - count % SURVEY_LANES;
    add_powers(tally, values, count, unit, kernel);
    /* Counting beyond what is known is quicker than looking for extremes, which rarely change. */
    if (kernel->count_beyond(values, whole, tally->min, tally->max) > 0)
        find_extremes(tally, block, from, values, whole);
    find_extremes(tally, block, from + whole, values + whole, count - whole);
    count_special(tally, values, count, kernel);
    tally->count += count;
}

void tally_merge(struct tally *tally, const struct tally *next)
{
    tally->count += next->count;
    tally->zeros += next->zeros;
    tally->infinite += next->infinite;
    for (size_t power = 0; power < TALLY_POWERS; power++) {
        add(tally, power, next->sums[power]);
        tally->lost[power] += next->lost[power];
    }
    if (next->min < tally->min) {
        tally->min = next->min;
        tally->min_row = next->min_row;
        tally->min_col = next->min_col;
    }
    if (next->max > tally->max) {
        tally->max = next->max;
        tally->max_row = next->max_row;
        tally->max_col = next->max_col;
    }
}

/* Mean, and central moments of 2nd to 4th order, of scaled weights. */
struct central {
    double mean, m2, m3, m4;
};

/* From moments about the centre, which is where the mean nearly is: nothing cancels. */
static struct central central_of_many(const struct tally *tally)
{
    double raw[TALLY_POWERS], n = (double)tally->count;
    for (size_t power = 0; power < TALLY_POWERS; power++)
        raw[power] = (tally->sums[power] + tally->lost[power]) / n;
    double m = raw[0];
    return (struct central){m, raw[1] - m * m, raw[2] - m * (3 * raw[1] - 2 * m * m),
                            raw[3] - m * (4 * raw[2] - m * (6 * raw[1] - 3 * m * m))};
}

/* A few weights may lie closer to one another than to the centre. */
static struct central central_of_few(const struct tally *tally, struct tally_unit unit,
                                     const double *few)
{
    double n = (double)tally->count;
    struct central c = {.mean = (tally->sums[0] + tally->lost[0]) / n};
    for (size_t i = 0; i < tally->count; i++) {
        double d = (few[i] - unit.centre) * unit.scale - c.mean, d2 = d * d;
        c.m2 += d2 / n;
        c.m3 += d2 * d / n;
        c.m4 += d2 * d2 / n;
    }
    return c;
}

static void shape_of_weights(const struct central *c, detinit_statistics *out)
{
    out->skewness = c->m3 / (c->m2 * sqrt(c->m2));
    out->excess_kurtosis = c->m4 / (c->m2 * c->m2) - 3;
}

static double in_errors(double deviation, double error)
{
    return error > 0 ? deviation / error : 0;
}

/* Where all weights should be one value, any other is off by more than any error. */
static void compare_with_value(const struct theory *theory, detinit_statistics *out)
{
    out->mean_errors = out->mean == theory->mean ? 0 : INFINITY;
    out->std_errors = out->std == 0 ? 0 : INFINITY;
}

/*
 * Standard errors of the moments of n independent weights, mu(k) the k-th central moment in units
 * of std and g = mu3 the skewness, by the delta method:
 *     mean      std / sqrt(n)
 *     std       std sqrt((mu4 - 1) / 4n)
 *     skewness  the variance of x^3 - 3/2 g x^2 - 3 x + g/2           normal: sqrt(6 / n)
 *     kurtosis  the variance of x^4 - 2 mu4 x^2 - 4 g x + mu4         normal: sqrt(24 / n)
 * In a zero-mean slice the squares vary otherwise, and the theory says how.
 */
static void compare(const struct theory *theory, detinit_statistics *out)
{
    double g = theory->moments[3], mu4 = theory->moments[4], mu5 = theory->moments[5];
    double mu6 = theory->moments[6], mu8 = theory->moments[8], n = (double)out->count;
    double skewness = mu6 - 6 * mu4 + 9 + g * (2.25 * g * mu4 - 3 * mu5 + 8.75 * g);
    double kurtosis =
        mu8 - 4 * mu4 * mu6 + 4 * mu4 * mu4 * mu4 - mu4 * mu4 + 8 * g * (2 * g - mu5 + 2 * mu4 * g);
    out->mean_errors = in_errors((out->mean - theory->mean) / theory->std, sqrt(1 / n));
    out->std_errors =
        in_errors(out->std / theory->std - 1, sqrt(theory->square_variance / (4 * n)));
    out->skewness_errors = in_errors(out->skewness - g, sqrt(skewness / n));
    out->kurtosis_errors = in_errors(out->excess_kurtosis - (mu4 - 3), sqrt(kurtosis / n));
}

/* What there is no figure of: nothing, one weight, weights that are not finite. */
static void leave_out(const struct tally *tally, detinit_statistics *out)
{
    const bool has_mean = tally->count > 0 && tally->infinite == 0;
    if (has_mean && tally->count > 1)
        return;
    out->std = out->skewness = out->excess_kurtosis = NAN;
    out->std_errors = out->skewness_errors = out->kurtosis_errors = NAN;
    if (!has_mean)
        out->mean = out->mean_errors = NAN;
    if (tally->count == 0)
        out->min = out->max = NAN;
}

void tally_statistics(const struct tally *tally, struct tally_unit unit, const double *few,
                      const struct theory *theory, detinit_statistics *out)
{
    struct central c = {0};
    if (tally->count > 0)
        c = tally->count <= TALLY_FEW ? central_of_few(tally, unit, few) : central_of_many(tally);
    *out = (detinit_statistics){
        .count = tally->count,
        .mean = c.mean / unit.scale + unit.centre,
        .target_mean = theory->mean,
        .target_std = theory->std,
        .target_skewness = theory->moments[3],
        .target_excess_kurtosis = theory->std > 0 ? theory->moments[4] - 3 : 0,
        .min = tally->min,
        .max = tally->max,
        .min_row = tally->min_row,
        .min_col = tally->min_col,
        .max_row = tally->max_row,
        .max_col = tally->max_col,
        .overflowed = tally->infinite,
    };
    if (tally->min < tally->max) {
        out->std = sqrt(c.m2) / unit.scale;
        shape_of_weights(&c, out);
    }
    if (theory->std > 0)
        compare(theory, out);
    else
        compare_with_value(theory, out);
    leave_out(tally, out);
}
