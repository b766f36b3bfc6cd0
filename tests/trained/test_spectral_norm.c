/* The largest singular value, against matrices that have a known one, and against LAPACK. */
#include "check.h"

#include "detinit_describe.h"
#include "trained/spectral_norm.h"

#include <math.h>

static void known_values_are_found(void **state)
{
    static const double diagonal[] = {3, 0, 0, 0, 0, -7, 0, 0, 0, 0, 2, 0};
    static const double zero[6] = {0};
    static const double row[] = {2, 3, 6}, bad[] = {1, 2, NAN, 4};
    double rank_one[5 * 7];
    (void)state;
    assert_double_near(spectral_norm(diagonal, 3, 4), 7, 1e-12);
    assert_double_same(spectral_norm(zero, 2, 3), 0);
    assert_double_near(spectral_norm(row, 1, 3), 7, 1e-12);
    assert_double_near(spectral_norm(row, 3, 1), 7, 1e-12);
    assert_true(isnan(spectral_norm(bad, 2, 2)));
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 7; j++)
            rank_one[i * 7 + j] = (double)(i + 1) * (double)(j + 1);
    assert_double_near(spectral_norm(rank_one, 5, 7), sqrt(55.0 * 140.0), 1e-10);
}

/* Never above, and within a percent from below, for square, wide and tall ones. */
static void lapack_finds_the_same(void **state)
{
    static const uint64_t shapes[][2] = {{10, 20}, {128, 64}, {300, 300}, {64, 700}, {40, 2}};
    (void)state;
    for (size_t n = 0; n < sizeof shapes / sizeof shapes[0]; n++) {
        const size_t rows = (size_t)shapes[n][0], cols = (size_t)shapes[n][1];
        const detinit_recipe recipe = detinit_recipe_matrix(n, 0, rows, cols);
        detinit_matrix *matrix;
        double *weights = allocate(rows * cols * sizeof *weights);
        double *values = allocate((rows < cols ? rows : cols) * sizeof *values);
        assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, NULL), DETINIT_OK);
        assert_int_equal(detinit_matrix_fill(matrix, NULL, weights, NULL), DETINIT_OK);
        const detinit_status status = detinit_matrix_singular_values(matrix, NULL, values, NULL);
        const double found = spectral_norm(weights, rows, cols);
        if (status != DETINIT_NOT_BUILT) {
            assert_int_equal(status, DETINIT_OK);
            if (!(found <= values[0] * (1 + 1e-12) && found >= 0.99 * values[0]))
                fail_msg("%zu x %zu: %.17g, expected %.17g", rows, cols, found, values[0]);
        }
        detinit_matrix_free(matrix);
        free(values);
        free(weights);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values_are_found),
        cmocka_unit_test(lapack_finds_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
