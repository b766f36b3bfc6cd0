/* Mean-field theory: integrals against another's, published points, fixed points by iteration. */
#include "survey_check.h"

#include "detinit_describe.h"
#include "describe/field.h"

#include <math.h>

/* ------------------------------------------------------------------ integrals */

/* What detinit_describe.h promises of the integrals of two normals, as a share of E phi^2. */
static double kernel_error(detinit_activation activation, double q)
{
    if (activation_rows[activation].bends_at_0)
        return 1e-14;
    return q <= 10 ? 5e-6 : 1e-3;
}

static void agrees_with_references(void **state)
{
    FILE *table = open_table("mean_field.csv");
    char name[32];
    double q, second, slopes, c, kernel;
    size_t rows = 0;
    field_rule rule;
    (void)state;
    field_rule_make(&rule);
    while (fscanf(table, " %31[^,],%lf,%lf,%lf,%lf,%lf", name, &q, &second, &slopes, &c, &kernel) ==
           6) {
        double squares[FIELD_SQUARES];
        detinit_activation activation;
        assert_true(detinit_activation_parse(name, &activation));
        const field f = field_of(&activation_rows[activation], &rule, q);
        field_expand(&f, &rule, squares);
        assert_double_near(f.second, second, 1e-13 * second);
        assert_double_near(f.slopes, slopes, 1e-13 * slopes);
        assert_double_near(field_kernel(&f, squares, c), kernel,
                           kernel_error(activation, q) * second);
        rows++;
    }
    fclose(table);
    assert_int_equal(rows, 8 * 5 * 4);
}

/* The rule is exact for polynomials of a normal: E z^(2k) = (2k - 1)!!, but for what lies
 * beyond 12.
 */
static void moments_of_the_rule(void **state)
{
    static const double moments[] = {1, 1, 3, 15, 105, 945};
    field_rule rule;
    (void)state;
    field_rule_make(&rule);
    for (int k = 0; k < 6; k++) {
        double sum = 0;
        for (int n = 0; n < FIELD_NODES; n++)
            sum += rule.weight[n] * pow(rule.z[n], 2 * k);
        assert_double_near(sum / moments[k], 1, 1e-13);
    }
}

/* The slope of a kernel in c, and of E phi^2 in q, by differences. */
static void slopes_are_those_of_the_maps(void **state)
{
    field_rule rule;
    (void)state;
    field_rule_make(&rule);
    for (int n = 0; n < DETINIT_ACTIVATION_COUNT; n++)
        for (double q = 0.2; q < 5; q *= 2) {
            double squares[FIELD_SQUARES];
            const double step = 1e-5;
            const field f = field_of(&activation_rows[n], &rule, q);
            const field more = field_of(&activation_rows[n], &rule, q + step);
            const field less = field_of(&activation_rows[n], &rule, q - step);
            field_expand(&f, &rule, squares);
            assert_double_near(f.growth, (more.second - less.second) / (2 * step), 1e-8);
            for (double c = 0; c < 0.95; c += 0.3)
                assert_double_near(
                    field_kernel_slope(&f, squares, c),
                    (field_kernel(&f, squares, c + step) - field_kernel(&f, squares, c - step)) /
                        (2 * step),
                    1e-8 * (1 + q));
        }
}

/* --------------------------------------------------------------- published points */

/*
 * Xiao 2018 (arXiv:1806.05393): sigma_w^2 = 1.05, sigma_b^2 = 2.01e-5 is critical for tanh.
 * Schoenholz 2017 and Pennington 2017 (arXiv:1711.04735): 1.76, 0.05.  He 2015: ReLU at 2.
 */
static void critical_points(void **state)
{
    (void)state;
    assert_double_near(detinit_critical_sigma_w(DETINIT_TANH, 0), 1, 1e-9);
    assert_double_near(pow(detinit_critical_sigma_w(DETINIT_TANH, sqrt(2.01e-5)), 2), 1.05, 5e-5);
    assert_double_near(pow(detinit_critical_sigma_w(DETINIT_TANH, sqrt(0.05)), 2), 1.76, 5e-3);
    assert_double_near(detinit_critical_sigma_w(DETINIT_RELU, 0), sqrt(2), 1e-12);
    assert_double_near(detinit_critical_sigma_w(DETINIT_RELU, 0.5), sqrt(2), 1e-12);
    assert_double_near(detinit_critical_sigma_w(DETINIT_LEAKY_RELU, 0), sqrt(2 / 1.0001), 1e-12);
    assert_double_near(detinit_critical_sigma_w(DETINIT_LINEAR, 0), 1, 1e-12);
    /* A tanh that biases drive so far is flat in nearly all inputs: no weights there are in use. */
    assert_true(isnan(detinit_critical_sigma_w(DETINIT_TANH, 1100)));
}

