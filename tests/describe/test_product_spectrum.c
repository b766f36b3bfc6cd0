/* Singular values of drawn matrices and their products, against the laws of random matrices. */
#include "survey_check.h"

#include "detinit_describe.h"

#define WIDTH   ((size_t)128)
#define SEEDS   12
#define MOMENTS 3

static void product_of(const detinit_recipe *recipe, size_t width, unsigned factors, double *values)
{
    detinit_error error;
    if (detinit_product_singular_values(recipe, width, factors, NULL, values, &error) != DETINIT_OK)
        fail_msg("no singular values: %s", error.message);
}

/* One factor is the matrix itself; of two, the squares' sum is that of the product by definition.
 */
static void small_products(void **state)
{
    enum { SIDE = 37 };
    detinit_recipe recipe = detinit_recipe_matrix(3, 9, SIDE, SIDE);
    double one[SIDE], two[SIDE], again[SIDE], weights[2][SIDE][SIDE], sum = 0, found = 0;
    (void)state;
    detinit_matrix *matrix = new_matrix(&recipe);
    assert_int_equal(detinit_matrix_singular_values(matrix, NULL, one, NULL), DETINIT_OK);
    detinit_matrix_free(matrix);
    product_of(&recipe, SIDE, 1, again);
    for (size_t n = 0; n < SIDE; n++)
        assert_double_near(again[n], one[n], 1e-13);
    for (int rows = 0; rows < 2; rows++) {
        recipe.fan_in = rows == 1 ? DETINIT_FAN_IN_ROWS : DETINIT_FAN_IN_COLS;
        for (uint64_t k = 0; k < 2; k++) {
            recipe.layer = 9 + k;
            matrix = new_matrix(&recipe);
            detinit_matrix_window(matrix, 0, 0, SIDE, SIDE, weights[k][0], SIDE);
            detinit_matrix_free(matrix);
        }
        recipe.layer = 9;
        product_of(&recipe, SIDE, 2, two);
        sum = found = 0;
        for (size_t i = 0; i < SIDE; i++) {
            found += two[i] * two[i];
            for (size_t j = 0; j < SIDE; j++) {
                double entry = 0;
                for (size_t k = 0; k < SIDE; k++)
                    entry += rows == 1 ? weights[0][i][k] * weights[1][k][j]
                                       : weights[1][i][k] * weights[0][k][j];
                sum += entry * entry;
            }
        }
        assert_double_near(found, sum, 1e-12 * sum);
    }
}

/* Means over seeds of tr (P P^T)^k / n: within three standard errors, and 1 / n, of Fuss-Catalan.
 */
static void moments_are_fuss_catalan_numbers(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(0, 0, 1, 1);
    double values[WIDTH];
    (void)state;
    recipe.mode = DETINIT_LECUN; /* variance 1 / n */
    for (unsigned factors = 1; factors <= 3; factors++) {
        double mean[MOMENTS] = {0}, square[MOMENTS] = {0};
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            recipe.seed = seed;
            product_of(&recipe, WIDTH, factors, values);
            for (unsigned k = 0; k < MOMENTS; k++) {
                double moment = 0;
                for (size_t n = 0; n < WIDTH; n++)
                    moment += pow(values[n], 2 * (k + 1)) / (double)WIDTH;
                mean[k] += moment / SEEDS;
                square[k] += moment * moment / SEEDS;
            }
        }
        for (unsigned k = 0; k < MOMENTS; k++) {
            const double expected = detinit_fuss_catalan(factors, k + 1);
            const double error = sqrt((square[k] - mean[k] * mean[k]) / (SEEDS - 1));
            assert_double_near(mean[k], expected, 3 * error + 2 * k * expected / (double)WIDTH);
            assert_true(error < 0.05 * expected);
        }
    }
}

/*
 * How far an extreme squared singular value lies beyond its edge, in units in which that is Tracy
 * and Widom's first law, of mean -1.2065 and standard deviation 1.2680 (Johnstone 2001).
 */
static double beyond_edge(double value, double std, double shorter, double longer, int side)
{
    const double edge = sqrt(longer) + side * sqrt(shorter);
    const double unit = edge * cbrt(1 / sqrt(shorter) + side / sqrt(longer));
    return side * (value * value / (std * std) - edge * edge) / unit;
}

/* Kolmogorov's distance: singular values repel each other, and lie within about 1 / n of the law.
 */
