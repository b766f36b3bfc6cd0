/*
 * Marchenko and Pastur's law.  With r = sqrt(shorter / longer) the squared singular values over
 * longer * std^2 are 1 + r^2 - 2 r cos t, t in 0 .. pi, of density
 * (2 / pi) sin^2 t / (1 + r^2 - 2 r cos t) in t, whose integral is elementary.
 */
#include "detinit_describe.h"

#include <math.h>

#define PI 3.14159265358979323846

detinit_singular_law detinit_marchenko_pastur(uint64_t rows, uint64_t cols, double std)
{
    const double a = (double)rows, b = (double)cols;
    detinit_singular_law law = {.shorter = fmin(a, b), .longer = fmax(a, b), .std = std};
    law.lower = std * (sqrt(law.longer) - sqrt(law.shorter));
    law.upper = std * (sqrt(law.longer) + sqrt(law.shorter));
    return law;
}

double detinit_singular_pdf(const detinit_singular_law *law, double value)
{
    if (!(value > law->lower && value < law->upper))
        return 0;
    const double below = (value - law->lower) * (value + law->lower);
    const double above = (law->upper - value) * (law->upper + value);
    return sqrt(below) / value * (sqrt(above) / (PI * law->shorter * law->std * law->std));
}

double detinit_singular_cdf(const detinit_singular_law *law, double value)
{
    if (value >= law->upper)
        return 1;
    if (!(value > law->lower))
        return 0;
    const double r = sqrt(law->shorter / law->longer);
    const double x = value / (law->std * sqrt(law->longer));
    const double cosine = (1 + r * r - x * x) / (2 * r);
    const double t = acos(fmin(fmax(cosine, -1), 1));
    const double turn = atan2(r * sin(t), 1 - r * cos(t));
    return (sin(t) / r + t - (1 - r * r) / (r * r) * turn) / PI;
}

double detinit_singular_quantile(const detinit_singular_law *law, double p)
{
    double low = law->lower, high = law->upper;
    if (!(p >= 0 && p <= 1))
        return NAN;
    for (int step = 0; step < 60; step++) {
        const double middle = (low + high) / 2;
        if (detinit_singular_cdf(law, middle) < p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

void detinit_singular_histogram(const detinit_singular_law *law, const double *values, size_t count,
                                double low, double high, size_t bins, uint64_t *counts,
                                double *expected)
{
    const double width = (high - low) / (double)bins;
    for (size_t n = 0; n < bins && counts != NULL; n++)
        counts[n] = 0;
    for (size_t n = 0; n < count && counts != NULL; n++) {
        const double place = (values[n] - low) / width;
        if (place >= 0 && place < (double)bins)
            counts[(size_t)place]++;
    }
    double before = detinit_singular_cdf(law, low);
    for (size_t n = 0; n < bins && expected != NULL; n++) {
        const double until = detinit_singular_cdf(law, low + width * (double)(n + 1));
        expected[n] = (double)count * (until - before);
        before = until;
    }
}
