/* Products of two whole numbers of 64 bits, which any machine has: __int128 is not to be had on
 * those of 32 bits. */
#ifndef DETINIT_BASE_WIDE_H
#define DETINIT_BASE_WIDE_H

#include <stdbool.h>
#include <stdint.h>

/* high * 2^64 + low. */
typedef struct wide {
    uint64_t high, low;
} wide;

static inline wide wide_product(uint64_t a, uint64_t b)
{
    const uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    const uint64_t low = a0 * b0, one = a1 * b0, other = a0 * b1;
    const uint64_t middle = (low >> 32) + (uint32_t)one + (uint32_t)other;
    return (wide){a1 * b1 + (one >> 32) + (other >> 32) + (middle >> 32),
                  middle << 32 | (uint32_t)low};
}

/* Modulo 2^128. */
static inline wide wide_sum(wide a, wide b)
{
    const uint64_t low = a.low + b.low;
    return (wide){a.high + b.high + (low < a.low), low};
}

/* n >> shift, to nearest, ties to even, of a result below 2^64; shift below 128. */
uint64_t wide_shift_to_nearest(wide n, unsigned shift);

/* n / divisor, rounded down, and what is left in *rest; n.high < divisor, so that it fits. */
uint64_t wide_divide(wide n, uint64_t divisor, uint64_t *rest);

/* a * b / divisor, rounded down, where that is below 2^64. */
uint64_t wide_share(uint64_t a, uint64_t b, uint64_t divisor);

#endif
