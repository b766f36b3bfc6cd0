/*
 * The law of the singular values of a product of L square matrices, by Penson and Zyczkowski's
 * angle: for t in (0, pi / (L + 1)) their squares are
 *
 *     x(t) = sin^(L+1)((L + 1) t) / (sin t sin^L(L t)),   of density
 *     p(x(t)) = sin^2 t sin^(L-1)(L t) / (pi sin^L((L + 1) t)),
 *
 * and x falls from its upper end to 0.
 */
#include "detinit_describe.h"

#include <math.h>

#define PI 3.14159265358979323846

/* Steps of Simpson's rule. */
#define STEPS 256

double detinit_fuss_catalan(unsigned factors, unsigned k)
{
    double number = 1;
    for (unsigned n = 1; n <= k; n++)
        number *= ((double)factors * k + n) / n;
    return number / ((double)factors * k + 1);
}

double detinit_product_upper(unsigned factors)
{
    const double l = factors;
    return exp(0.5 * ((l + 1) * log(l + 1) - l * log(l)));
}

static double log_square(double l, double t)
{
    return (l + 1) * log(sin((l + 1) * t)) - log(sin(t)) - l * log(sin(l * t));
}

/* The angle of a singular value in (0, upper). */
static double angle_of(double l, double value)
{
    const double wanted = 2 * log(value);
    double low = 0, high = PI / (l + 1);
    for (int step = 0; step < 60; step++) {
        const double middle = (low + high) / 2;
        if (log_square(l, middle) > wanted)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

double detinit_product_pdf(unsigned factors, double value)
{
    const double l = factors;
    if (!(value >= 0 && value < detinit_product_upper(factors)))
        return 0;
    if (value == 0)
        return factors == 1 ? 2 / PI : INFINITY;
    const double t = angle_of(l, value), far = sin((l + 1) * t);
    const double density =
        sin(t) * sin(t) / (sin(l * t) * PI) * exp(l * (log(sin(l * t)) - log(far)));
    return 2 * value * density;
}

/* p(x) -dx/dt, from 0 at t = 0. */
static double density_of_angle(double l, double t)
{
    const double far = (l + 1) * t;
    if (t == 0)
        return 0;
    return (sin(far) * (cos(t) + l * l * sin(t) * cos(l * t) / sin(l * t)) -
            (l + 1) * (l + 1) * sin(t) * cos(far)) /
           (PI * sin(l * t));
}

/* The share of greater values: of angles from 0. */
double detinit_product_cdf(unsigned factors, double value)
{
    const double l = factors;
    if (!(value > 0))
        return 0;
    if (value >= detinit_product_upper(factors))
        return 1;
    const double end = angle_of(l, value), width = end / STEPS;
    double sum = 0;
    for (int n = 0; n <= STEPS; n++)
        sum += (n == 0 || n == STEPS ? 1 : n % 2 == 1 ? 4 : 2) * density_of_angle(l, n * width);
    return 1 - sum * width / 3;
}
