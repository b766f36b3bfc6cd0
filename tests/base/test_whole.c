/* Whole numbers as people write them: decimal, hex, with a power of ten. */
#include "check.h"

#include "base/whole.h"

#include <stdio.h>
#include <string.h>

static void texts_are_read_or_refused(void **state)
{
    static const struct {
        const char *text;
        whole_result result;
        uint64_t value;
    } cases[] = {
        {"0", WHOLE_FINE, 0},
        {"42", WHOLE_FINE, 42},
        {"0042", WHOLE_FINE, 42},
        {"0x2a", WHOLE_FINE, 42},
        {"0XFFFFFFFFFFFFFFFF", WHOLE_FINE, UINT64_MAX},
        {"18446744073709551615", WHOLE_FINE, UINT64_MAX},
        {"18446744073709551616", WHOLE_TOO_LARGE, 0},
        {"0x10000000000000000", WHOLE_TOO_LARGE, 0},
        {"1e3", WHOLE_FINE, 1000},
        {"1E3", WHOLE_FINE, 1000},
        {"1e+3", WHOLE_FINE, 1000},
        {"1.5e3", WHOLE_FINE, 1500},
        {"1.5E3", WHOLE_FINE, 1500},
        {"1500e-2", WHOLE_FINE, 15},
        {"10.0e0", WHOLE_FINE, 10},
        {"0e99999999999999999999", WHOLE_FINE, 0},
        {"0.000e-7", WHOLE_FINE, 0},
        {"1e19", WHOLE_FINE, UINT64_C(10000000000000000000)},
        {"1e20", WHOLE_TOO_LARGE, 0},
        {"2e19", WHOLE_TOO_LARGE, 0},
        {"1e99999999999999999999", WHOLE_TOO_LARGE, 0},
        {"9007199254740.993e3", WHOLE_FINE, UINT64_C(9007199254740993)}, /* 2^53 + 1 */
        {"1844674407370955161.5e1", WHOLE_FINE, UINT64_MAX},
        {"1844674407370955161.6e1", WHOLE_TOO_LARGE, 0},
        {"00000000000000000000000000000000000100e-1", WHOLE_FINE, 10},
        {"100000000000000000000000000000e-29", WHOLE_FINE, 1},
        {"1e-1", WHOLE_NONE, 0},
        {"1.5", WHOLE_NONE, 0},
        {"1.0", WHOLE_NONE, 0},
        {"1.55e1", WHOLE_NONE, 0},
        {"18446744073709551615.5e0", WHOLE_NONE, 0},
        {"99999999999999999999999.5e0", WHOLE_NONE, 0},
        {"", WHOLE_NONE, 0},
        {"0x", WHOLE_NONE, 0},
        {"0x1e3g", WHOLE_NONE, 0},
        {"0x1p3", WHOLE_NONE, 0},
        {"e3", WHOLE_NONE, 0},
        {".5e1", WHOLE_NONE, 0},
        {"1.e3", WHOLE_NONE, 0},
        {"1e", WHOLE_NONE, 0},
        {"1e+", WHOLE_NONE, 0},
        {"1e3 ", WHOLE_NONE, 0},
        {"1e3g", WHOLE_NONE, 0},
        {" 1", WHOLE_NONE, 0},
        {"1e3.0", WHOLE_NONE, 0},
        {"1.2.3e5", WHOLE_NONE, 0},
        {"+1", WHOLE_NONE, 0},
        {"--1", WHOLE_NONE, 0},
        {"-1e-1", WHOLE_NONE, 0},
        {"-", WHOLE_NONE, 0},
        {"-1", WHOLE_NEGATIVE, 0},
        {"-1e3", WHOLE_NEGATIVE, 0},
        {"-99999999999999999999999", WHOLE_NEGATIVE, 0},
    };
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        uint64_t value = 77;
        const whole_result result = whole_parse(cases[n].text, &value);
        if (result != cases[n].result ||
            value != (cases[n].result == WHOLE_FINE ? cases[n].value : 77))
            fail_msg("'%s': %d, %llu", cases[n].text, (int)result, (unsigned long long)value);
    }
}

/* Numbers that printf wrote, the point moved to every place. */
static void a_point_may_stand_anywhere(void **state)
{
    uint64_t number = UINT64_C(0x9E3779B97F4A7C15);
    (void)state;
    for (int round = 0; round < 2000; round++) {
        char digits[24], text[48];
        uint64_t value;
        number = number * UINT64_C(6364136223846793005) + 1442695040888963407u;
        const uint64_t expected = number >> (round % 64);
        const int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)expected);
        for (int point = 1; point < length; point++) {
            snprintf(text, sizeof text, "%.*s.%se%d", point, digits, digits + point,
                     length - point);
            assert_int_equal(whole_parse(text, &value), WHOLE_FINE);
            assert_true(value == expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_read_or_refused),
        cmocka_unit_test(a_point_may_stand_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
