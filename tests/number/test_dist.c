/* Distributions: each row is whole, and its draw is what it says of itself. */
#include "check.h"
#include "table_check.h"

#include "base/byteorder.h"
#include "detinit.h"
#include "describe/law.h"
#include "kernel/kernels.h"
#include "number/address.h"
#include "number/dist.h"

static void every_row_is_whole(void **state)
{
    (void)state;
    check_name_table(&dist_names, DETINIT_DIST_COUNT);
    assert_null(detinit_dist_formula(DETINIT_DIST_OF_MODE));
    assert_null(detinit_dist_formula(DETINIT_DIST_COUNT));
    assert_null(detinit_dist_name(DETINIT_DIST_COUNT));
    assert_null(detinit_dist_alias(DETINIT_DIST_COUNT));
    detinit_dist parsed = DETINIT_DIST_UNIFORM;
    assert_false(detinit_dist_parse("binomial", &parsed));
    assert_int_equal(parsed, DETINIT_DIST_UNIFORM);
    for (int n = DETINIT_DIST_NORMAL; n < DETINIT_DIST_COUNT; n++) {
        const dist_row *row = &dist_rows[n];
        detinit_dist dist = DETINIT_DIST_OF_MODE;
        assert_true(detinit_dist_parse(detinit_dist_name((detinit_dist)n), &dist));
        assert_int_equal(dist, n);
        assert_ptr_equal(detinit_dist_alias(dist), nth_name(&dist_names, n, 1));
        assert_non_null(row->draw);
        assert_non_null(row->kurtosis);
        assert_non_null(detinit_dist_formula(dist));
        assert_true((row->formula == NULL) == (row->brief == NULL));
        assert_true(row->of_normal || row->formula != NULL);
        assert_true(row->of_normal || row->cast_away == NULL);
    }
}

/* The moments of many draws are those of the theory: both rows of a distribution are one's. */
static void draws_have_the_moments_of_the_theory(void **state)
{
    (void)state;
    const size_t count = 200000;
    for (int n = DETINIT_DIST_NORMAL; n < DETINIT_DIST_COUNT; n++) {
        detinit_recipe recipe = detinit_recipe_matrix(0, 0, 1, 1);
        recipe.mode = DETINIT_NORMAL;
        recipe.std = 1;
        recipe.dist = (detinit_dist)n;
        const struct law law = law_of_draws(&recipe);
        double sums[3] = {0};
        for (uint64_t k = 0; k < count; k++) {
            const double x = dist_rows[n].draw(detinit_hash64(k), recipe.cut) / law.std;
            const double x2 = x * x;
            assert_true(fabs(x) <= law.reach);
            sums[0] += x / (double)count;
            sums[1] += x2 / (double)count;
            sums[2] += x2 * x2 / (double)count;
        }
        assert_double_near(sums[0], 0, 4 / sqrt((double)count));
        assert_double_near(sums[1], 1, 4 * sqrt((law.moments[2] - 1) / (double)count));
        assert_double_near(
            sums[2], law.moments[2],
            4 * sqrt((law.moments[4] - law.moments[2] * law.moments[2]) / (double)count));
    }
}

/* What a kernel draws at a key, by the row of the same number. */
static void kernels_draw_as_the_rows(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    uint64_t hashed[COUNT];
    double drawn[COUNT];
    for (uint64_t k = 0; k < COUNT; k++)
        hashed[k] = detinit_hash64(k);
    for (int isa = DETINIT_ISA_BASELINE; isa < DETINIT_ISA_COUNT; isa++) {
        const detinit_run run = {.isa = (detinit_isa)isa};
        for (int n = DETINIT_DIST_NORMAL; n < DETINIT_DIST_COUNT; n++) {
            kernels_for(&run)->draw->draw((detinit_dist)n, 2, 99, hashed, COUNT, 1, DETINIT_FLOAT64,
                                          drawn);
            turn_little_endian(drawn, sizeof *drawn, COUNT);
            for (size_t k = 0; k < COUNT; k++)
                assert_double_same(drawn[k], dist_rows[n].draw(fold_hashed(99, hashed[k]), 2));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(draws_have_the_moments_of_the_theory),
        cmocka_unit_test(kernels_draw_as_the_rows),
    };
    return cmocka_run_group_tests_name("dist", tests, NULL, NULL);
}
