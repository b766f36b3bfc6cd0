/* Spectra of recipes: against their laws, and what is said of them. */
#include "check.h"

#include "verb/spectrum.h"

static spectrum spectrum_of(const detinit_recipe *recipe)
{
    spectrum s;
    detinit_error error;
    if (spectrum_make(recipe, NULL, &s, &error) != DETINIT_OK)
        fail_msg("no spectrum: %s", error.message);
    return s;
}

/*
 * How far a squared singular value lies beyond its edge, in Tracy and Widom's scale
 * (Johnstone 2001), in which the greatest has mean -1.21 and deviation 1.27.
 */
static double beyond_upper(const spectrum *s, double std)
{
    const double a = sqrt((double)s->rows), b = sqrt((double)s->cols);
    const double scale = (a + b) * cbrt(1 / a + 1 / b);
    return (pow(s->normal[0] / std, 2) - (a + b) * (a + b)) / scale;
}

static void check_edges(const detinit_recipe *recipe)
{
    spectrum s = spectrum_of(recipe);
    const double short_side = sqrt((double)(s.rows < s.cols ? s.rows : s.cols));
    const double long_side = sqrt((double)(s.rows < s.cols ? s.cols : s.rows));
    const double std = s.law.std;
    assert_string_equal(s.no_law, "");
    assert_double_near(s.law.upper, std * (long_side + short_side), 1e-12);
    assert_double_near(s.law.lower, std * (long_side - short_side), 1e-12);
    assert_true(fabs(beyond_upper(&s, std) + 1.21) < 4 * 1.27);
    assert_true(spectrum_beyond(&s) <= 2);
    for (size_t n = 0; n < s.count; n++)
        assert_double_near(s.orthogonal[n], detinit_recipe_orthogonal_gain(recipe), 1e-12);
    assert_double_near(s.condition_orthogonal, 1, 1e-12);
    spectrum_free(&s);
}

/* Wide, tall, square, kernels of both layouts, other distributions, sparse. */
static void edges_are_those_of_the_law(void **state)
{
    static const uint64_t shapes[][2] = {{128, 256}, {256, 128}, {150, 150}, {60, 600}};
    (void)state;
    for (uint64_t seed = 0; seed < 3; seed++)
        for (size_t n = 0; n < sizeof shapes / sizeof *shapes; n++) {
            detinit_recipe recipe = detinit_recipe_matrix(seed, 0, shapes[n][0], shapes[n][1]);
            check_edges(&recipe);
            recipe.dist = DETINIT_DIST_UNIFORM;
            check_edges(&recipe);
        }
    const uint64_t kernel[] = {64, 32, 3, 3};
    detinit_recipe recipe = detinit_recipe_tensor(7, 0, 4, kernel);
    spectrum s = spectrum_of(&recipe);
    assert_int_equal(s.rows, 64);
    assert_int_equal(s.cols, 32 * 9);
    spectrum_free(&s);
    check_edges(&recipe);
}

static void sparse_weights_have_the_std_of_all(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(3, 0, 200, 400);
    (void)state;
    recipe.zero = 0.75;
    spectrum s = spectrum_of(&recipe);
    assert_double_near(s.law.std, detinit_recipe_std(&recipe) / 2, 1e-12);
    assert_true(fabs(beyond_upper(&s, s.law.std) + 1.21) < 4 * 1.27);
    spectrum_free(&s);
}

/* Of a mean one value lies far out: mean sqrt(rows cols). */
static void a_mean_is_one_value(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(3, 0, 100, 200);
    (void)state;
    recipe.mean = 1;
    spectrum s = spectrum_of(&recipe);
    assert_int_equal(spectrum_beyond(&s) >= 1, true);
    assert_double_near(s.normal[0], sqrt(100 * 200), 1);
    assert_true(s.normal[1] < s.law.upper * 1.02);
    spectrum_free(&s);
}

static double sum_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t n = 0; n < count; n++)
        sum += values[n];
    return sum;
}

static void check_bins(const spectrum_bins *b, size_t values, double expected)
{
    size_t sum = 0;
    for (size_t n = 0; n < b->bins; n++) {
        assert_true(b->edges[n] < b->edges[n + 1]);
        sum += b->counts[n];
    }
    assert_int_equal(sum, values);
    assert_double_near(sum_of(b->expected, b->bins), expected, 1e-6 * expected);
}

static void every_value_is_in_one_bin(void **state)
{
    static const uint64_t shapes[][2] = {{1, 1}, {1, 50}, {300, 300}, {5, 7}};
    spectrum_bins bins;
    (void)state;
    for (size_t n = 0; n < sizeof shapes / sizeof *shapes; n++) {
        detinit_recipe recipe = detinit_recipe_matrix(9, 0, shapes[n][0], shapes[n][1]);
        spectrum s = spectrum_of(&recipe);
        spectrum_histogram(&s, &bins);
        check_bins(&bins, s.count, (double)s.count);
        /* The first edge is a half-open bin's: what lies there is counted. */
        assert_true(bins.edges[0] <= s.normal[s.count - 1]);
        assert_true(bins.edges[bins.bins] >= s.normal[0]);
        spectrum_free(&s);
    }
}

/* ---------------------------------------------------------------- products */

