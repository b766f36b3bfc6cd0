/*
 * A weight of a zero-mean slice: of k draws d of unit variance one becomes
 *     sqrt(k / (k - 1)) (d - mean d)  =  a d - b (the sum of the k - 1 others),
 *     a = sqrt((k - 1) / k),  b = 1 / sqrt(k (k - 1)).
 * Normal draws stay normal.  Others are bounded, and the density of a sum of
 * independent bounded variables is a Fourier series whose coefficients are
 * values of the product of their characteristic functions.
 */
#include "describe/law.h"

#include <math.h>

#define PI 3.14159265358979323846

/* The series ends where so many waves in a row are this small. */
#define SMALL_WAVE 1e-16
#define FEW_WAVES  8

/* The sum of w(m) cos(m angle), and of w(m) sin(m angle) / m, over all waves. */
struct wave_sums {
    double cosines, sines;
};

/* By rotation from one wave to the next. */
static struct wave_sums sum_waves(const struct law *law, double angle)
{
    struct wave_sums sums = {0, 0};
    double c = cos(angle), s = sin(angle), cm = 1, sm = 0;
    for (size_t m = 1; m <= law->wave_count; m++) {
        double turned = cm * c - sm * s;
        sm = sm * c + cm * s;
        cm = turned;
        sums.cosines += law->waves[m - 1] * cm;
        sums.sines += law->waves[m - 1] * sm / (double)m;
    }
    return sums;
}

static double slice_density(const struct law *law, double x)
{
    if (fabs(x) >= law->reach)
        return 0;
    struct wave_sums sums = sum_waves(law, PI * x / law->reach);
    return fmax(0, (0.5 + sums.cosines) / law->reach);
}

static double slice_lower_tail(const struct law *law, double x)
{
    if (x <= -law->reach)
        return 0;
    struct wave_sums sums = sum_waves(law, PI * x / law->reach);
    return fmin(0.5, fmax(0, 0.5 + 0.5 * x / law->reach + sums.sines / PI));
}

static double slice_tail_quantile(const struct law *law, double p)
{
    double low = -law->reach, high = 0;
    for (int step = 0; step < 60; step++) {
        double middle = 0.5 * (low + high);
        if (slice_lower_tail(law, middle) < p)
            low = middle;
        else
            high = middle;
    }
    return high;
}

/*
 * Even moments to cumulants and back: cumulants of independent variables add,
 * and the n-th of a d is a^n times that of d.
 */
static void restrict_moments(double moments[LAW_MOMENTS], double k)
{
    double m4 = moments[2], m6 = moments[3], m8 = moments[4];
    double c4 = m4 - 3, c6 = m6 - 15 * m4 + 30;
    double c8 = m8 - 28 * m6 - 35 * m4 * m4 + 420 * m4 - 630;
    double a2 = (k - 1) / k, b2 = 1 / (k * (k - 1));
    c4 *= pow(a2, 2) + (k - 1) * pow(b2, 2);
    c6 *= pow(a2, 3) + (k - 1) * pow(b2, 3);
    c8 *= pow(a2, 4) + (k - 1) * pow(b2, 4);
    moments[2] = c4 + 3;
    moments[3] = c6 + 15 * c4 + 15;
    moments[4] = c8 + 28 * c6 + 35 * c4 * c4 + 210 * c4 + 105;
}

static void make_waves(struct law *law, double k)
{
    double (*characteristic)(const struct law *, double) = law->family->characteristic;
    double a = sqrt((k - 1) / k), b = 1 / sqrt(k * (k - 1));
    double step = PI / law->reach * (law->unit / law->std);
    size_t small = 0;
    law->wave_count = 0;
    while (law->wave_count < LAW_WAVES && small < FEW_WAVES) {
        double t = (double)(law->wave_count + 1) * step;
        double wave = characteristic(law, a * t) * pow(characteristic(law, b * t), k - 1);
        law->waves[law->wave_count++] = wave;
        small = fabs(wave) < SMALL_WAVE ? small + 1 : 0;
    }
}

static const law_family slice_family = {
    .density = slice_density, .lower_tail = slice_lower_tail, .tail_quantile = slice_tail_quantile};

/*
 * The mean square of a slice is the unbiased variance of its k draws, which has
 * the variance (excess kurtosis) / k + 2 / (k - 1).
 */
void law_restrict_to_slices(struct law *law)
{
    const double k = law->slice;
    law->square_variance = law->moments[2] - 3 + 2 * k / (k - 1);
    law->reach *= 2 * sqrt((k - 1) / k);
    restrict_moments(law->moments, k);
    if (law->family->characteristic != NULL) {
        make_waves(law, k);
        law->family = &slice_family;
        law->unit = law->std;
    }
}
