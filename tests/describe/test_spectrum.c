/* Singular values and Gram matrices, against mpmath, NumPy and identities. */
#include "survey_check.h"

#include "detinit_describe.h"
#include <cblas.h>
#include <inttypes.h>
#include <lapacke.h>

static double *singular_values(const detinit_recipe *recipe, const detinit_run *run)
{
    uint64_t rows = detinit_recipe_rows(recipe), cols = detinit_recipe_cols(recipe);
    double *values = allocate((size_t)(rows < cols ? rows : cols) * sizeof *values);
    detinit_matrix *matrix = new_matrix(recipe);
    detinit_error error;
    if (detinit_matrix_singular_values(matrix, run, values, &error) != DETINIT_OK)
        fail_msg("no singular values: %s", error.message);
    detinit_matrix_free(matrix);
    return values;
}

static double *gram_of(const detinit_recipe *recipe, const detinit_run *run, size_t *n)
{
    uint64_t rows = detinit_recipe_rows(recipe), cols = detinit_recipe_cols(recipe);
    *n = (size_t)(rows < cols ? rows : cols);
    double *gram = allocate(*n * *n * sizeof *gram);
    detinit_matrix *matrix = new_matrix(recipe);
    assert_int_equal(detinit_matrix_gram(matrix, run, gram, NULL), DETINIT_OK);
    detinit_matrix_free(matrix);
    return gram;
}

static void agree_with_references(void **state)
{
    FILE *table = open_table("spectra.csv");
    uint64_t seed, rows, cols;
    int matrices = 0;
    (void)state;
    while (fscanf(table, " %" SCNu64 ",%" SCNu64 ",%" SCNu64 ",", &seed, &rows, &cols) == 3) {
        detinit_recipe recipe = detinit_recipe_matrix(seed, 0, rows, cols);
        double *values = singular_values(&recipe, NULL), expected;
        for (uint64_t k = 0; k < (rows < cols ? rows : cols); k++) {
            assert_int_equal(fscanf(table, "%lf", &expected), 1);
            assert_double_near(values[k], expected, 1e-13);
        }
        free(values);
        matrices++;
    }
    fclose(table);
    assert_int_equal(matrices, 6);
}

/* dgesdd of all weights at once, where ours goes panel by panel. */
static double *by_dgesdd(const detinit_recipe *recipe)
{
    lapack_int rows = (lapack_int)recipe->shape[0], cols = (lapack_int)recipe->shape[1];
    size_t count = (size_t)rows * (size_t)cols;
    double *weights = allocate(count * sizeof *weights), unused;
    double *values = allocate((size_t)(rows < cols ? rows : cols) * sizeof *values);
    detinit_matrix *matrix = new_matrix(recipe);
    assert_int_equal(detinit_matrix_window(matrix, 0, 0, recipe->shape[0], recipe->shape[1],
                                           weights, recipe->shape[1]),
                     DETINIT_OK);
    assert_int_equal(LAPACKE_dgesdd(LAPACK_ROW_MAJOR, 'N', rows, cols, weights, cols, values,
                                    &unused, rows, &unused, cols),
                     0);
    detinit_matrix_free(matrix);
    free(weights);
    return values;
}

static void larger_ones_agree_with_dgesdd(void **state)
{
    static const struct {
        uint64_t rows, cols;
        double std;
    } shapes[] = {{128, 128, 1},      {129, 129, 1},     {300, 300, 1},     {200, 260, 1},
                  {260, 200, 1},      {500, 150, 1},     {150, 500, 1},     {161, 700, 1},
                  {1000, 33, 1},      {33, 1000, 1},     {1, 300, 1},       {300, 1, 1},
                  {150, 150, 1e-200}, {400, 100, 1e200}, {100, 400, 1e-300}};
    (void)state;
    for (size_t n = 0; n < sizeof shapes / sizeof shapes[0]; n++) {
        detinit_recipe recipe = detinit_recipe_matrix(5, n, shapes[n].rows, shapes[n].cols);
        recipe.mode = DETINIT_NORMAL;
        recipe.std = shapes[n].std;
        size_t side = (size_t)(shapes[n].rows < shapes[n].cols ? shapes[n].rows : shapes[n].cols);
        double *values = singular_values(&recipe, NULL), *expected = by_dgesdd(&recipe);
        for (size_t k = 0; k < side; k++)
            assert_double_near(values[k] / expected[0], expected[k] / expected[0], 1e-14);
        free(values);
        free(expected);
    }
}

