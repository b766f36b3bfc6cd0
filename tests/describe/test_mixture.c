/* What recipes that are no one law about 0 promise, against mpmath. */
#include "survey_check.h"

#include "describe/theory.h"
#include "detinit_describe.h"

/* Parts of the fused recipe, which lives as long as they do. */
static detinit_recipe parts[3];

static detinit_recipe tensor(size_t rank, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    const uint64_t shape[] = {a, b, c, d};
    return detinit_recipe_tensor(0, 0, rank, shape);
}

static detinit_recipe normal(uint64_t rows, uint64_t cols, double std)
{
    detinit_recipe r = detinit_recipe_matrix(0, 0, rows, cols);
    r.mode = DETINIT_NORMAL;
    r.std = std;
    return r;
}

static detinit_recipe fused(void)
{
    detinit_recipe whole = detinit_recipe_matrix(0, 0, 10, 4);
    parts[0] = normal(2, 4, 1);
    parts[1] = normal(3, 4, 1);
    parts[1].mode = DETINIT_CONSTANT;
    parts[1].value = 1;
    parts[2] = normal(5, 4, 2);
    parts[2].dist = DETINIT_DIST_TRUNC_NORMAL;
    parts[2].cut = 1.5;
    parts[2].mean = -1;
    whole.part_count = 3;
    whole.parts = parts;
    return whole;
}

/* The recipes whose names are in the tables of make_survey_data.py. */
static detinit_recipe recipe_of(const char *name)
{
    detinit_recipe r = normal(4, 5, 1);
    if (strncmp(name, "cut_", 4) == 0) {
        r.dist = DETINIT_DIST_TRUNC_NORMAL;
        r.cut = strtod(name + 4, NULL);
    } else if (strcmp(name, "mean") == 0) {
        r.std = 0.5;
        r.mean = 0.75;
    } else if (strcmp(name, "sparse") == 0) {
        r.mean = 0.25;
        r.zero = 0.75;
    } else if (strcmp(name, "row") == 0) {
        r.dist = DETINIT_DIST_UNIFORM;
        r.mean = -0.5;
        r.has_zero_row = true;
        r.zero_row = 2;
    } else if (strcmp(name, "constant") == 0) {
        r.mode = DETINIT_CONSTANT;
        r.value = 0.375;
    } else if (strncmp(name, "identity", 8) == 0) {
        r = detinit_recipe_matrix(0, 0, 3, 5);
        r.mode = DETINIT_IDENTITY;
        r.gain = 2;
        r.has_zero_row = strcmp(name, "identity_row") == 0;
        r.zero_row = 1;
    } else if (strcmp(name, "dirac") == 0 || strcmp(name, "delta") == 0) {
        r = tensor(3, 6, 4, 3, 0);
        r.mode = name[1] == 'i' ? DETINIT_DIRAC : DETINIT_DELTA_ORTHOGONAL;
        r.gain = 1.5;
    } else if (strncmp(name, "kernel", 6) == 0) {
        r = tensor(4, 4, 3, 2, 2);
        r.orthogonal = true;
        r.fan_in = strcmp(name, "kernel") == 0 ? DETINIT_FAN_IN_COLS : DETINIT_FAN_IN_ROWS;
    } else if (strcmp(name, "fused") == 0) {
        r = fused();
    } else {
        fail_msg("no recipe is called %s", name);
    }
    assert_int_equal(detinit_recipe_check(&r, NULL), DETINIT_OK);
    return r;
}

static void probabilities_are_those_of_mpmath(void **state)
{
    FILE *table = open_table("mixtures.csv");
    char name[32];
    double weight, pdf, cdf;
    int rows = 0;
    (void)state;
    while (fscanf(table, " %31[^,],%lf,%lf,%lf", name, &weight, &pdf, &cdf) == 4) {
        detinit_recipe recipe = recipe_of(name);
        assert_double_near(detinit_theory_pdf(&recipe, weight), pdf, 1e-14 * fmax(1, pdf));
        assert_double_near(detinit_theory_cdf(&recipe, weight), cdf, 4e-15);
        rows++;
    }
    fclose(table);
    assert_int_equal(rows, 165);
}

static void figures_are_those_of_mpmath(void **state)
{
    FILE *table = open_table("mixture_figures.csv");
    char name[32];
    double mean, std;
    int rows = 0;
    (void)state;
    while (fscanf(table, " %31[^,],%lf,%lf", name, &mean, &std) == 3) {
        detinit_recipe recipe = recipe_of(name);
        struct theory theory;
        assert_true(theory_make(&recipe, &theory));
        assert_double_near(theory.mean, mean, 1e-15);
        assert_double_near(theory.std, std, 1e-14);
        for (int k = 3; k < THEORY_MOMENTS; k++) {
            double moment;
            assert_int_equal(fscanf(table, ",%lf", &moment), 1);
            assert_double_near(theory.moments[k], moment, 1e-10 * fmax(1, fabs(moment)));
        }
        theory_free(&theory);
        rows++;
    }
    fclose(table);
    assert_int_equal(rows, 15);
}

