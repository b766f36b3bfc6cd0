#include "base/whole.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DECIMAL "0123456789"
#define HEX     DECIMAL "abcdefABCDEF"

/* Beyond this an exponent says nothing more: no digit of 64 bits is as far from the point. */
#define EXPONENT_MOST 100000

/* A decimal number as it is written: its digits, a point dropped, times ten to a power. */
typedef struct decimal {
    const char *digits, *end; /* between them a point may stand */
    long power;
} decimal;

/* The power of ten behind a number, "e3"; 0 where none is. Returns NULL where it is malformed. */
static const char *read_power(const char *at, long *power)
{
    *power = 0;
    if (*at != 'e' && *at != 'E')
        return at;
    at++;
    const bool negative = *at == '-';
    at += *at == '-' || *at == '+';
    if (strspn(at, DECIMAL) == 0)
        return NULL;
    for (; *at >= '0' && *at <= '9'; at++)
        *power = *power < EXPONENT_MOST ? *power * 10 + (*at - '0') : EXPONENT_MOST;
    *power = negative ? -*power : *power;
    return at;
}

/* Takes a text apart, "12", "1e3" or "1.5e3"; a point needs a power behind it. */
static bool read_decimal(const char *text, decimal *out)
{
    const size_t whole = strspn(text, DECIMAL);
    const char *end = text + whole;
    size_t fraction = 0;
    if (*end == '.') {
        fraction = strspn(end + 1, DECIMAL);
        end += 1 + fraction;
        if (fraction == 0 || (*end != 'e' && *end != 'E'))
            return false;
    }
    *out = (decimal){.digits = text, .end = end};
    end = read_power(end, &out->power);
    out->power -= (long)fraction;
    return whole > 0 && end != NULL && *end == '\0';
}

/* Digits times ten to a power, without binary fractions on the way: exact beyond 2^53, too. */
static whole_result decimal_value(decimal d, uint64_t *value)
{
    uint64_t sum = 0;
    while (d.end > d.digits && (d.end[-1] == '0' || d.end[-1] == '.'))
        d.power += *--d.end == '0';
    for (const char *at = d.digits; at < d.end; at++)
        if (*at != '.' && (__builtin_mul_overflow(sum, 10, &sum) ||
                           __builtin_add_overflow(sum, (uint64_t)(*at - '0'), &sum)))
            return d.power < 0 ? WHOLE_NONE : WHOLE_TOO_LARGE;
    if (sum > 0 && d.power < 0)
        return WHOLE_NONE;
    for (; sum > 0 && d.power > 0; d.power--)
        if (__builtin_mul_overflow(sum, 10, &sum))
            return WHOLE_TOO_LARGE;
    *value = sum;
    return WHOLE_FINE;
}

static whole_result parse_hex(const char *digits, uint64_t *value)
{
    const size_t length = strspn(digits, HEX);
    if (length == 0 || digits[length] != '\0')
        return WHOLE_NONE;
    errno = 0;
    const unsigned long long parsed = strtoull(digits, NULL, 16);
    if (errno == ERANGE)
        return WHOLE_TOO_LARGE;
    *value = parsed;
    return WHOLE_FINE;
}

whole_result whole_parse(const char *text, uint64_t *value)
{
    decimal d;
    uint64_t below;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
        return parse_hex(text + 2, value);
    if (text[0] == '-')
        return read_decimal(text + 1, &d) && decimal_value(d, &below) != WHOLE_NONE ? WHOLE_NEGATIVE
                                                                                    : WHOLE_NONE;
    return read_decimal(text, &d) ? decimal_value(d, value) : WHOLE_NONE;
}

const char *whole_digits(const char *at, const char *end, uint64_t most, uint64_t *value)
{
    uint64_t sum = 0;
    const char *next = at;
    for (; next < end && *next >= '0' && *next <= '9'; next++) {
        const unsigned digit = (unsigned)(*next - '0');
        if (sum > (most - digit) / 10)
            return NULL;
        sum = sum * 10 + digit;
    }
    if (next == at)
        return NULL;
    *value = sum;
    return next;
}
