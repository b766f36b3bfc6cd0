#include "file/csv.h"

#include "base/wide.h"
#include "number/dtype.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MOST 17

/* A number as digits[0].digits[1]... * 10^exponent. */
typedef struct decimal {
    int exponent;
    int count;
    char digits[DIGITS_MOST];
} decimal;

/* 5^n as far as 64 bits hold it. */
static const uint64_t power_of_5[] = {
    1u,
    5u,
    25u,
    125u,
    625u,
    3125u,
    15625u,
    78125u,
    390625u,
    1953125u,
    9765625u,
    48828125u,
    244140625u,
    1220703125u,
    6103515625u,
    30517578125u,
    152587890625u,
    762939453125u,
    3814697265625u,
    19073486328125u,
    95367431640625u,
    476837158203125u,
    2384185791015625u,
    11920928955078125u,
    59604644775390625u,
    298023223876953125u,
    1490116119384765625u,
    7450580596923828125u,
};
#define POWER_OF_5_MOST ((int)(sizeof power_of_5 / sizeof power_of_5[0]) - 1)

/* Up to the digits of any type. */
static const uint64_t power_of_10[] = {
    1u,
    10u,
    100u,
    1000u,
    10000u,
    100000u,
    1000000u,
    10000000u,
    100000000u,
    1000000000u,
    10000000000u,
    100000000000u,
    1000000000000u,
    10000000000000u,
    100000000000000u,
    1000000000000000u,
    10000000000000000u,
    100000000000000000u,
};

/*
 * Significant decimal digits that tell all values of a type apart: 1 + p log10(2), rounded up,
 * for fractions of p bits with their leading 1.
 */
static int digits_of(detinit_dtype dtype)
{
#define ROW(with, id, bytes, fraction_bits, ...)                                                   \
    [DETINIT_##id] = 2 + ((fraction_bits) + 1) * 30103 / 100000,
    static const int needed[] = {DTYPES(ROW, )};
#undef ROW
    return needed[dtype];
}

/*
 * Exact for 10^-11 or more (all digits wanted; less where fewer are): with k decimals
 * the digits are mantissa * 2^binary * 10^k = mantissa * 5^k * 2^(binary + k), whose
 * first factors fit in 53 + 63 bits.  The first guess of the exponent is the right
 * one or one less, so that its digits never round up to look complete.
 */
static bool decimal_of_common(double magnitude, int count, decimal *out, uint64_t *all)
{
    int binary;
    uint64_t mantissa = (uint64_t)ldexp(frexp(magnitude, &binary), 53);
    int exponent = (int)floor((binary - 1) * 0.30102999566398120); /* log10 2 */
    for (;; exponent++) {
        int k = count - 1 - exponent, shift = 53 - binary - k;
        if (k < 0 || k > POWER_OF_5_MOST || shift < 0 || shift > 127)
            return false;
        *all = wide_shift_to_nearest(wide_product(mantissa, power_of_5[k]), (unsigned)shift);
        out->exponent = exponent;
        if (*all < power_of_10[count])
            return true;
    }
}

/* Any finite number, by way of printf, whose decimal point depends on the locale. */
static void decimal_of_any(double magnitude, int count, decimal *out)
{
    char text[64];
    const char *from = text;
    snprintf(text, sizeof text, "%.*e", count - 1, magnitude);
    for (int n = 0; n < count; from++)
        if (*from >= '0' && *from <= '9')
            out->digits[n++] = *from;
    out->exponent = (int)strtol(strchr(from, 'e') + 1, NULL, 10);
}

static decimal decimal_of(double value, int count)
{
    decimal d = {.count = count};
    double magnitude = fabs(value);
    uint64_t all;
    if (magnitude > 0 && decimal_of_common(magnitude, count, &d, &all)) {
        for (int n = count; n-- > 0; all /= 10)
            d.digits[n] = (char)('0' + all % 10);
    } else {
        decimal_of_any(magnitude, count, &d);
    }
    while (d.count > 1 && d.digits[d.count - 1] == '0')
        d.count--;
    return d;
}

static char *put_digits(char *out, const char *digits, int count)
{
    memcpy(out, digits, (size_t)count);
    return out + count;
}

static char *put_zeros(char *out, int count)
{
    memset(out, '0', (size_t)count);
    return out + count;
}

/* As in 0.00123, 1.5 and 1200. */
static char *put_fixed(char *out, const decimal *d)
{
    int whole = d->exponent + 1;
    if (whole <= 0) {
        *out++ = '0';
        *out++ = '.';
        return put_digits(put_zeros(out, -whole), d->digits, d->count);
    }
    if (whole >= d->count)
        return put_zeros(put_digits(out, d->digits, d->count), whole - d->count);
    out = put_digits(out, d->digits, whole);
    *out++ = '.';
    return put_digits(out, d->digits + whole, d->count - whole);
}

/* As in 1.5e-07: two digits of exponent at least. */
static char *put_scientific(char *out, const decimal *d)
{
    int exponent = abs(d->exponent);
    *out++ = d->digits[0];
    if (d->count > 1) {
        *out++ = '.';
        out = put_digits(out, d->digits + 1, d->count - 1);
    }
    *out++ = 'e';
    *out++ = d->exponent < 0 ? '-' : '+';
    if (exponent >= 100)
        *out++ = (char)('0' + exponent / 100);
    *out++ = (char)('0' + exponent / 10 % 10);
    *out++ = (char)('0' + exponent % 10);
    return out;
}

size_t csv_number(detinit_dtype dtype, double value, char out[CSV_NUMBER_MOST])
{
    char *end = out;
    int count = digits_of(dtype);
    if (signbit(value))
        *end++ = '-';
    if (!isfinite(value))
        return (size_t)(put_digits(end, isnan(value) ? "nan" : "inf", 3) - out);
    decimal d = decimal_of(value, count);
    end = d.exponent < -4 || d.exponent >= count ? put_scientific(end, &d) : put_fixed(end, &d);
    return (size_t)(end - out);
}

size_t csv_format(detinit_dtype dtype, const detinit_block *block, uint64_t cols, char *out)
{
    const double *value = block->values;
    char *end = out;
    for (size_t row = 0; row < block->rows; row++) {
        for (size_t col = 0; col < block->cols; col++) {
            end += csv_number(dtype, *value++, end);
            *end++ = block->col + col + 1 == cols ? '\n' : ',';
        }
    }
    return (size_t)(end - out);
}
