#include "text/grouped.h"

#include <stdio.h>

const char *grouped(uint64_t value, char buffer[32])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)value), out = 0;
    for (int n = 0; n < length; n++) {
        if (n > 0 && (length - n) % 3 == 0)
            buffer[out++] = ',';
        buffer[out++] = digits[n];
    }
    buffer[out] = '\0';
    return buffer;
}