/* Their squares add up to those of the weights, and their product is the determinant. */
static void identities(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(3, 1, 2, 2);
    detinit_matrix *matrix = new_matrix(&recipe);
    double *values = singular_values(&recipe, NULL), w[4];
    (void)state;
    detinit_matrix_window(matrix, 0, 0, 2, 2, w, 2);
    assert_double_near(values[0] * values[0] + values[1] * values[1],
                       w[0] * w[0] + w[1] * w[1] + w[2] * w[2] + w[3] * w[3], 1e-14);
    assert_double_near(values[0] * values[1], fabs(w[0] * w[3] - w[1] * w[2]), 1e-14);
    detinit_matrix_free(matrix);
    free(values);
}

static void orthogonal_matrices_have_one_singular_value(void **state)
{
    static const uint64_t shapes[][2] = {{1, 1}, {1, 9}, {9, 1}, {40, 40}, {33, 64}, {70, 21}};
    (void)state;
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        detinit_recipe recipe = detinit_recipe_matrix(5, 0, shapes[k][0], shapes[k][1]);
        size_t n;
        recipe.orthogonal = true;
        recipe.gain = 1e200; /* whose square overflows */
        double *gram = gram_of(&recipe, NULL, &n), *values = singular_values(&recipe, NULL);
        assert_true(detinit_gram_deviation(gram, n) < 1e-14);
        assert_double_near(detinit_condition_number(values, n), 1, 1e-13);
        assert_double_near(values[0] / detinit_recipe_orthogonal_gain(&recipe), 1, 1e-14);
        free(gram);
        free(values);
    }
}

static double deviation_of(const detinit_recipe *recipe)
{
    uint64_t rows, cols;
    detinit_recipe_layer_shape(recipe, &rows, &cols);
    const size_t n = (size_t)(rows < cols ? rows : cols);
    double *gram = allocate(n * n * sizeof *gram);
    detinit_matrix *matrix = new_matrix(recipe);
    assert_int_equal(detinit_matrix_gram(matrix, NULL, gram, NULL), DETINIT_OK);
    const double deviation = detinit_gram_deviation(gram, n);
    detinit_matrix_free(matrix);
    free(gram);
    return deviation;
}

/* A kernel is the matrix that its layer sees: out x in h w, or h w in x out; as it is stored. */
static void orthogonal_kernels_are_those_of_their_layers(void **state)
{
    static const uint64_t shapes[][4] = {{6, 4, 3, 3}, {50, 4, 3, 2}, {3, 3, 4, 50}, {2, 1, 2, 5}};
    (void)state;
    for (size_t k = 0; k < 2 * sizeof shapes / sizeof *shapes; k++) {
        detinit_recipe recipe = detinit_recipe_tensor(5, 0, 4, shapes[k / 2]);
        recipe.orthogonal = true;
        recipe.gain = 0.1;
        recipe.fan_in = k % 2 == 0 ? DETINIT_FAN_IN_COLS : DETINIT_FAN_IN_ROWS;
        assert_true(deviation_of(&recipe) < 1e-14);
        recipe.dtype = DETINIT_BFLOAT16;
        const double deviation = deviation_of(&recipe);
        assert_true(deviation > 1e-5 && deviation < 2e-2);
    }
}

/* The product of the shorter side with itself, by its definition, over the squared gain 2 of he. */
static void gram_by_definition(void **state)
{
    static const uint64_t shapes[][2] = {{3, 5}, {5, 3}, {4, 4}};
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        size_t rows = shapes[k][0], cols = shapes[k][1], n;
        detinit_recipe recipe = detinit_recipe_matrix(8, 0, rows, cols);
        detinit_matrix *matrix = new_matrix(&recipe);
        double *gram = gram_of(&recipe, NULL, &n), w[25];
        detinit_matrix_window(matrix, 0, 0, rows, cols, w, cols);
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < n; j++) {
                double sum = 0;
                for (size_t m = 0; m < (rows <= cols ? cols : rows); m++)
                    sum += rows <= cols ? w[i * cols + m] * w[j * cols + m]
                                        : w[m * cols + i] * w[m * cols + j];
                assert_double_near(gram[i * n + j], sum / 2, 1e-14);
            }
        }
        detinit_matrix_free(matrix);
        free(gram);
    }
}

static void deviation_of_a_gram_matrix(void **state)
{
    const double gram[] = {1, 0.25, -0.5, 1.125};
    (void)state;
    assert_double_near(detinit_gram_deviation(gram, 2), 0.5, 0);
    assert_double_near(detinit_gram_deviation(gram, 1), 0, 0);
}

static void condition_numbers(void **state)
{
    const double values[] = {8, 4, 2, 0};
    detinit_recipe recipe = detinit_recipe_matrix(1, 0, 3, 3);
    (void)state;
    assert_double_near(detinit_condition_number(values, 3), 4, 0);
    assert_true(isnan(detinit_condition_number(values, 0)));
    assert_true(detinit_condition_number(values, 4) == INFINITY);
    recipe.mode = DETINIT_NORMAL;
    recipe.std = 1e-30;
    recipe.dtype = DETINIT_FLOAT16; /* all weights round to 0 */
    double *zeros = singular_values(&recipe, NULL);
    assert_double_near(zeros[0], 0, 0);
    assert_true(detinit_condition_number(zeros, 3) == INFINITY);
    free(zeros);
}

