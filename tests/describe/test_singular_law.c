/* The laws of singular values: edges, integrals, moments; and what a 2 x 2 matrix does to a circle.
 */
#include "check.h"

#include "detinit_describe.h"

static const uint64_t shapes[][2] = {{128, 256}, {256, 128},  {64, 64},      {1, 50},
                                     {3, 1000},  {10, 10000}, {4096, 65536}, {1000, 1001}};
#define SHAPES (sizeof shapes / sizeof *shapes)

/* By the midpoint rule in the angle, in which the density is smooth at both edges. */
static double integral(const detinit_singular_law *law, double from, double to, int power)
{
    const int steps = 20000;
    const double pi = acos(-1), middle = (from + to) / 2, half = (to - from) / 2;
    double sum = 0;
    for (int n = 0; n < steps; n++) {
        const double t = pi * (n + 0.5) / steps, x = middle - half * cos(t);
        sum += detinit_singular_pdf(law, x) * pow(x, power) * half * sin(t) * pi / steps;
    }
    return sum;
}

static void edges(void **state)
{
    detinit_singular_law law = detinit_marchenko_pastur(128, 256, 1 / sqrt(256));
    (void)state;
    assert_double_near(law.lower, 1 - sqrt(0.5), 1e-14); /* 0.29 and 1.71 */
    assert_double_near(law.upper, 1 + sqrt(0.5), 1e-14);
    law = detinit_marchenko_pastur(64, 64, 1);
    assert_double_near(law.lower, 0, 0);
    assert_double_near(law.upper, 16, 1e-14);
    assert_double_near(detinit_singular_pdf(&law, 17), 0, 0);
    assert_double_near(detinit_singular_pdf(&law, -1), 0, 0);
    assert_double_near(detinit_singular_cdf(&law, -1), 0, 0);
    assert_double_near(detinit_singular_cdf(&law, 16), 1, 0);
    /* The quarter of a circle. */
    assert_double_near(detinit_singular_pdf(&law, 8), sqrt(256 - 64) / (acos(-1) * 64), 1e-15);
}

/* E s^2 = longer std^2, E s^4 = longer (longer + shorter) std^4: Marchenko and Pastur's moments. */
static void moments(void **state)
{
    (void)state;
    for (size_t n = 0; n < SHAPES; n++) {
        const double std = 0.37;
        const detinit_singular_law law = detinit_marchenko_pastur(shapes[n][0], shapes[n][1], std);
        const double longer = law.longer, shorter = law.shorter;
        assert_double_near(integral(&law, law.lower, law.upper, 0), 1, 1e-7);
        assert_double_near(integral(&law, law.lower, law.upper, 2) / (longer * std * std), 1, 1e-7);
        assert_double_near(integral(&law, law.lower, law.upper, 4) /
                               (longer * (longer + shorter) * pow(std, 4)),
                           1, 1e-7);
    }
}

static void probabilities_are_integrals(void **state)
{
    (void)state;
    for (size_t n = 0; n < SHAPES; n++) {
        const detinit_singular_law law = detinit_marchenko_pastur(shapes[n][0], shapes[n][1], 2);
        for (double part = 0.05; part < 1; part += 0.1) {
            const double x = law.lower + part * (law.upper - law.lower);
            const double p = detinit_singular_cdf(&law, x);
            assert_double_near(p, integral(&law, law.lower, x, 0), 1e-6);
            assert_double_near(detinit_singular_quantile(&law, p), x, 1e-9 * x);
        }
        assert_true(isnan(detinit_singular_quantile(&law, 1.5)));
        assert_true(isnan(detinit_singular_quantile(&law, -0.5)));
        assert_true(isnan(detinit_singular_quantile(&law, NAN)));
    }
}

static void histograms(void **state)
{
    const detinit_singular_law law = detinit_marchenko_pastur(100, 100, 0.1);
    const double values[] = {2.5, 1.99, 1, 0.99, 0.51, 0};
    uint64_t counts[4];
    double expected[4];
    (void)state;
    detinit_singular_histogram(&law, values, 6, 0, 2, 4, counts, expected);
    assert_memory_equal(counts, ((uint64_t[]){1, 2, 1, 1}), sizeof counts);
    assert_double_near(expected[0] + expected[1] + expected[2] + expected[3], 6, 1e-14);
    assert_double_near(expected[1], 6 * integral(&law, 0.5, 1, 0), 1e-8);
    detinit_singular_histogram(&law, values, 6, 0, 2, 4, NULL, expected);
    detinit_singular_histogram(&law, values, 6, 0, 2, 4, counts, NULL);
    assert_int_equal(counts[1], 2);
    detinit_singular_histogram(&law, values, 6, 0.5, 2, 3, counts, NULL); /* 0 is below all bins */
    assert_memory_equal(counts, ((uint64_t[]){2, 1, 1}), 3 * sizeof counts[0]);
}

