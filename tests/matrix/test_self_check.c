/* The check that a build makes the promised weights, on kernels that do and that do not. */
#include "kernel/kernels.h"
#include "matrix/self_check.h"
#include "number/dist.h"

#include "check.h"

#include <inttypes.h>
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

/* A distribution whose row has no digest, or another than the second implementation's, is told by
 * its name, since no recipe at all would be made. */
static void digests_are_those_of_the_second_implementation(void **state)
{
    char line[128], name[64];
    int found = 0;
    FILE *file = open_in("TEST_GOLDEN", "self_check.txt");
    (void)state;
    while (fgets(line, sizeof line, file) != NULL) {
        uint64_t digest;
        detinit_dist dist;
        assert_int_equal(sscanf(line, "%63s %" SCNx64, name, &digest), 2);
        assert_true(detinit_dist_parse(name, &dist));
        if (dist_rows[dist].digest != digest)
            fail_msg("the digest of %s is %016" PRIX64, name, digest);
        found++;
    }
    fclose(file);
    if (found != DETINIT_DIST_COUNT - DETINIT_DIST_NORMAL)
        fail_msg("tests/golden/self_check.py tells %d distributions", found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_second_implementation),
        cmocka_unit_test(all_kernels_are_good),
        cmocka_unit_test(one_other_bit_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