static void looks_at_stored_weights(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(4, 0, 1, 1);
    (void)state;
    recipe.dtype = DETINIT_BFLOAT16;
    detinit_matrix *matrix = new_matrix(&recipe);
    double weight, *values = singular_values(&recipe, NULL);
    detinit_matrix_weight(matrix, 0, 0, &weight);
    assert_double_near(values[0], fabs(weight), 1e-15);
    detinit_matrix_free(matrix);
    free(values);
}

static void threads_are_handed_back(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(2, 0, 90, 60);
    double *expected = singular_values(&recipe, NULL);
    (void)state;
    for (unsigned threads = 1; threads <= 3; threads++) {
        detinit_run run = {.threads = threads};
        int before = openblas_get_num_threads();
        double *values = singular_values(&recipe, &run);
        assert_int_equal(openblas_get_num_threads(), before);
        for (size_t k = 0; k < 60; k++)
            assert_double_near(values[k], expected[k], 1e-14);
        free(values);
    }
    free(expected);
}

static void what_cannot_be_done(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(0, 0, (uint64_t)1 << 31, 1);
    detinit_matrix *matrix = new_matrix(&recipe);
    detinit_error error;
    double value = 7;
    (void)state;
    assert_true(detinit_spectrum_memory(&recipe) == UINT64_MAX);
    assert_int_equal(detinit_matrix_singular_values(matrix, NULL, &value, &error), DETINIT_INVALID);
    assert_non_null(strstr(error.message, "2147483648 x 1"));
    assert_int_equal(detinit_matrix_gram(matrix, NULL, &value, &error), DETINIT_INVALID);
    detinit_matrix_free(matrix);

    recipe = detinit_recipe_matrix(0, 0, 1, (uint64_t)1 << 31);
    matrix = new_matrix(&recipe);
    assert_true(detinit_spectrum_memory(&recipe) == UINT64_MAX);
    assert_int_equal(detinit_matrix_singular_values(matrix, NULL, &value, &error), DETINIT_INVALID);
    assert_string_equal(error.message,
                        "expected 1 .. 2^31 - 1 rows and columns for LAPACK, got 1 x 2147483648");
    detinit_matrix_free(matrix);

    recipe = detinit_recipe_matrix(0, 0, 2, 0);
    matrix = new_matrix(&recipe);
    assert_int_equal(detinit_matrix_singular_values(matrix, NULL, &value, &error), DETINIT_INVALID);
    assert_non_null(strstr(error.message, "2 x 0"));
    detinit_matrix_free(matrix);

    recipe = detinit_recipe_matrix(0, 0, 2, 2);
    recipe.gain = 1e9;
    recipe.dtype = DETINIT_FLOAT16;
    matrix = new_matrix(&recipe);
    assert_int_equal(detinit_matrix_singular_values(matrix, NULL, &value, &error), DETINIT_NUMERIC);
    detinit_matrix_free(matrix);
    assert_double_near(value, 7, 0);
}

/* In place of memory for 2^60 weights: a sentence. */
static void too_much_memory(void **state)
{
    detinit_recipe recipe =
        detinit_recipe_matrix(0, 0, (uint64_t)INT32_MAX, (uint64_t)INT32_MAX / 2);
    detinit_matrix *matrix = new_matrix(&recipe);
    detinit_error error;
    double value = 7;
    (void)state;
    assert_true(detinit_spectrum_memory(&recipe) > (uint64_t)1 << 63);
    assert_int_equal(detinit_matrix_singular_values(matrix, NULL, &value, &error),
                     DETINIT_NO_MEMORY);
    detinit_matrix_free(matrix);
}

static void memory_is_counted(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(0, 0, 1000, 600);
    (void)state;
    uint64_t plain = detinit_spectrum_memory(&recipe);
    assert_true(plain > 1000 * 600 * 8 && plain < 1000 * 600 * 9 + 1000000);
    recipe.orthogonal = true;
    assert_true(detinit_spectrum_memory(&recipe) == plain + detinit_matrix_memory(&recipe));
}

static bool refuse(void *context, uint64_t done, uint64_t total)
{
    uint64_t *limit = context;
    return done < total && (*limit)-- > 0;
}

