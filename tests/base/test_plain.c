/* Numbers have a dot where the locale has a comma; tests/verb/test_locale.sh makes such a locale.
 */
#include "check.h"

#include "base/error.h"
#include "base/plain.h"
#include "detinit.h"

#include <locale.h>

static int take_comma(void **state)
{
    (void)state;
    setlocale(LC_ALL, "");
    if (localeconv()->decimal_point[0] != ',')
        setlocale(LC_NUMERIC, "de_DE.UTF-8");
    return 0;
}

static bool has_comma(void)
{
    return localeconv()->decimal_point[0] == ',';
}

static void prints_and_reads_dots(void **state)
{
    char text[32], *end;
    (void)state;
    if (!has_comma())
        skip();
    assert_int_equal(plain_print(text, sizeof text, "%.2f %g", 1.25, 1e-7), 10);
    assert_string_equal(text, "1.25 1e-07");
    assert_double_near(plain_read("0.375x", &end), 0.375, 0);
    assert_string_equal(end, "x");
    snprintf(text, sizeof text, "%.2f", 1.25); /* the caller's locale is as it was */
    assert_string_equal(text, "1,25");
}

static void sentences_have_dots(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(1, 0, 2, 2);
    detinit_error error;
    (void)state;
    if (!has_comma())
        skip();
    recipe.dist = DETINIT_DIST_TRUNCATED;
    recipe.cut = 0.25;
    assert_int_equal(detinit_recipe_check(&recipe, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "cut must be 0.5 .. 8, not 0.25");
}

static void a_slope_is_read_with_a_dot(void **state)
{
    detinit_nonlinearity which;
    double slope = 0;
    (void)state;
    if (!has_comma())
        skip();
    assert_true(detinit_nonlinearity_parse("leaky_relu:0.125", &which, &slope));
    assert_double_near(slope, 0.125, 0);
    assert_false(detinit_nonlinearity_parse("leaky_relu:0,125", &which, &slope));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_and_reads_dots),
        cmocka_unit_test(sentences_have_dots),
        cmocka_unit_test(a_slope_is_read_with_a_dot),
    };
    return cmocka_run_group_tests_name("plain", tests, take_comma, NULL);
}
