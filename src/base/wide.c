#include "base/wide.h"

uint64_t wide_shift_to_nearest(wide n, unsigned shift)
{
    if (shift == 0)
        return n.low;
    bool below = false; /* whether anything is lost below `rest` */
    if (shift > 64) {
        below = n.low != 0;
        n = (wide){0, n.high};
        shift -= 64;
    }
    const uint64_t quotient = shift == 64 ? n.high : n.high << (64 - shift) | n.low >> shift;
    const uint64_t rest = n.low << (64 - shift), half = (uint64_t)1 << 63;
    return quotient + (rest > half || (rest == half && (below || (quotient & 1))));
}

/*
 * The next digit in base 2^32 of (*high 2^32 + next) / divisor, whose highest bit is set, for
 * *high < divisor, and what is left in *high. The guess by the divisor's upper half is at most 2
 * too large: Knuth, The Art of Computer Programming 2, 4.3.1, theorem B.
 */
static uint64_t next_digit(uint64_t *high, uint32_t next, uint64_t divisor)
{
    const uint64_t upper = divisor >> 32, lower = (uint32_t)divisor;
    uint64_t digit = *high / upper, left = *high % upper;
    while (left >> 32 == 0 && (digit >> 32 != 0 || digit * lower > (left << 32 | next))) {
        digit--;
        left += upper;
    }
    *high = (*high << 32 | next) - digit * divisor; /* modulo 2^64, where it lies */
    return digit;
}

uint64_t wide_divide(wide n, uint64_t divisor, uint64_t *rest)
{
    const int zeros = __builtin_clzll(divisor);
    if (zeros > 0)
        n = (wide){n.high << zeros | n.low >> (64 - zeros), n.low << zeros};
    divisor <<= zeros;
    const uint64_t first = next_digit(&n.high, (uint32_t)(n.low >> 32), divisor);
    const uint64_t second = next_digit(&n.high, (uint32_t)n.low, divisor);
    *rest = n.high >> zeros;
    return first << 32 | second;
}

uint64_t wide_share(uint64_t a, uint64_t b, uint64_t divisor)
{
    uint64_t rest;
    return wide_divide(wide_product(a, b), divisor, &rest);
}