static const char *const names[] = {"cut_0.5",  "cut_3",        "mean",  "sparse", "row",
                                    "constant", "identity",     "dirac", "delta",  "kernel",
                                    "fused",    "identity_row", "cut_8"};
#define NAMES (sizeof names / sizeof *names)

/* The quantile is the least weight that the p-th part of all is not above. */
static void quantile_inverts_cdf(void **state)
{
    static const double ps[] = {1e-9, 0.01, 0.2, 0.25, 0.3, 0.5, 0.6, 0.75, 0.9, 0.99, 0.9999999};
    (void)state;
    for (size_t n = 0; n < NAMES; n++) {
        detinit_recipe recipe = recipe_of(names[n]);
        for (size_t k = 0; k < sizeof ps / sizeof *ps; k++) {
            const double weight = detinit_theory_quantile(&recipe, ps[k]);
            const double step = 1e-13 * fmax(1, fabs(weight));
            assert_true(detinit_theory_cdf(&recipe, weight + step) >= ps[k] - 1e-15);
            assert_true(detinit_theory_cdf(&recipe, weight - step) <= ps[k] + 1e-15);
        }
        assert_double_near(detinit_theory_cdf(&recipe, INFINITY), 1, 1e-15);
        assert_double_near(detinit_theory_cdf(&recipe, -INFINITY), 0, 0);
        assert_true(isnan(detinit_theory_quantile(&recipe, -0.1)));
    }
}

/* What lies between is what is below less what is below, and values lie where they begin. */
static void between_is_a_difference(void **state)
{
    (void)state;
    for (size_t n = 0; n < NAMES; n++) {
        detinit_recipe recipe = recipe_of(names[n]);
        struct theory theory;
        assert_true(theory_make(&recipe, &theory));
        for (double from = -3; from < 3; from += 0.375)
            for (double to = from; to < 3; to += 0.375)
                assert_double_near(theory_between(&theory, from, to),
                                   theory_below(&theory, to) - theory_below(&theory, from), 1e-15);
        theory_free(&theory);
    }
}

static void equal_parts_are_one_law(void **state)
{
    detinit_recipe whole = fused();
    struct theory theory;
    (void)state;
    parts[1] = parts[0];
    parts[1].shape[0] = 3;
    parts[1].layer = 7;
    parts[2] = parts[0];
    parts[2].shape[0] = 5;
    assert_true(theory_make(&whole, &theory));
    assert_true(theory.law_count == 1 && theory.atom_count == 0);
    assert_double_near(theory.laws[0].share, 1, 1e-15);
    assert_double_near(theory.std, 1, 0);
    theory_free(&theory);
}

static void nothing_has_no_law(void **state)
{
    detinit_recipe none = detinit_recipe_matrix(0, 0, 0, 3);
    struct theory theory;
    (void)state;
    assert_true(theory_make(&none, &theory));
    assert_true(theory.law_count == 0 && theory.atom_count == 0);
    assert_true(isnan(theory_quantile(&theory, 0.5)));
    theory_free(&theory);
}

/* A constant is promised as it is stored. */
static void values_are_promised_as_stored(void **state)
{
    detinit_recipe r = recipe_of("constant");
    (void)state;
    r.value = 0.1;
    r.dtype = DETINIT_BFLOAT16;
    assert_double_near(detinit_theory_quantile(&r, 0.5), 0.10009765625, 0);
    r.via = DETINIT_FLOAT16;
    assert_double_near(detinit_theory_quantile(&r, 0.5), 0.10009765625, 0);
    r.dtype = DETINIT_FLOAT32;
    assert_double_near(detinit_theory_quantile(&r, 0.5), 0.0999755859375, 0);
    r.value = 1e9;
    assert_double_near(detinit_theory_quantile(&r, 0.5), 1e9, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probabilities_are_those_of_mpmath),
        cmocka_unit_test(figures_are_those_of_mpmath),
        cmocka_unit_test(quantile_inverts_cdf),
        cmocka_unit_test(between_is_a_difference),
        cmocka_unit_test(equal_parts_are_one_law),
        cmocka_unit_test(nothing_has_no_law),
        cmocka_unit_test(values_are_promised_as_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
