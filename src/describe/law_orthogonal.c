/*
 * An entry Q of an orthogonal matrix under Haar measure is a coordinate of a
 * uniform point on the unit sphere in n dimensions, n the longer side:
 * Q^2 ~ Beta(1/2, (n - 1)/2), with density c (1 - q^2)^((n - 3)/2).
 */
#include "describe/law.h"

#include <float.h>
#include <math.h>

#define PI 3.14159265358979323846

/* From here on an expansion about the normal is exact to double precision. */
#define LARGE_SIDE 200

static double normal_tail(double z)
{
    return 0.5 * erfc(z * 0.70710678118654752440);
}

static double normal_density(double z)
{
    return 0.39894228040143267794 * exp(-0.5 * z * z);
}

/*
 * Large n.  With s = -ln(1 - q^2) / 2 and z^2 = 2 nu s, nu = n - 3/2, the density
 * of z is exactly proportional to
 *     exp(-z^2 / 2) sqrt(s / sinh s) = exp(-z^2 / 2) (1 - s^2/12 + s^4/160 - ...),
 * whose terms are integrated against the normal density one by one.
 */
static double expansion_mass(double nu)
{
    double e = 1 / (nu * nu);
    return 1 - 3.0 / 48 * e + 105.0 / 2560 * e * e;
}

static double expansion_tail(double n, double q)
{
    double nu = n - 1.5, e = 1 / (nu * nu);
    double z2 = -nu * log1p(-q * q), z = sqrt(z2);
    double tail = normal_tail(z), density = normal_density(z);
    double fourth = z * (z2 + 3) * density + 3 * tail;
    double eighth = z * (z2 * (z2 * (z2 + 7) + 35) + 105) * density + 105 * tail;
    return (tail - fourth * e / 48 + eighth * e * e / 2560) / expansion_mass(nu);
}

/* c = Gamma(n/2) / (sqrt(pi) Gamma((n - 1)/2)), and c(n + 2) = c(n) n / (n - 1). */
static double density_constant(double n)
{
    double c;
    if (n >= LARGE_SIDE)
        return sqrt((n - 1.5) / (2 * PI)) / expansion_mass(n - 1.5);
    c = fmod(n, 2) == 0 ? 1 / PI : 0.5;
    for (double k = fmod(n, 2) == 0 ? 2 : 3; k < n; k += 2)
        c *= k / (k - 1);
    return c;
}

/*
 * The continued fraction of the incomplete beta function I_x(a, b)
 * (Abramowitz and Stegun 26.5.8) without its factor x^a (1 - x)^b / (a B(a, b)),
 * by Lentz's method.  Converges fast for x < (a + 1) / (a + b + 2).
 */
static double beta_fraction(double a, double b, double x)
{
    double value = 1, c = 1, d = 0;
    for (int k = 1; k < 1000; k++) {
        double m = k / 2, step;
        double term = k % 2 == 0 ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                                 : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / (1 + term * d);
        c = 1 + term / c;
        step = c * d;
        value *= step;
        if (fabs(step - 1) <= DBL_EPSILON)
            break;
    }
    return 1 / value;
}

/* (1 - q^2)^exponent, for exponents so large that the rounding of 1 - q^2 would tell. */
static double power_of_rest(double q, double exponent)
{
    if (q < 0.5)
        return exp(exponent * log1p(-q * q));
    return pow((1 - q) * (1 + q), exponent);
}

/* P(Q <= -q) for 0 <= q < 1: by the centre, or by the tail where that is the smaller. */
static double fraction_tail(double n, double q)
{
    double b = 0.5 * (n - 1), c = density_constant(n);
    double x = q * q, factor = c * q * power_of_rest(q, b);
    if (x < 1.5 / (b + 2.5))
        return 0.5 - factor * beta_fraction(0.5, b, x);
    return 0.5 * factor / b * beta_fraction(b, 0.5, (1 - q) * (1 + q));
}

static double entry_density(const struct law *law, double x)
{
    double n = law->side, q = fabs(x);
    if (q > 1)
        return 0;
    return density_constant(n) * power_of_rest(q, 0.5 * (n - 3));
}

static double entry_lower_tail(const struct law *law, double x)
{
    double n = law->side, q = -x;
    if (q >= 1)
        return 0;
    return n >= LARGE_SIDE ? expansion_tail(n, q) : fraction_tail(n, q);
}

/*
 * Newton's method on ln P(Q <= x), which is concave for n >= 3, from the left:
 * a cap of the sphere weighs P(Q <= -q) <= (1 - q^2)^((n - 1)/2) / 2.
 */
static double entry_tail_quantile(const struct law *law, double p)
{
    double n = law->side, x;
    if (n == 2)
        return -cos(PI * p);
    x = -sqrt(-expm1(2 * log(2 * p) / (n - 1)));
    for (int step = 0; step < 64; step++) {
        double tail = entry_lower_tail(law, x);
        double rise = -log(tail / p) * tail / entry_density(law, x);
        if (!(fabs(rise) > 1e-16 * fabs(x)) || !isfinite(rise))
            break;
        x += rise;
    }
    return x < 0 ? x : 0;
}

/* E Q^(2k) = product over j < k of (2j + 1) / (n + 2j); times n^k. */
static void entry_moments(struct law *law)
{
    double n = law->side;
    law->moments[0] = 1;
    for (int k = 1; k < LAW_MOMENTS; k++)
        law->moments[k] = law->moments[k - 1] * (2 * k - 1) * (n / (n + 2 * k - 2));
}

const law_family law_orthogonal_entry = {.density = entry_density,
                                         .lower_tail = entry_lower_tail,
                                         .tail_quantile = entry_tail_quantile,
                                         .moments = entry_moments};
