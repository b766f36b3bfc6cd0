/* The Kolmogorov-Smirnov test, against its definition. */
#include "survey_check.h"

#include "describe/ks.h"
#include "detinit_describe.h"

static double u01_of(uint64_t use, uint64_t n)
{
    return detinit_u01(detinit_key(use, &n, 1));
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* sup |F_n - F| by sorting. */
static double distance_by_definition(const struct theory *theory, const double *values, size_t n)
{
    double *sorted = allocate(n * sizeof *sorted), greatest = 0;
    for (size_t i = 0; i < n; i++)
        sorted[i] = theory_cdf(theory, values[i]);
    qsort(sorted, n, sizeof *sorted, ascending);
    for (size_t i = 0; i < n; i++) {
        greatest = fmax(greatest, sorted[i] - (double)i / (double)n);
        greatest = fmax(greatest, (double)(i + 1) / (double)n - sorted[i]);
    }
    free(sorted);
    return greatest;
}

static double distance_of(const struct theory *theory, const double *values, size_t n,
                          const detinit_run *run)
{
    double distance = -1;
    assert_int_equal(ks_distance(theory, values, n, run, &distance, NULL), DETINIT_OK);
    return distance;
}

static void check_distance(const struct theory *theory, const double *values, size_t n)
{
    assert_double_near(distance_of(theory, values, n, NULL),
                       distance_by_definition(theory, values, n), 2e-12);
}

static struct theory theory_with(detinit_dist dist)
{
    detinit_recipe recipe = detinit_recipe_matrix(0, 0, 1, 1);
    struct theory theory;
    recipe.dist = dist;
    assert_true(theory_make(&recipe, &theory));
    return theory;
}

static const size_t counts[] = {1, 2, 3, 100, 1023, 1024, 1025, 16383, 16384, 50001};

static void drawn_weights(void **state)
{
    double *values = allocate(50001 * sizeof *values);
    (void)state;
    for (detinit_dist dist = DETINIT_DIST_NORMAL; dist < DETINIT_DIST_COUNT; dist++) {
        struct theory theory = theory_with(dist);
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
            for (size_t i = 0; i < counts[k]; i++)
                values[i] = theory_quantile(&theory, u01_of(k, i));
            check_distance(&theory, values, counts[k]);
        }
        theory_free(&theory);
    }
    free(values);
}

/* All alike, crowded, beyond all that is drawn, in order, some beyond, all on one side. */
static double awkward(unsigned kind, size_t i)
{
    double u = u01_of(kind, i);
    switch (kind) {
    case 0:
        return 0.3;
    case 1:
        return 1 + 1e-9 * u;
    case 2:
        return i % 2 == 0 ? 1e300 : -INFINITY;
    case 3:
        return 1e-4 * (double)i - 2;
    case 4:
        return i % 4 == 0 ? 1e300 : -3 * u;
    default:
        return 5 * u;
    }
}

static void awkward_weights(void **state)
{
    double *values = allocate(50001 * sizeof *values);
    struct theory theory = theory_with(DETINIT_DIST_NORMAL);
    (void)state;
    for (unsigned kind = 0; kind < 6; kind++) {
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
            for (size_t i = 0; i < counts[k]; i++)
                values[i] = awkward(kind, i);
            check_distance(&theory, values, counts[k]);
        }
    }
    theory_free(&theory);
    free(values);
}

static void threads_change_nothing(void **state)
{
    static const unsigned threads[] = {1, 2, 7};
    double *values = allocate(50001 * sizeof *values), first = 0;
    struct theory theory = theory_with(DETINIT_DIST_TRUNCATED);
    (void)state;
    for (size_t i = 0; i < 50001; i++)
        values[i] = theory_quantile(&theory, u01_of(9, i));
    for (size_t k = 0; k < 3; k++) {
        detinit_run run = {.threads = threads[k]};
        double distance = distance_of(&theory, values, 50001, &run);
        first = k == 0 ? distance : first;
        assert_double_same(distance, first);
    }
    theory_free(&theory);
    free(values);
}

/* ------------------------------------------------------- ties and certain values */

/*
 * sup |F_n - F| over all places where rounding turns from one number to the next: all numbers of a
 * type of 16 bits, by their bits, and F at each turn, which is half way between two of them.
 */
static double distance_of_halves(const struct theory *theory, const double *stored, size_t n)
{
    double *numbers = allocate(65536 * sizeof *numbers), greatest = 0;
    size_t count = 0, below = 0;
    for (unsigned bits = 0; bits < 65536; bits++) {
        const uint16_t half = (uint16_t)bits;
        detinit_decode(theory->rounding.dtype, &half, 1, &numbers[count]);
        count += isfinite(numbers[count]) && bits != 0x8000; /* -0 is 0 */
    }
    qsort(numbers, count, sizeof *numbers, ascending);
    double *sorted = allocate(n * sizeof *sorted);
    memcpy(sorted, stored, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, ascending);
    double last = 0, gone = 0, all = 0; /* what is stored as an atom counts for nothing */
    for (int pass = 0; pass < 2; pass++) {
        for (size_t k = 0; k + 1 < count; k++) {
            const double turn = numbers[k] + (numbers[k + 1] - numbers[k]) / 2;
            const double here = theory_cdf(theory, turn);
            for (size_t m = 0; m < theory->atom_count; m++)
                gone += theory->atoms[m].value == numbers[k] ? here - last : 0;
            last = here;
            while (below < n && sorted[below] <= turn)
                below++;
            if (pass == 1)
                greatest = fmax(greatest, fabs((double)below / (double)n - (here - gone) / all));
        }
        all = last - gone;
        last = gone = 0;
        below = 0;
    }
    free(sorted);
    free(numbers);
    return greatest;
}

