/* Products of 128 bits against the compiler's own, where it has them. */
#include "base/wide.h"

#include "check.h"

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 own;

enum { TRIES = 1000000 };

/* Numbers of all sizes, many of them all ones or a power of two. */
static uint64_t any_number(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    const uint64_t mask = UINT64_MAX >> (*state >> 58);
    switch (*state >> 55 & 7) {
    case 0:
        return mask;
    case 1:
        return mask / 2 + 1;
    case 2:
        return mask & (*state << 32);
    default:
        return mask & *state;
    }
}

static own of(wide n)
{
    return (own)n.high << 64 | n.low;
}

static void multiplies_and_adds(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int n = 0; n < TRIES; n++) {
        const uint64_t a = any_number(&seed), b = any_number(&seed), c = any_number(&seed);
        assert_true(of(wide_product(a, b)) == (own)a * b);
        assert_true(of(wide_sum(wide_product(a, b), (wide){c, a})) ==
                    (own)a * b + ((own)c << 64 | a));
    }
}

static void divides(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int n = 0; n < TRIES; n++) {
        const uint64_t divisor = any_number(&seed) | (n & 1);
        if (divisor == 0)
            continue;
        const wide number = {any_number(&seed) % divisor, any_number(&seed)};
        uint64_t rest;
        const uint64_t quotient = wide_divide(number, divisor, &rest);
        assert_true(of(number) / divisor == quotient && of(number) % divisor == rest);
    }
}

static void shifts_to_nearest(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int n = 0; n < TRIES; n++) {
        const unsigned shift = (unsigned)(any_number(&seed) % 128);
        /* A result of 63 bits at most, so that it may be rounded up. */
        own number = (own)any_number(&seed) << 64 | any_number(&seed);
        if (shift < 65)
            number &= ((own)1 << (63 + shift)) - 1;
        const own half = shift == 0 ? 0 : (own)1 << (shift - 1);
        const own rest = number & (((own)1 << shift) - 1);
        const uint64_t floor = (uint64_t)(number >> shift);
        const bool up = shift > 0 && (rest > half || (rest == half && (floor & 1)));
        assert_true(wide_shift_to_nearest((wide){(uint64_t)(number >> 64), (uint64_t)number},
                                          shift) == floor + up);
    }
}
#endif

/* Known to any compiler. */
static void knows_shares(void **state)
{
    (void)state;
    assert_true(wide_share(UINT64_MAX, 1000, 2000) == UINT64_MAX / 2);
    assert_true(wide_share(UINT64_MAX, UINT64_MAX, UINT64_MAX) == UINT64_MAX);
    assert_true(wide_share(0, UINT64_MAX, 1) == 0);
    assert_true(wide_share(7, 10, 4) == 17);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef __SIZEOF_INT128__
        cmocka_unit_test(multiplies_and_adds),
        cmocka_unit_test(divides),
        cmocka_unit_test(shifts_to_nearest),
#endif
        cmocka_unit_test(knows_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