static void can_be_cancelled(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(0, 0, 4, 4);
    detinit_matrix *matrix = new_matrix(&recipe);
    double values[16] = {7};
    detinit_error error;
    (void)state;
    for (uint64_t limit = 0; limit < 2; limit++) {
        uint64_t left = limit;
        detinit_run run = {.progress = refuse, .context = &left};
        assert_int_equal(detinit_matrix_singular_values(matrix, &run, values, &error),
                         DETINIT_CANCELLED);
        left = limit;
        assert_int_equal(detinit_matrix_gram(matrix, &run, values, &error), DETINIT_CANCELLED);
    }
    assert_double_near(values[0], 7, 0);
    detinit_matrix_free(matrix);
}

typedef struct watch {
    uint64_t calls, limit; /* gives up at call number `limit` */
    double last;
} watch;

static bool look(void *context, uint64_t done, uint64_t total)
{
    watch *w = context;
    double share = (double)done / (double)total;
    assert_true(share >= w->last && share <= 1);
    w->last = share;
    return ++w->calls != w->limit;
}

/* A matrix of some size is given up anywhere on its way, and says how far it is. */
static void can_be_cancelled_midway(void **state)
{
    static const uint64_t shapes[][2] = {{400, 400}, {900, 200}, {200, 900}};
    (void)state;
    for (size_t n = 0; n < sizeof shapes / sizeof shapes[0]; n++) {
        detinit_recipe recipe = detinit_recipe_matrix(0, 0, shapes[n][0], shapes[n][1]);
        detinit_matrix *matrix = new_matrix(&recipe);
        double values[400] = {7};
        watch all = {.limit = 0};
        detinit_run run = {.progress = look, .context = &all};
        assert_int_equal(detinit_matrix_singular_values(matrix, &run, values, NULL), DETINIT_OK);
        assert_true(all.calls >= 10);
        values[0] = 7;
        for (uint64_t limit = 1; limit < all.calls; limit++) {
            watch some = {.limit = limit};
            run.context = &some;
            assert_int_equal(detinit_matrix_singular_values(matrix, &run, values, NULL),
                             DETINIT_CANCELLED);
            assert_int_equal(some.calls, limit);
        }
        assert_double_near(values[0], 7, 0);
        detinit_matrix_free(matrix);
    }
}

/* A gram matrix of many products is made in stretches; it can be given up before each. */
static void a_large_gram_matrix_can_be_given_up(void **state)
{
    enum { SIDE = 512, LONGER = 4100 }; /* 2^29 multiplications are 2048 of them */
    (void)state;
    for (int turned = 0; turned < 2; turned++) {
        detinit_recipe recipe =
            detinit_recipe_matrix(0, 0, turned ? LONGER : SIDE, turned ? SIDE : LONGER);
        detinit_matrix *matrix = new_matrix(&recipe);
        double *gram = allocate(SIDE * SIDE * sizeof *gram), trace = 0, squares = 0, weight;
        const double gain = detinit_recipe_orthogonal_gain(&recipe);
        watch all = {.limit = 0};
        detinit_run run = {.progress = look, .context = &all};
        assert_int_equal(detinit_matrix_gram(matrix, &run, gram, NULL), DETINIT_OK);
        for (uint64_t i = 0; i < SIDE; i++) {
            trace += gram[i * SIDE + i];
            for (uint64_t j = 0; j < LONGER; j++) {
                detinit_matrix_weight(matrix, turned ? j : i, turned ? i : j, &weight);
                squares += weight * weight / (gain * gain);
            }
        }
        assert_double_near(trace, squares, 1e-10 * squares);
        gram[0] = 7;
        for (uint64_t limit = 1; limit < all.calls; limit++) {
            watch some = {.limit = limit};
            run.context = &some;
            assert_int_equal(detinit_matrix_gram(matrix, &run, gram, NULL), DETINIT_CANCELLED);
            assert_int_equal(some.calls, limit);
        }
        assert_true(all.calls >= 4); /* before all, before stretches 2 and 3, behind all */
        free(gram);
        detinit_matrix_free(matrix);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agree_with_references),
        cmocka_unit_test(larger_ones_agree_with_dgesdd),
        cmocka_unit_test(identities),
        cmocka_unit_test(orthogonal_matrices_have_one_singular_value),
        cmocka_unit_test(orthogonal_kernels_are_those_of_their_layers),
        cmocka_unit_test(gram_by_definition),
        cmocka_unit_test(deviation_of_a_gram_matrix),
        cmocka_unit_test(condition_numbers),
        cmocka_unit_test(looks_at_stored_weights),
        cmocka_unit_test(threads_are_handed_back),
        cmocka_unit_test(what_cannot_be_done),
        cmocka_unit_test(too_much_memory),
        cmocka_unit_test(memory_is_counted),
        cmocka_unit_test(can_be_cancelled),
        cmocka_unit_test(can_be_cancelled_midway),
        cmocka_unit_test(a_large_gram_matrix_can_be_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
