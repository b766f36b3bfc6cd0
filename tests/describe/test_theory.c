/* The distribution of one weight, against values by mpmath and exact identities. */
#include "survey_check.h"

#include "detinit_describe.h"
#include "describe/theory.h"

/* Recipes of unit std (orthogonal: unit gain) whose law the table names. */
static detinit_recipe recipe_of(const char *law, double parameter)
{
    detinit_recipe recipe = detinit_recipe_matrix(0, 0, 1, 1);
    recipe.mode = DETINIT_NORMAL;
    recipe.std = 1;
    recipe.dist = strncmp(law, "uniform", 7) == 0     ? DETINIT_DIST_UNIFORM
                  : strncmp(law, "truncated", 9) == 0 ? DETINIT_DIST_TRUNCATED
                                                      : DETINIT_DIST_NORMAL;
    if (strcmp(law, "orthogonal") == 0) {
        recipe.orthogonal = true;
        recipe.shape[0] = (uint64_t)parameter;
    } else if (strstr(law, "slice") != NULL) {
        recipe.rank = 4;
        recipe.shape[2] = recipe.shape[3] = (uint64_t)sqrt(parameter);
        recipe.zero_mean = true;
    }
    return recipe;
}

/* The one law that a recipe is made of. */
static struct law law_of(const detinit_recipe *recipe)
{
    struct theory theory;
    assert_true(theory_make(recipe, &theory));
    assert_true(theory.law_count == 1 && theory.atom_count == 0 && theory.laws[0].share == 1);
    const struct law law = theory.laws[0].law;
    theory_free(&theory);
    return law;
}

/* A Fourier series of slices of 4 ends early: their density has corners. */
static double tolerance_of(const char *law, double parameter)
{
    if (strstr(law, "slice") == NULL)
        return 4e-15;
    return parameter == 4 ? 3e-7 : 1e-10;
}

static void agrees_with_mpmath(void **state)
{
    FILE *table = open_table("theory.csv");
    char law[32];
    double parameter, weight, pdf, cdf;
    int rows = 0;
    (void)state;
    while (fscanf(table, " %31[^,],%lf,%lf,%lf,%lf", law, &parameter, &weight, &pdf, &cdf) == 5) {
        detinit_recipe recipe = recipe_of(law, parameter);
        double tolerance = tolerance_of(law, parameter);
        assert_double_near(detinit_theory_pdf(&recipe, weight), pdf,
                           tolerance * fmax(1, 10 * pdf + weight * weight));
        assert_double_near(detinit_theory_cdf(&recipe, weight), cdf, tolerance);
        if (tolerance < 1e-14 && cdf > 0 && parameter < 200) /* tails too are right, relatively */
            assert_double_near(detinit_theory_cdf(&recipe, weight) / cdf, 1, 1e-13);
        rows++;
    }
    fclose(table);
    assert_int_equal(rows, 208);
}

static const struct {
    const char *law;
    double parameter;
} laws[] = {
    {"normal", 0},       {"uniform", 0},         {"truncated", 0},     {"orthogonal", 2},
    {"orthogonal", 3},   {"orthogonal", 4},      {"orthogonal", 7},    {"orthogonal", 199},
    {"orthogonal", 200}, {"orthogonal", 100000}, {"uniform_slice", 9}, {"truncated_slice", 9},
};
#define LAWS (sizeof laws / sizeof *laws)

static void quantile_inverts_cdf(void **state)
{
    static const double ps[] = {1e-12, 1e-5, 0.01, 0.25, 0.4999, 0.5, 0.6, 0.75, 0.999, 0.9999999};
    (void)state;
    for (size_t n = 0; n < LAWS; n++) {
        detinit_recipe recipe = recipe_of(laws[n].law, laws[n].parameter);
        bool slice = strstr(laws[n].law, "slice") != NULL;
        for (size_t k = slice ? 2 : 0; k < sizeof ps / sizeof *ps; k++) {
            double weight = detinit_theory_quantile(&recipe, ps[k]);
            double beside = fmin(ps[k], 1 - ps[k]);
            double last_digit = detinit_theory_pdf(&recipe, weight) * fabs(weight) * 2.3e-16;
            assert_double_near(detinit_theory_cdf(&recipe, weight), ps[k],
                               1e-13 * beside + 3e-16 + last_digit);
        }
    }
}

static void laws_are_symmetric(void **state)
{
    (void)state;
    for (size_t n = 0; n < LAWS; n++) {
        detinit_recipe recipe = recipe_of(laws[n].law, laws[n].parameter);
        double quartile = detinit_theory_quantile(&recipe, 0.75);
        assert_true(quartile > 0);
        assert_double_near(detinit_theory_quantile(&recipe, 0.25), -quartile, 0);
        assert_double_near(detinit_theory_quantile(&recipe, 0.5), 0, 1e-15);
        assert_double_near(detinit_theory_pdf(&recipe, quartile),
                           detinit_theory_pdf(&recipe, -quartile), 0);
        assert_double_near(detinit_theory_cdf(&recipe, INFINITY), 1, 0);
        assert_double_near(detinit_theory_cdf(&recipe, -INFINITY), 0, 0);
    }
}