/* At every critical point chi_1 is 1 where the length map comes to rest. */
static void critical_line_is_critical(void **state)
{
    static const detinit_activation bounded[] = {DETINIT_TANH, DETINIT_SIGMOID};
    (void)state;
    for (int n = 0; n < 2; n++)
        for (double sigma_b = 0.05; sigma_b < 1; sigma_b += 0.2) {
            const double sigma_w = detinit_critical_sigma_w(bounded[n], sigma_b);
            const detinit_mean_field at = detinit_mean_field_at(bounded[n], sigma_w, sigma_b);
            assert_double_near(at.chi, 1, 1e-7);
            assert_int_equal(at.phase, DETINIT_PHASE_EDGE);
            assert_int_equal(detinit_mean_field_at(bounded[n], 0.9 * sigma_w, sigma_b).phase,
                             DETINIT_PHASE_ORDERED);
            assert_int_equal(detinit_mean_field_at(bounded[n], 1.1 * sigma_w, sigma_b).phase,
                             DETINIT_PHASE_CHAOTIC);
        }
}

/* Cho & Saul 2009: the arc-cosine kernel of degree 1. Klambauer 2017: selu rests at variance 1. */
static void published_maps(void **state)
{
    (void)state;
    for (double c = -1; c <= 1; c += 0.25) {
        const double theta = acos(c), pi = acos(-1);
        assert_double_near(detinit_correlation_map(DETINIT_RELU, sqrt(2), 0, 3, c),
                           (sin(theta) + (pi - theta) * cos(theta)) / pi, 1e-14);
    }
    assert_double_near(detinit_length_map(DETINIT_RELU, sqrt(2), 0, 3), 3, 1e-14);
    assert_double_near(detinit_length_map(DETINIT_SELU, 1, 0, 1), 1, 1e-12);
    assert_double_near(detinit_mean_field_at(DETINIT_SELU, 1, 0).length, 1, 1e-9);
}

/* ------------------------------------------------------------------- fixed points */

/* Depth scales by iteration: how fast the maps come to rest. */
static void check_by_iteration(detinit_activation activation, double sigma_w, double sigma_b)
{
    const detinit_mean_field at = detinit_mean_field_at(activation, sigma_w, sigma_b);
    double q = sigma_w * sigma_w + sigma_b * sigma_b, before = q, c = 0.8;
    for (int n = 0; n < 10000 && fabs(q - at.length) > 1e-6 * at.length; n++) {
        before = q;
        q = detinit_length_map(activation, sigma_w, sigma_b, q);
    }
    assert_double_near(q, at.length, 1e-6 * at.length);
    if (fabs(before - at.length) > 1e-7)
        assert_double_near(fabs((q - at.length) / (before - at.length)), exp(-1 / at.length_depth),
                           1e-2);
    for (int n = 0; n < 10000 && fabs(c - at.correlation) > 1e-6; n++) {
        before = c;
        c = detinit_correlation_map(activation, sigma_w, sigma_b, at.length, c);
    }
    assert_double_near(c, at.correlation, 1e-6);
    /* Where an activation bends, the map's slope at 1 is come nearer as sqrt(1 - c). */
    const bool bends = activation == DETINIT_RELU || activation == DETINIT_SELU;
    assert_double_near((c - at.correlation) / (before - at.correlation),
                       exp(-1 / at.correlation_depth), bends ? 3e-3 : 1e-3);
}

static void rests_where_iteration_does(void **state)
{
    (void)state;
    check_by_iteration(DETINIT_TANH, 1.3, 0.3);
    check_by_iteration(DETINIT_TANH, 1.8, 0.2);
    check_by_iteration(DETINIT_TANH, 3, 0.5);
    check_by_iteration(DETINIT_SIGMOID, 3, 0.1);
    check_by_iteration(DETINIT_SIGMOID, 15, 0.1);
    check_by_iteration(DETINIT_GELU, 1.2, 0.3);
    check_by_iteration(DETINIT_SILU, 1.3, 0.4);
    check_by_iteration(DETINIT_SELU, 0.7, 0.3);
    check_by_iteration(DETINIT_RELU, 1.2, 0.5);
}