static void spectra_follow_their_laws(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(0, 0, 128, 256);
    const double std = detinit_recipe_std(&recipe), deviation = 1.2680 / sqrt(SEEDS);
    const detinit_singular_law law = detinit_marchenko_pastur(128, 256, std);
    double values[WIDTH], distance, low = 0, high = 0;
    (void)state;
    for (recipe.seed = 0; recipe.seed < SEEDS; recipe.seed++) {
        detinit_matrix *matrix = new_matrix(&recipe);
        assert_int_equal(detinit_matrix_singular_values(matrix, NULL, values, NULL), DETINIT_OK);
        detinit_matrix_free(matrix);
        distance = 0;
        for (size_t n = 0; n < WIDTH; n++)
            distance = fmax(distance, fabs(1 - detinit_singular_cdf(&law, values[n]) -
                                           ((double)n + 0.5) / (double)WIDTH));
        assert_true(distance < 3.0 / (double)WIDTH);
        high += beyond_edge(values[0], std, 128, 256, 1) / SEEDS;
        low += beyond_edge(values[WIDTH - 1], std, 128, 256, -1) / SEEDS;
    }
    assert_double_near(high, -1.2065, 3 * deviation);
    assert_double_near(low, -1.2065, 3 * deviation);

    recipe.mode = DETINIT_LECUN;
    for (unsigned factors = 1; factors <= 4; factors++) {
        distance = 0;
        product_of(&recipe, WIDTH, factors, values);
        for (size_t n = 0; n < WIDTH; n++)
            distance = fmax(distance, fabs(1 - detinit_product_cdf(factors, values[n]) -
                                           ((double)n + 0.5) / (double)WIDTH));
        assert_true(distance < 4.0 / (double)WIDTH);
    }
}

/* Dynamical isometry (Saxe 2014): products of orthogonal matrices stretch nothing. */
static void orthogonal_products_keep_all_lengths(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(5, 0, 1, 1);
    double values[64];
    (void)state;
    recipe.mode = DETINIT_XAVIER;
    recipe.orthogonal = true;
    product_of(&recipe, 64, 20, values);
    for (size_t n = 0; n < 64; n++)
        assert_double_near(values[n], 1, 1e-12);
}

/* What a kernel with ones, or an orthogonal matrix, in its centre does to a single place. */
static void centres_of_kernels_keep_all_lengths(void **state)
{
    static const detinit_mode modes[] = {DETINIT_DIRAC, DETINIT_DELTA_ORTHOGONAL};
    double values[16];
    (void)state;
    for (int m = 0; m < 2; m++) {
        detinit_recipe recipe = detinit_recipe_tensor(5, 0, 4, (const uint64_t[]){16, 16, 3, 3});
        recipe.mode = modes[m];
        product_of(&recipe, 16, 3, values);
        for (size_t n = 0; n < 16; n++)
            assert_double_near(values[n], 1, 1e-13);
    }
}

static void refusals(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(5, 0, 1, 1);
    detinit_error error;
    double values[2] = {7, 7};
    (void)state;
    assert_int_equal(detinit_product_singular_values(&recipe, 0, 1, NULL, values, &error),
                     DETINIT_INVALID);
    assert_string_equal(error.message, "expected a width of 1 to 16384, got 0");
    assert_int_equal(detinit_product_singular_values(&recipe, 2, 0, NULL, values, &error),
                     DETINIT_INVALID);
    assert_string_equal(error.message, "expected 1 to 1000 factors, got 0");
    assert_int_equal(detinit_product_singular_values(&recipe, 16385, 1, NULL, values, &error),
                     DETINIT_INVALID);
    assert_string_equal(error.message, "expected a width of 1 to 16384, got 16385");
    assert_int_equal(detinit_product_singular_values(&recipe, 2, 1001, NULL, values, &error),
                     DETINIT_INVALID);
    assert_string_equal(error.message, "expected 1 to 1000 factors, got 1001");
    detinit_recipe parts[2] = {detinit_recipe_matrix(5, 0, 1, 2),
                               detinit_recipe_matrix(5, 1, 1, 2)};
    detinit_recipe fused = detinit_recipe_matrix(5, 0, 2, 2);
    fused.parts = parts;
    fused.part_count = 2;
    assert_int_equal(detinit_product_singular_values(&fused, 2, 1, NULL, values, &error),
                     DETINIT_INVALID);
    assert_string_equal(error.message, "expected one scheme, got a fused tensor of 2 parts");
    assert_true(detinit_product_memory(&fused, 2) == 0);
    recipe.gain = 1e200;
    assert_int_equal(detinit_product_singular_values(&recipe, 2, 5, NULL, values, &error),
                     DETINIT_NUMERIC);
    assert_double_same(values[0], 7);
    assert_true(detinit_product_memory(&recipe, 1000) > 16 * 1000 * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_products),
        cmocka_unit_test(moments_are_fuss_catalan_numbers),
        cmocka_unit_test(spectra_follow_their_laws),
        cmocka_unit_test(orthogonal_products_keep_all_lengths),
        cmocka_unit_test(centres_of_kernels_keep_all_lengths),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