/* Kolmogorov's distance to the law, and the mean square, which is Fuss and Catalan's first: 1. */
static void products_follow_their_law(void **state)
{
    static product_spectrum p;
    static const unsigned factors[] = {1, 2, 3, 8};
    detinit_recipe recipe = detinit_recipe_matrix(1, 0, 3, 4);
    detinit_error error;
    spectrum_bins bins;
    (void)state;
    recipe.gain = 1e200; /* whatever it is, they are over sigma */
    for (size_t k = 0; k < sizeof factors / sizeof *factors; k++) {
        double distance = 0;
        assert_int_equal(product_make(&recipe, factors[k], NULL, &p, &error), DETINIT_OK);
        for (size_t n = 0; n < PRODUCT_WIDTH; n++) {
            const double below = detinit_product_cdf(factors[k], p.normal[n]);
            distance = fmax(distance, fabs(1 - below - ((double)n + 0.5) / (double)PRODUCT_WIDTH));
            assert_double_near(p.orthogonal[n], 1, 1e-12);
        }
        assert_true(distance < 6.0 / (double)PRODUCT_WIDTH);
        assert_double_near(p.sigma_normal, 1e200 * sqrt(2), 1e190);
        product_histogram(&p, &bins);
        check_bins(&bins, PRODUCT_WIDTH - p.rounded,
                   (double)PRODUCT_WIDTH * (1 - detinit_product_cdf(factors[k], bins.edges[0])));
    }
    assert_true(p.condition_normal > 1e9);
    assert_double_near(p.condition_orthogonal, 1, 1e-12);
}

static void longer_products_are_rounding(void **state)
{
    static product_spectrum p;
    detinit_recipe recipe = detinit_recipe_matrix(1, 0, 3, 4);
    spectrum_bins bins;
    char text[SPECTRUM_TEXT];
    (void)state;
    assert_int_equal(product_make(&recipe, 64, NULL, &p, NULL), DETINIT_OK);
    assert_true(p.rounded > 30);
    assert_string_equal(condition_text(p.condition_normal, text), "over 1e15");
    product_histogram(&p, &bins);
    assert_double_same(bins.edges[0], p.normal[0] * SPECTRUM_ROUNDING);
}

/* ------------------------------------------------------- words and refusals */

static void conditions_in_words(void **state)
{
    static const struct {
        double condition;
        const char *text, *words;
    } cases[] = {
        {1, "1", "stretches all directions alike"},
        {1.5, "1.5", "stretches some directions 1.5 times more than others"},
        {404.567, "404.6", "stretches some directions 405 times more than others"},
        {2.4e7, "2e07", "stretches some directions 2e07 times more than others"},
        {1e18, "over 1e15", "flattens some directions to nothing"},
        {INFINITY, "over 1e15", "flattens some directions to nothing"},
    };
    char text[SPECTRUM_TEXT];
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        assert_string_equal(condition_text(cases[n].condition, text), cases[n].text);
        assert_string_equal(condition_words(cases[n].condition, text), cases[n].words);
    }
}

static void refuse(const detinit_recipe *recipe, const char *sentence)
{
    spectrum s;
    detinit_error error = {0};
    assert_int_equal(spectrum_make(recipe, NULL, &s, &error), DETINIT_INVALID);
    assert_string_equal(error.message, sentence);
    spectrum_free(&s);
}

static void what_has_no_spectrum_says_why(void **state)
{
    static const uint64_t long_one[] = {7};
    static product_spectrum p;
    detinit_recipe recipe = detinit_recipe_tensor(0, 0, 1, long_one);
    detinit_error error;
    (void)state;
    refuse(&recipe, "singular values are those of a matrix; this has 1 dimension");
    recipe = detinit_recipe_matrix(0, 0, 5000, 5000);
    refuse(&recipe, "singular values are found up to 4096 x 1048576; make the matrix smaller");
    recipe = detinit_recipe_matrix(0, 0, 5, 5);
    recipe.mode = DETINIT_CONSTANT;
    refuse(&recipe, "mode constant draws nothing: normal and orthogonal are compared where one "
                    "recipe draws all");
    assert_int_equal(product_make(&recipe, 3, NULL, &p, &error), DETINIT_INVALID);
    recipe = detinit_recipe_matrix(0, 0, 5, 5);
    recipe.mean = 2;
    assert_int_equal(product_make(&recipe, 3, NULL, &p, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "products are of weights that are drawn, by one recipe, "
                                       "and have no mean");
    static const uint64_t kernel[] = {6, 4, 3, 3};
    recipe = detinit_recipe_tensor(0, 0, 4, kernel);
    recipe.zero_mean = true;
    spectrum s = spectrum_of(&recipe);
    assert_true(s.no_law[0] != '\0');
    spectrum_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges_are_those_of_the_law),
        cmocka_unit_test(sparse_weights_have_the_std_of_all),
        cmocka_unit_test(a_mean_is_one_value),
        cmocka_unit_test(every_value_is_in_one_bin),
        cmocka_unit_test(products_follow_their_law),
        cmocka_unit_test(longer_products_are_rounding),
        cmocka_unit_test(conditions_in_words),
        cmocka_unit_test(what_has_no_spectrum_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
