/* The arithmetic of manifests against Python's, and what is none. */
#include "check.h"

#include "network/expression.h"

#include <math.h>
#include <string.h>

/* The value of a text with i, or not a number where it is no arithmetic. */
static double value_of(const char *text, double i)
{
    const expression_variable variable = {"i", i};
    double value = NAN;
    return expression_value(text, strlen(text), &variable, 1, &value) ? value : NAN;
}

/* Python's floats are binary64, and so is every step of what it made these of. */
static void test_python(void **state)
{
    (void)state;
    FILE *file = open_in("TEST_DATA", "expressions.csv");
    char line[512], text[256], hex[64];
    size_t lines = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        double i;
        if (line[0] == '#')
            continue;
        assert_int_equal(sscanf(line, "%255[^;];%lf;%63s", text, &i, hex), 3);
        if (value_of(text, i) != strtod(hex, NULL))
            fail_msg("%s with i = %g: %a, not %s", text, i, value_of(text, i), hex);
        lines++;
    }
    fclose(file);
    assert_true(lines >= 300);
}

static void test_no_arithmetic(void **state)
{
    (void)state;
    const char *const texts[] = {
        "",      " ",        " 1",     "1 ",         "+1",  "1 +",     "1 2",    "(1",  "1)",
        "()",    "1 ** 2",   "1 // 2", "j",          "ii",  "sqrt",    "sqrt 4", "1e",  "1.",
        ".5",    "01",       "1.2.3",  "0x10",       "1,5", "1;",      "nan",    "inf", "1 / 0",
        "0 / 0", "sqrt(-1)", "1e999",  "1e308 * 10", "i.",  "2 i",     "i(1)",   "1\n", "1 % 2",
        "$",     "-",        "* 1",    "sqrt()",     "\t1", "root(4)", "sqrt)",
    };
    char deep[512] = "";
    for (size_t n = 0; n < sizeof texts / sizeof texts[0]; n++)
        if (!isnan(value_of(texts[n], 3)))
            fail_msg("'%s' is %g", texts[n], value_of(texts[n], 3));
    for (size_t n = 0; n < 90; n++)
        strcpy(deep + n, "(");
    strcpy(deep + 90, "1");
    for (size_t n = 91; n < 181; n++)
        strcpy(deep + n, ")");
    assert_true(isnan(value_of(deep, 3)));
    memmove(deep + 1, deep, strlen(deep) + 1);
    deep[0] = '-'; /* which counts for one, a pair of parentheses for two */
    assert_true(isnan(value_of(deep, 3)));
    memset(deep, '-', 90);
    strcpy(deep + 90, "1");
    assert_true(isnan(value_of(deep, 3)));
    memset(deep, '1', EXPRESSION_MOST);
    deep[EXPRESSION_MOST] = '\0';
    assert_true(!isnan(value_of(deep, 3)));
    strcpy(deep + EXPRESSION_MOST, "1");
    assert_true(isnan(value_of(deep, 3)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_python),
        cmocka_unit_test(test_no_arithmetic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
