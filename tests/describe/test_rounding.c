/* Where rounding turns from one number to the next, against bisection. */
#include "check.h"
#include "describe/rounding.h"

static double round_to(detinit_dtype dtype, double value)
{
    uint64_t stored;
    double rounded;
    detinit_encode(dtype, &value, 1, &stored);
    detinit_decode(dtype, &stored, 1, &rounded);
    return rounded;
}

/* The greatest number that is stored as `stored` or less, by bisection. */
static double end_by_bisection(detinit_dtype via, detinit_dtype dtype, double stored)
{
    double low = stored, high = stored + fmax(fabs(stored), 1e-4);
    for (;;) {
        const double middle = low + (high - low) / 2;
        if (!(middle > low && middle < high))
            return low;
        if (round_to(dtype, round_to(via, middle)) <= stored)
            low = middle;
        else
            high = middle;
    }
}

static void rounding_turns_where_it_does(void **state)
{
    static const double starts[] = {0,     1,    1.5,    -1,      -2,      3.14159, -0.0625,
                                    6e-8,  1e-7, 2e-5,   -6.1e-5, 6.2e-5,  65000,   -65504,
                                    1e-30, 0.25, -0.1,   1e-38,   1.2e-38, 1e-40,   -1e-41,
                                    1023,  1025, 2049.5, -4097,   0.999,   0.9999,  1.001};
    (void)state;
    for (int via = 0; via < DETINIT_DTYPE_COUNT; via++)
        for (int dtype = 0; dtype < DETINIT_DTYPE_COUNT; dtype++)
            for (size_t n = 0; n < sizeof starts / sizeof *starts; n++) {
                const struct rounding r = {(detinit_dtype)via, (detinit_dtype)dtype};
                const double stored = rounding_of(&r, starts[n]);
                if (!isfinite(stored))
                    continue;
                assert_double_same(stored, round_to((detinit_dtype)dtype,
                                                    round_to((detinit_dtype)via, starts[n])));
                const double end = rounding_end(&r, stored);
                const double expected =
                    end_by_bisection((detinit_dtype)via, (detinit_dtype)dtype, stored);
                assert_true(end == expected || nextafter(expected, INFINITY) == end);
                assert_double_near(rounding_start(&r, -stored), -end, 0);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rounding_turns_where_it_does)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