static double rounded(detinit_dtype dtype, double value)
{
    uint64_t stored;
    detinit_encode(dtype, &value, 1, &stored);
    detinit_decode(dtype, &stored, 1, &value);
    return value;
}

/* Fills `values` with draws of a recipe, by its theory's quantiles, as they are stored. */
static struct theory draw(const detinit_recipe *recipe, double *values, size_t n)
{
    struct theory theory;
    assert_true(theory_make(recipe, &theory));
    for (size_t i = 0; i < n; i++)
        values[i] = rounded(recipe->dtype, theory_quantile(&theory, u01_of(n, i)));
    return theory;
}

static const struct {
    double std, mean, zero;
} mixtures[] = {{0.02, 0, 0},    {0.02, 0, 0.5}, {1e-6, 0, 0},    {1e-6, 0, 0.25},
                {0.001, 0.5, 0}, {1, 0.25, 0.9}, {0.01, -3, 0.01}};

static void rounded_weights_and_values(void **state)
{
    static const size_t some[] = {1, 3, 100, 1500, 20000};
    double *values = allocate(20000 * sizeof *values);
    (void)state;
    for (size_t m = 0; m < sizeof mixtures / sizeof *mixtures; m++)
        for (int dtype = DETINIT_FLOAT16; dtype <= DETINIT_BFLOAT16; dtype++)
            for (size_t k = 0; k < sizeof some / sizeof *some; k++) {
                detinit_recipe recipe = detinit_recipe_matrix(0, 0, 1, 1);
                recipe.mode = DETINIT_NORMAL;
                recipe.std = mixtures[m].std;
                recipe.mean = mixtures[m].mean;
                recipe.zero = mixtures[m].zero;
                recipe.dtype = (detinit_dtype)dtype;
                struct theory theory = draw(&recipe, values, some[k]);
                const size_t left = ks_drop_certain(&theory, values, some[k]);
                if (left > 0)
                    assert_double_near(distance_of(&theory, values, left, NULL),
                                       distance_of_halves(&theory, values, left), 2e-12);
                theory_free(&theory);
            }
    free(values);
}

/* Zeros are dropped, and the others are as if there had been none. */
static void certain_values_are_dropped(void **state)
{
    double *values = allocate(20000 * sizeof *values);
    (void)state;
    for (size_t m = 0; m < sizeof mixtures / sizeof *mixtures; m++) {
        detinit_recipe recipe = detinit_recipe_matrix(0, 0, 1, 1);
        recipe.mode = DETINIT_NORMAL;
        recipe.std = mixtures[m].std;
        recipe.zero = 0.5;
        struct theory theory = draw(&recipe, values, 20000), alone;
        size_t zeros = 0;
        for (size_t i = 0; i < 20000; i++)
            zeros += values[i] == 0;
        const size_t left = ks_drop_certain(&theory, values, 20000);
        assert_true(left == 20000 - zeros && zeros > 9000);
        recipe.zero = 0;
        assert_true(theory_make(&recipe, &alone));
        assert_double_near(distance_of(&theory, values, left, NULL),
                           distance_of(&alone, values, left, NULL), 1e-13);
        theory_free(&alone);
        theory_free(&theory);
    }
    free(values);
}

/* As many weights as there ever are in 8 bits of precision: ties do no harm. */
static void many_ties_do_no_harm(void **state)
{
    double *values = allocate(DETINIT_KS_COUNT * sizeof *values);
    (void)state;
    for (int dtype = DETINIT_FLOAT32; dtype < DETINIT_DTYPE_COUNT; dtype++) {
        detinit_recipe recipe = detinit_recipe_matrix(0, 0, 1, 1);
        recipe.dist = DETINIT_DIST_UNIFORM;
        recipe.dtype = (detinit_dtype)dtype;
        struct theory theory = draw(&recipe, values, DETINIT_KS_COUNT);
        const double distance = distance_of(&theory, values, DETINIT_KS_COUNT, NULL);
        assert_true(ks_probability(distance, DETINIT_KS_COUNT) > 1e-3);
        theory_free(&theory);
    }
    free(values);
}

/* Points of Kolmogorov's distribution, by mpmath, with n so great that it holds. */
static void probabilities_of_distances(void **state)
{
    static const struct {
        double x, p;
    } points[] = {{0.4, 0.9971923267772983},    {0.8275735551899077, 0.5},
                  {0.9999, 0.2701068819688555}, {1.0001, 0.2698924922564843},
                  {1.3580986393225506, 0.05},   {1.6276236115189504, 0.01},
                  {3, 3.045995948942526e-8}};
    const size_t n = 1000000;
    double root = sqrt((double)n), corrected = root + 0.12 + 0.11 / root;
    (void)state;
    for (size_t k = 0; k < sizeof points / sizeof *points; k++)
        assert_double_near(ks_probability(points[k].x / corrected, n), points[k].p, 1e-9);
    assert_double_near(ks_probability(0, n), 1, 0);
    assert_double_near(ks_probability(1e-9, n), 1, 0);
    assert_double_near(ks_probability(1, n), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawn_weights),
        cmocka_unit_test(awkward_weights),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(rounded_weights_and_values),
        cmocka_unit_test(certain_values_are_dropped),
        cmocka_unit_test(many_ties_do_no_harm),
        cmocka_unit_test(probabilities_of_distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
