#include "base/whole.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DECIMAL "0123456789"
#define HEX     DECIMAL "abcdefABCDEF"

whole_result whole_parse(const char *text, uint64_t *value)
{
    const bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = hex ? text + 2 : text;
    const size_t length = strspn(digits, hex ? HEX : DECIMAL);
    if (text[0] == '-' && text[1] != '\0' && text[1 + strspn(text + 1, DECIMAL)] == '\0')
        return WHOLE_NEGATIVE;
    if (length == 0 || digits[length] != '\0')
        return WHOLE_NONE;
    errno = 0;
    const unsigned long long parsed = strtoull(digits, NULL, hex ? 16 : 10);
    if (errno == ERANGE)
        return WHOLE_TOO_LARGE;
    *value = parsed;
    return WHOLE_FINE;
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
