/* Activations: values and slopes against their formulas, names, and where they saturate. */
#include "check.h"

#include "detinit_describe.h"
#include "describe/activation.h"

static const detinit_activation all[] = {DETINIT_RELU,    DETINIT_TANH,  DETINIT_LEAKY_RELU,
                                         DETINIT_GELU,    DETINIT_SILU,  DETINIT_SELU,
                                         DETINIT_SIGMOID, DETINIT_LINEAR};

/* By mpmath, from the formulas. */
static void values_of_the_formulas(void **state)
{
    static const double at[] = {-2, -0.5, 0.5, 3};
    static const double values[][4] = {
        [DETINIT_RELU] = {0, 0, 0.5, 3},
        [DETINIT_TANH] = {-0.96402758007581688, -0.46211715726000976, 0.46211715726000976,
                          0.99505475368673045},
        [DETINIT_LEAKY_RELU] = {-0.02, -0.005, 0.5, 3},
        [DETINIT_GELU] = {-0.045500263896358414, -0.15426876936299345, 0.34573123063700655,
                          2.9959503059051097},
        [DETINIT_SILU] = {-0.23840584404423511, -0.18877033439907272, 0.31122966560092728,
                          2.8577223804672997},
        [DETINIT_SELU] = {-1.520166468595695, -0.6917581878028714, 0.52535049367774025,
                          3.1521029620664415},
        [DETINIT_SIGMOID] = {0.11920292202211756, 0.37754066879814544, 0.62245933120185456,
                             0.95257412682243322},
        [DETINIT_LINEAR] = {-2, -0.5, 0.5, 3},
    };
    (void)state;
    assert_int_equal(sizeof values / sizeof *values, DETINIT_ACTIVATION_COUNT);
    for (int n = 0; n < DETINIT_ACTIVATION_COUNT; n++)
        for (size_t k = 0; k < 4; k++)
            assert_double_near(detinit_activation_value((detinit_activation)n, at[k]), values[n][k],
                               4e-16 * fabs(at[k]));
}

/* The slope is that of the value, by a central difference. */
static void slopes_are_those_of_the_values(void **state)
{
    const double step = 1e-5;
    (void)state;
    for (int n = 0; n < DETINIT_ACTIVATION_COUNT; n++)
        for (double x = -6.03; x < 6.1; x += 0.37) {
            const double rise = detinit_activation_value(all[n], x + step) -
                                detinit_activation_value(all[n], x - step);
            assert_double_near(detinit_activation_slope(all[n], x), rise / (2 * step), 1e-9);
        }
}

/* Small signals keep their digits, and none of the great ones becomes no number. */
static void far_from_1(void **state)
{
    (void)state;
    assert_double_same(detinit_activation_value(DETINIT_TANH, 1e-200), 1e-200);
    assert_double_near(detinit_activation_value(DETINIT_SILU, 1e-200), 5e-201, 1e-216);
    assert_double_near(detinit_activation_value(DETINIT_GELU, -1e-200), -5e-201, 1e-216);
    assert_double_near(detinit_activation_slope(DETINIT_SIGMOID, 700) / exp(-700), 1, 1e-14);
    assert_double_near(detinit_activation_slope(DETINIT_SIGMOID, -700) / exp(-700), 1, 1e-14);
    for (int n = 0; n < DETINIT_ACTIVATION_COUNT; n++)
        for (int sign = -1; sign <= 1; sign += 2) {
            assert_true(isfinite(detinit_activation_value(all[n], sign * 1e300)));
            assert_true(isfinite(detinit_activation_slope(all[n], sign * 1e300)));
        }
}

static void saturation_is_where_values_are(void **state)
{
    (void)state;
    const double at = activation_rows[DETINIT_TANH].saturated_from;
    assert_double_near(detinit_activation_value(DETINIT_TANH, at), DETINIT_SATURATED_FROM, 1e-15);
    const double far = activation_rows[DETINIT_SIGMOID].saturated_from;
    assert_double_near(2 * detinit_activation_value(DETINIT_SIGMOID, far) - 1,
                       DETINIT_SATURATED_FROM, 1e-15);
}

static void names(void **state)
{
    detinit_activation found = DETINIT_LINEAR;
    (void)state;
    for (int n = 0; n < DETINIT_ACTIVATION_COUNT; n++) {
        const char *name = detinit_activation_name((detinit_activation)n);
        assert_non_null(name);
        assert_true(detinit_activation_parse(name, &found));
        assert_int_equal(found, n);
    }
    assert_string_equal(detinit_activation_name(DETINIT_LEAKY_RELU), "leaky_relu");
    assert_true(detinit_activation_parse("Swish", &found));
    assert_int_equal(found, DETINIT_SILU);
    assert_true(detinit_activation_parse("LeakyReLU", &found));
    assert_int_equal(found, DETINIT_LEAKY_RELU);
    assert_false(detinit_activation_parse("softplus", &found));
    assert_int_equal(found, DETINIT_LEAKY_RELU);
    assert_null(detinit_activation_name(DETINIT_ACTIVATION_COUNT));
    assert_null(detinit_activation_name((detinit_activation)-1));
}

static void axes_hold_what_is_bounded(void **state)
{
    (void)state;
    for (int n = 0; n < DETINIT_ACTIVATION_COUNT; n++) {
        double low, high;
        detinit_activation_range((detinit_activation)n, &low, &high);
        for (double x = -4; x <= 4; x += 0.125) {
            const double value = detinit_activation_value((detinit_activation)n, x);
            assert_true(value >= low && value <= fmax(high, 4 * 1.0507009873554805));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_the_formulas),
        cmocka_unit_test(slopes_are_those_of_the_values),
        cmocka_unit_test(far_from_1),
        cmocka_unit_test(saturation_is_where_values_are),
        cmocka_unit_test(names),
        cmocka_unit_test(axes_hold_what_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
