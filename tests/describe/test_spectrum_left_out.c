/* The library --without-lapack: what stands in the place of its singular values. */
#include "check.h"

#include "detinit_describe.h"

static void spectra_are_refused_in_a_sentence(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(42, 0, 2, 2);
    detinit_matrix *matrix = NULL;
    detinit_error error = {DETINIT_OK, ""};
    double values[4] = {7, 7, 7, 7};
    (void)state;
    recipe.orthogonal = true; /* our own factorization */
    assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, NULL), DETINIT_OK);
    assert_true(detinit_spectrum_memory(&recipe) == 0);
    assert_int_equal(detinit_matrix_singular_values(matrix, NULL, values, &error),
                     DETINIT_NOT_BUILT);
    assert_int_equal(error.status, DETINIT_NOT_BUILT);
    assert_string_equal(error.message,
                        "singular values are not built in: configured --without-lapack");
    assert_int_equal(detinit_matrix_gram(matrix, NULL, values, &error), DETINIT_NOT_BUILT);
    assert_int_equal(detinit_matrix_gram(matrix, NULL, values, NULL), DETINIT_NOT_BUILT);
    assert_true(detinit_product_memory(&recipe, 2) == 0);
    assert_int_equal(detinit_product_singular_values(&recipe, 2, 1, NULL, values, &error),
                     DETINIT_NOT_BUILT);
    for (size_t n = 0; n < 4; n++)
        assert_double_same(values[n], 7);
    detinit_matrix_free(matrix);
}

static void figures_of_known_spectra_remain(void **state)
{
    const double values[] = {4, 2, 1}, gram[] = {1, 0.5, 0.5, 1};
    (void)state;
    assert_double_same(detinit_condition_number(values, 3), 4);
    assert_double_same(detinit_gram_deviation(gram, 2), 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spectra_are_refused_in_a_sentence),
        cmocka_unit_test(figures_of_known_spectra_remain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