/* The densities, and x^2, x^4, ... times the densities, integrated by Simpson's rule. */
static void moments_are_those_of_the_density(void **state)
{
    const int steps = 20000;
    (void)state;
    for (size_t n = 0; n < LAWS; n++) {
        detinit_recipe recipe = recipe_of(laws[n].law, laws[n].parameter);
        struct law law = law_of(&recipe);
        double end = fmin(law.reach, 12), sums[LAW_MOMENTS] = {0};
        if (laws[n].parameter == 2 || laws[n].parameter == 4)
            continue; /* infinite at the ends, or infinitely steep */
        for (int k = 0; k <= steps; k++) {
            double x = end * k / steps, power = 1;
            double weight = (k == 0 || k == steps ? 1 : k % 2 == 1 ? 4 : 2) * 2 * end / steps / 3;
            for (int m = 0; m < LAW_MOMENTS; m++, power *= x * x)
                sums[m] += weight * power * law_pdf(&law, x * law.std) * law.std;
        }
        for (int m = 0; m < LAW_MOMENTS; m++)
            assert_double_near(sums[m] / law.moments[m], 1, 2e-6); /* normal ends at 7.4 */
    }
}

static void known_moments(void **state)
{
    detinit_recipe recipe = recipe_of("normal", 0);
    struct law law = law_of(&recipe);
    (void)state;
    assert_double_near(law.moments[4], 105, 0);
    recipe = recipe_of("uniform", 0);
    law = law_of(&recipe);
    assert_double_near(law.moments[2], 1.8, 1e-15);
    assert_double_near(law.moments[4], 9, 1e-14);
    recipe = recipe_of("orthogonal", 10); /* E Q^4 = 3 / (n (n + 2)), in units of 1 / n^2 */
    law = law_of(&recipe);
    assert_double_near(law.moments[2], 2.5, 1e-15);
}

static void one_by_one_orthogonal_is_a_sign(void **state)
{
    detinit_recipe recipe = recipe_of("orthogonal", 1);
    (void)state;
    recipe.gain = 3;
    assert_double_near(detinit_theory_cdf(&recipe, -3.0000001), 0, 0);
    assert_double_near(detinit_theory_cdf(&recipe, -3), 0.5, 0);
    assert_double_near(detinit_theory_cdf(&recipe, 2.9999999), 0.5, 0);
    assert_double_near(detinit_theory_cdf(&recipe, 3), 1, 0);
    assert_double_near(detinit_theory_quantile(&recipe, 0.3), -3, 0);
    assert_double_near(detinit_theory_quantile(&recipe, 0.7), 3, 0);
    assert_double_near(detinit_theory_pdf(&recipe, 1), 0, 0);
    assert_true(detinit_theory_pdf(&recipe, 3) == INFINITY); /* all of a share in one place */
    assert_true(detinit_theory_pdf(&recipe, -3) == INFINITY);
}

/* n = 2 is the arcsine law, n = 3 uniform (Archimedes). */
static void small_orthogonal_matrices(void **state)
{
    detinit_recipe two = recipe_of("orthogonal", 2), three = recipe_of("orthogonal", 3);
    (void)state;
    for (double q = -0.96875; q < 1; q += 0.0625) {
        assert_double_near(detinit_theory_cdf(&two, q), 0.5 + asin(q) / acos(-1), 1e-15);
        assert_double_near(detinit_theory_cdf(&three, q), (1 + q) / 2, 1e-15);
        assert_double_near(detinit_theory_pdf(&three, q), 0.5, 0);
    }
}

static void scales_with_std(void **state)
{
    detinit_recipe unit = recipe_of("truncated", 0), scaled = unit;
    (void)state;
    scaled.std = 0.25;
    scaled.gain = 0.5;
    assert_double_near(detinit_theory_cdf(&scaled, -0.125), detinit_theory_cdf(&unit, -1), 1e-16);
    assert_double_near(detinit_theory_pdf(&scaled, 0.125), 8 * detinit_theory_pdf(&unit, 1), 1e-15);
    assert_double_near(detinit_theory_quantile(&scaled, 0.1),
                       detinit_theory_quantile(&unit, 0.1) / 8, 1e-16);
}

static void ends_of_the_quantile(void **state)
{
    detinit_recipe normal = recipe_of("normal", 0), uniform = recipe_of("uniform", 0);
    detinit_recipe slice = recipe_of("uniform_slice", 9);
    (void)state;
    assert_true(detinit_theory_quantile(&normal, 0) == -INFINITY);
    assert_true(detinit_theory_quantile(&normal, 1) == INFINITY);
    assert_double_near(detinit_theory_quantile(&uniform, 1), sqrt(3), 1e-15);
    assert_double_near(detinit_theory_quantile(&slice, 1), 2 * sqrt(3) * sqrt(8 / 9.0), 1e-14);
    assert_true(isnan(detinit_theory_quantile(&normal, 1.5)));
    assert_true(isnan(detinit_theory_quantile(&normal, -0.5)));
    assert_true(isnan(detinit_theory_quantile(&normal, NAN)));
    assert_double_near(detinit_theory_quantile(&normal, 1e-300), -37.0471, 1e-4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_mpmath),
        cmocka_unit_test(quantile_inverts_cdf),
        cmocka_unit_test(laws_are_symmetric),
        cmocka_unit_test(moments_are_those_of_the_density),
        cmocka_unit_test(known_moments),
        cmocka_unit_test(one_by_one_orthogonal_is_a_sign),
        cmocka_unit_test(small_orthogonal_matrices),
        cmocka_unit_test(scales_with_std),
        cmocka_unit_test(ends_of_the_quantile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