/* What schemes do, in words: he on tanh is chaotic, xavier at its edge, torch ordered. */
static void phases_of_schemes(void **state)
{
    static const struct {
        detinit_mode mode;
        detinit_activation activation;
        detinit_phase phase;
    } schemes[] = {
        {DETINIT_HE, DETINIT_TANH, DETINIT_PHASE_CHAOTIC},
        {DETINIT_XAVIER, DETINIT_TANH, DETINIT_PHASE_EDGE},
        {DETINIT_TORCH, DETINIT_TANH, DETINIT_PHASE_ORDERED},
        {DETINIT_HE, DETINIT_RELU, DETINIT_PHASE_EDGE},
        {DETINIT_XAVIER, DETINIT_RELU, DETINIT_PHASE_ORDERED},
    };
    (void)state;
    for (size_t n = 0; n < sizeof schemes / sizeof *schemes; n++) {
        detinit_recipe recipe = detinit_recipe_matrix(1, 0, 10, 20);
        double sigma_w;
        recipe.mode = schemes[n].mode;
        assert_true(detinit_recipe_sigma_w(&recipe, 256, &sigma_w));
        assert_int_equal(detinit_mean_field_at(schemes[n].activation, sigma_w, 0).phase,
                         schemes[n].phase);
    }
    const detinit_mean_field he = detinit_mean_field_at(DETINIT_TANH, sqrt(2), 0);
    assert_double_near(he.correlation, 0, 1e-9);
    assert_string_equal(detinit_phase_name(he.phase), "chaotic");
    assert_null(detinit_phase_name(DETINIT_PHASE_COUNT));
}

static void ends_of_the_plane(void **state)
{
    (void)state;
    for (int n = 0; n < DETINIT_ACTIVATION_COUNT; n++) {
        const detinit_mean_field none = detinit_mean_field_at((detinit_activation)n, 0, 0);
        assert_double_same(none.length, 0);
        assert_double_same(none.chi, 0);
        assert_int_equal(none.phase, DETINIT_PHASE_ORDERED);
        const detinit_mean_field biased = detinit_mean_field_at((detinit_activation)n, 0, 2);
        assert_double_near(biased.length, 4, 1e-12);
        assert_double_same(biased.correlation, 1);
        const detinit_mean_field great = detinit_mean_field_at((detinit_activation)n, 1e3, 0);
        assert_true(great.length > 0 && great.chi > 1);
    }
    assert_true(isinf(detinit_mean_field_at(DETINIT_RELU, 1.5, 0).length));
    assert_true(isinf(detinit_mean_field_at(DETINIT_RELU, sqrt(2), 0.3).length));
    assert_double_near(detinit_mean_field_at(DETINIT_RELU, 1, 1).length, 2, 1e-9);
}

/* -------------------------------------------------------------------- the map */

static void map_agrees_with_its_points(void **state)
{
    enum { COLS = 23, ROWS = 7 };
    double sigma_w[COLS], sigma_b[ROWS], chi[ROWS * COLS], depth[ROWS * COLS], again[ROWS * COLS];
    const detinit_run run = {.threads = 5};
    (void)state;
    for (int n = 0; n < COLS; n++)
        sigma_w[n] = 0.3 + 0.173 * n;
    for (int n = 0; n < ROWS; n++)
        sigma_b[n] = 0.13 * n;
    for (int a = 0; a < DETINIT_ACTIVATION_COUNT; a++) {
        const detinit_activation activation = (detinit_activation)a;
        assert_int_equal(
            detinit_phase_map(activation, sigma_w, COLS, sigma_b, ROWS, chi, depth, NULL, NULL),
            DETINIT_OK);
        assert_int_equal(
            detinit_phase_map(activation, sigma_w, COLS, sigma_b, ROWS, again, NULL, &run, NULL),
            DETINIT_OK);
        assert_memory_equal(chi, again, sizeof chi);
        assert_int_equal(
            detinit_phase_map(activation, sigma_w, COLS, sigma_b, ROWS, NULL, again, &run, NULL),
            DETINIT_OK);
        assert_memory_equal(depth, again, sizeof depth);
        for (int n = 0; n < ROWS * COLS; n++) {
            const detinit_mean_field at =
                detinit_mean_field_at(activation, sigma_w[n % COLS], sigma_b[n / COLS]);
            assert_double_near(chi[n], at.chi, 1e-3 * at.chi);
            assert_double_near(1 / depth[n], 1 / at.correlation_depth, 1e-3);
        }
    }
}

static bool stop(void *context, uint64_t done, uint64_t total)
{
    (void)context, (void)done, (void)total;
    return false;
}

static void map_can_be_cancelled(void **state)
{
    const double sigma = 1;
    const detinit_run run = {.progress = stop};
    double chi;
    (void)state;
    assert_int_equal(detinit_phase_map(DETINIT_TANH, &sigma, 1, &sigma, 1, &chi, NULL, &run, NULL),
                     DETINIT_CANCELLED);
}

