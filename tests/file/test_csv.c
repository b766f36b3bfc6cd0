/* Numbers as text, against printf and strtod. */
#include "check.h"

#include "file/csv.h"

#include <locale.h>

/* Bits of every kind: any, common sizes, whole numbers, neighbours of powers of ten. */
static double number(uint64_t n)
{
    const uint64_t bits = detinit_hash64(n);
    const int power = (int)(detinit_hash64(bits) % 50) - 25;
    double value;
    switch (n % 4) {
    case 0:
        memcpy(&value, &bits, sizeof value);
        return value;
    case 1:
        return (detinit_u01(bits) - 0.5) * pow(10, power);
    case 2:
        return (double)(int64_t)bits / (double)((uint64_t)1 << (bits % 64));
    default:
        return nextafter(pow(10, power), bits & 1 ? 0 : INFINITY);
    }
}

/* The value as it is after having been stored. */
static double stored(detinit_dtype dtype, double value)
{
    unsigned char bytes[8];
    detinit_encode(dtype, &value, 1, bytes);
    detinit_decode(dtype, bytes, 1, &value);
    return value;
}

static void check_number(detinit_dtype dtype, double value)
{
    static const int digits[DETINIT_DTYPE_COUNT] = {17, 9, 5, 4};
    char expected[64], actual[CSV_NUMBER_MOST + 1];
    const size_t length = csv_number(dtype, value, actual);
    actual[length] = '\0';
    snprintf(expected, sizeof expected, "%.*g", digits[dtype], value);
    if (!isnan(value)) {
        assert_string_equal(actual, expected);
        assert_double_same(stored(dtype, strtod(actual, NULL)), stored(dtype, value));
    }
}

static void prints_as_printf_and_reads_back(void **state)
{
    (void)state;
    for (int dtype = 0; dtype < DETINIT_DTYPE_COUNT; dtype++)
        for (uint64_t n = 0; n < 40000; n++)
            check_number((detinit_dtype)dtype, stored((detinit_dtype)dtype, number(n)));
}

static void prints_the_edges(void **state)
{
    static const double edges[] = {0.0,
                                   -0.0,
                                   1,
                                   -1,
                                   0.5,
                                   1e-4,
                                   9.9e-5,
                                   1e16,
                                   1e17,
                                   1e22,
                                   1e23,
                                   0x1p-1074,
                                   0x1p-24,
                                   0x1p1023,
                                   INFINITY,
                                   -INFINITY,
                                   0.1,
                                   65504,
                                   0x1.fffffffffffffp-1,
                                   0x1.fffffffffffffp1023};
    (void)state;
    for (size_t n = 0; n < sizeof edges / sizeof edges[0]; n++)
        for (int dtype = 0; dtype < DETINIT_DTYPE_COUNT; dtype++)
            check_number((detinit_dtype)dtype, edges[n]);
}

static void formats_lines(void **state)
{
    static const double values[] = {1, -0.25, 1e-30, 3};
    char text[4 * CSV_WEIGHT_MOST + 1];
    const detinit_block rows = {.rows = 2, .cols = 2, .values = values};
    const detinit_block part = {.row = 1, .col = 3, .rows = 1, .cols = 4, .values = values};
    (void)state;
    text[csv_format(DETINIT_FLOAT32, &rows, 2, text)] = '\0';
    assert_string_equal(text, "1,-0.25\n1e-30,3\n");
    text[csv_format(DETINIT_FLOAT32, &part, 8, text)] = '\0';
    assert_string_equal(text, "1,-0.25,1e-30,3,");
    text[csv_format(DETINIT_FLOAT32, &part, 7, text)] = '\0';
    assert_string_equal(text, "1,-0.25,1e-30,3\n");
}

/* A decimal comma of the locale stays out of the file. */
static void ignores_the_locale(void **state)
{
    static const char *const with_comma[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "es_ES.UTF-8", "de_DE"};
    char text[CSV_NUMBER_MOST + 1];
    const char *found = NULL;
    (void)state;
    for (size_t n = 0; n < sizeof with_comma / sizeof with_comma[0] && found == NULL; n++)
        found = setlocale(LC_NUMERIC, with_comma[n]);
    if (found == NULL)
        skip();
    text[csv_number(DETINIT_FLOAT64, 1.1e-200, text)] = '\0';
    setlocale(LC_NUMERIC, "C");
    assert_string_equal(text, "1.1000000000000001e-200");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_as_printf_and_reads_back),
        cmocka_unit_test(prints_the_edges),
        cmocka_unit_test(formats_lines),
        cmocka_unit_test(ignores_the_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
