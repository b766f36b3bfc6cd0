/* The check that a build makes the promised weights, on kernels that do and that do not. */
#include "kernel/kernels.h"
#include "matrix/self_check.h"

#include "check.h"

#include <string.h>

static void all_kernels_are_good(void **state)
{
    (void)state;
    for (int isa = DETINIT_ISA_BASELINE; isa < DETINIT_ISA_COUNT; isa++) {
        const detinit_run run = {.isa = (detinit_isa)isa};
        detinit_error error;
        assert_int_equal(self_check(kernels_for(&run)->draw, &error), DETINIT_OK);
    }
}

static detinit_dist bent; /* the distribution of which one draw has its last bit changed */

static void draw_bent(detinit_dist dist, double cut, uint64_t row_key, const uint64_t *hashed,
                      size_t count, double std, detinit_dtype dtype, void *out)
{
    kernels_for(NULL)->draw->draw(dist, cut, row_key, hashed, count, std, dtype, out);
    if (dist == bent)
        ((uint64_t *)out)[count - 1] ^= 1;
}

static void one_other_bit_is_found(void **state)
{
    (void)state;
    draw_kernel kernel = *kernels_for(NULL)->draw;
    kernel.draw = draw_bent;
    for (bent = DETINIT_DIST_NORMAL; bent < DETINIT_DIST_COUNT; bent++) {
        detinit_error error;
        assert_int_equal(self_check(&kernel, &error), DETINIT_NOT_BUILT);
        assert_non_null(strstr(error.message, "other weights than the generator promises"));
    }
    bent = DETINIT_DIST_COUNT;
    assert_int_equal(self_check(&kernel, NULL), DETINIT_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kernels_are_good),
        cmocka_unit_test(one_other_bit_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