/* ------------------------------------------------------------------ of recipes */

/* sqrt(width) times the std of weights that were drawn, within three standard errors. */
static void sigma_of_weights(void **state)
{
    enum { SIDE = 256 };
    double *weights = allocate(SIDE * SIDE * sizeof *weights);
    (void)state;
    for (int n = 0; n < 5; n++) {
        detinit_recipe recipe = detinit_recipe_matrix(7, 0, SIDE, SIDE);
        double sigma_w, square = 0, fourth = 0;
        if (n == 1) {
            recipe.dist = DETINIT_DIST_TRUNC_NORMAL;
            recipe.cut = 1;
        } else if (n == 2) {
            recipe.zero = 0.4;
        } else if (n == 3) {
            recipe.mode = DETINIT_TORCH;
        } else if (n == 4) {
            recipe.orthogonal = true;
        }
        assert_true(detinit_recipe_sigma_w(&recipe, SIDE, &sigma_w));
        detinit_matrix *matrix = new_matrix(&recipe);
        detinit_matrix_window(matrix, 0, 0, SIDE, SIDE, weights, SIDE);
        detinit_matrix_free(matrix);
        for (size_t k = 0; k < SIDE * SIDE; k++) {
            const double power = weights[k] * weights[k] * SIDE;
            square += power / (SIDE * SIDE);
            fourth += power * power / (SIDE * SIDE);
        }
        assert_double_near(square, sigma_w * sigma_w,
                           3 * sqrt((fourth - square * square) / (SIDE * SIDE)));
    }
    free(weights);
}

static void recipes_without_a_theory(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(7, 0, 4, 4);
    detinit_predicted_layer layers[50];
    detinit_error error;
    double sigma_w = 7;
    (void)state;
    recipe.mean = 0.1;
    assert_false(detinit_recipe_sigma_w(&recipe, 256, &sigma_w));
    recipe.mean = 0;
    recipe.mode = DETINIT_IDENTITY;
    assert_false(detinit_recipe_sigma_w(&recipe, 256, &sigma_w));
    detinit_recipe parts[2] = {detinit_recipe_matrix(7, 0, 2, 4),
                               detinit_recipe_matrix(7, 1, 2, 4)};
    detinit_recipe fused = detinit_recipe_matrix(7, 0, 4, 4);
    fused.parts = parts;
    fused.part_count = 2;
    assert_false(detinit_recipe_sigma_w(&fused, 256, &sigma_w));
    assert_double_same(sigma_w, 7);
    detinit_propagation request = detinit_propagation_of(&recipe);
    assert_int_equal(detinit_predict(&request, layers, &error), DETINIT_INVALID);
    assert_string_equal(error.message,
                        "mean-field theory expects weights that are drawn and have no mean");
    request.sigma_b = NAN;
    assert_int_equal(detinit_predict(&request, layers, &error), DETINIT_INVALID);
    assert_int_not_equal(detinit_propagation_check(&request, NULL), DETINIT_OK);
}

/* 50 layers of he on tanh, by the map: the length at rest, the gradient's chi in each layer. */
static void predicted_curves(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(7, 0, 4, 4);
    detinit_propagation request = detinit_propagation_of(&recipe);
    detinit_predicted_layer layers[50];
    const detinit_mean_field at = detinit_mean_field_at(DETINIT_TANH, sqrt(2), 0);
    (void)state;
    request.activation = DETINIT_TANH;
    assert_int_equal(detinit_predict(&request, layers, NULL), DETINIT_OK);
    assert_double_near(layers[0].length, 2, 1e-12);
    assert_double_near(layers[49].length, at.length, 1e-9);
    assert_double_near(pow(layers[30].gradient / layers[31].gradient, 2), at.chi, 1e-6);
    assert_double_near(layers[0].correlation,
                       detinit_correlation_map(DETINIT_TANH, sqrt(2), 0, 2, 0.8), 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_references),
        cmocka_unit_test(moments_of_the_rule),
        cmocka_unit_test(slopes_are_those_of_the_maps),
        cmocka_unit_test(critical_points),
        cmocka_unit_test(critical_line_is_critical),
        cmocka_unit_test(published_maps),
        cmocka_unit_test(rests_where_iteration_does),
        cmocka_unit_test(phases_of_schemes),
        cmocka_unit_test(ends_of_the_plane),
        cmocka_unit_test(map_agrees_with_its_points),
        cmocka_unit_test(map_can_be_cancelled),
        cmocka_unit_test(sigma_of_weights),
        cmocka_unit_test(recipes_without_a_theory),
        cmocka_unit_test(predicted_curves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