/* ------------------------------------------------------------------ products */

/* OEIS A000108, A001764, A002293. */
static void fuss_catalan_numbers(void **state)
{
    static const double numbers[3][6] = {
        {1, 1, 2, 5, 14, 42}, {1, 1, 3, 12, 55, 273}, {1, 1, 4, 22, 140, 969}};
    (void)state;
    for (unsigned factors = 1; factors <= 3; factors++)
        for (unsigned k = 0; k < 6; k++)
            assert_double_near(detinit_fuss_catalan(factors, k), numbers[factors - 1][k], 1e-11);
}

/* Of a square: Marchenko and Pastur's. */
static void one_factor(void **state)
{
    const detinit_singular_law law = detinit_marchenko_pastur(100, 100, 0.1);
    (void)state;
    assert_double_near(detinit_product_upper(1), 2, 1e-14);
    for (double x = 0; x < 2.2; x += 0.07) {
        assert_double_near(detinit_product_pdf(1, x), detinit_singular_pdf(&law, x + 1e-15), 1e-10);
        assert_double_near(detinit_product_cdf(1, x), detinit_singular_cdf(&law, x), 1e-9);
    }
}

/* The law's own moments: x^2k dP, by parts, since its density has no bound at 0. */
static void moments_of_products(void **state)
{
    const int steps = 4000;
    (void)state;
    for (unsigned factors = 1; factors <= 6; factors++)
        for (unsigned k = 1; k <= 4; k++) {
            const double upper = detinit_product_upper(factors);
            double sum = 0;
            for (int n = 0; n < steps; n++) {
                const double x = upper * (n + 0.5) / steps;
                sum += 2 * k * pow(x, 2 * k - 1) * (1 - detinit_product_cdf(factors, x)) * upper /
                       steps;
            }
            assert_double_near(sum / detinit_fuss_catalan(factors, k), 1, 1e-5);
        }
}

static void density_of_products(void **state)
{
    (void)state;
    for (unsigned factors = 1; factors <= 6; factors++) {
        for (double x = 0.1; x < detinit_product_upper(factors) - 0.02; x += 0.1)
            assert_double_near(
                detinit_product_pdf(factors, x),
                (detinit_product_cdf(factors, x + 1e-5) - detinit_product_cdf(factors, x - 1e-5)) /
                    2e-5,
                2e-5);
        assert_double_near(detinit_product_cdf(factors, 100), 1, 0);
        assert_double_near(detinit_product_cdf(factors, 0), 0, 0);
        assert_double_near(detinit_product_pdf(factors, 100), 0, 0);
        assert_double_near(detinit_product_pdf(factors, -0.1), 0, 0);
    }
    assert_true(isinf(detinit_product_pdf(2, 0)));
}

/* ------------------------------------------------------------------ ellipses */

/* The lengths that the circle's points have, and where the longest one points. */
static void circles_become_ellipses(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 50; n++) {
        double m[4], longest = 0, shortest = INFINITY, angle = 0;
        for (uint64_t k = 0; k < 4; k++)
            m[k] = detinit_gaussian(n, &k, 1);
        for (int step = 0; step < 100000; step++) {
            const double t = acos(-1) * step / 100000;
            const double x = m[0] * cos(t) + m[1] * sin(t), y = m[2] * cos(t) + m[3] * sin(t);
            shortest = fmin(shortest, hypot(x, y));
            if (hypot(x, y) > longest) {
                longest = hypot(x, y);
                angle = atan2(y, x);
            }
        }
        const detinit_ellipse e = detinit_ellipse_of(m);
        assert_double_near(e.major, longest, 1e-8);
        assert_double_near(e.minor, shortest, 1e-4);
        assert_double_near(sin(e.angle - angle), 0, 1e-3);
        assert_true(e.angle > -acos(0) - 1e-15 && e.angle <= acos(0));
    }
    const detinit_ellipse line = detinit_ellipse_of((const double[]){1, 1, 1, 1});
    assert_double_near(line.major, 2, 1e-15);
    assert_double_near(line.minor, 0, 1e-15);
    assert_double_near(line.angle, acos(-1) / 4, 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges),
        cmocka_unit_test(moments),
        cmocka_unit_test(probabilities_are_integrals),
        cmocka_unit_test(histograms),
        cmocka_unit_test(fuss_catalan_numbers),
        cmocka_unit_test(one_factor),
        cmocka_unit_test(moments_of_products),
        cmocka_unit_test(density_of_products),
        cmocka_unit_test(circles_become_ellipses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
