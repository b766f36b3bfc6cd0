/* Whole numbers as people write them. */
#ifndef DETINIT_BASE_WHOLE_H
#define DETINIT_BASE_WHOLE_H

#include <stdint.h>

typedef enum whole_result {
    WHOLE_FINE,
    WHOLE_NONE,     /* not a whole number */
    WHOLE_NEGATIVE, /* below 0 */
    WHOLE_TOO_LARGE /* above 2^64 - 1 */
} whole_result;

/*
 * Reads a whole number, all of `text`: decimal, 0x hex, or with a power of ten, "1e3" and "1.5e3",
 * that makes it whole.  *value is touched where it is fine alone.
 */
whole_result whole_parse(const char *text, uint64_t *value);

/*
 * Reads the decimal digits that a text between `at` and `end` begins with, and returns where they
 * end; NULL, with *value untouched, where there are none or they say more than `most`, which is 9
 * or more.
 */
const char *whole_digits(const char *at, const char *end, uint64_t most, uint64_t *value);

#endif
