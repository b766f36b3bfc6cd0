/* The Kolmogorov-Smirnov test, against its definition. */
#include "survey_check.h"

#include "describe/ks.h"

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
        cmocka_unit_test(probabilities_of_distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
