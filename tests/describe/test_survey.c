/* Statistics, histogram and sample of matrices. */
#include "survey_check.h"

#include "detinit_describe.h"
#include "describe/ks.h"
#include "matrix/sample.h"
#include "describe/statistics.h"

#include <inttypes.h>

static detinit_survey survey_of(const detinit_recipe *recipe, bool exact, const detinit_run *run)
{
    detinit_matrix *matrix = new_matrix(recipe);
    detinit_survey survey;
    detinit_error error;
    if (detinit_matrix_survey(matrix, exact, run, &survey, &error) != DETINIT_OK)
        fail_msg("no survey: %s", error.message);
    detinit_matrix_free(matrix);
    return survey;
}

static detinit_statistics statistics_of(const detinit_recipe *recipe)
{
    detinit_survey survey = survey_of(recipe, false, NULL);
    detinit_survey_free(&survey);
    return survey.statistics;
}

static double *weights_of(const detinit_recipe *recipe)
{
    size_t rows = (size_t)detinit_recipe_rows(recipe), cols = (size_t)detinit_recipe_cols(recipe);
    double *weights = allocate(rows * cols * sizeof *weights);
    detinit_matrix *matrix = new_matrix(recipe);
    assert_int_equal(detinit_matrix_window(matrix, 0, 0, rows, cols, weights, cols), DETINIT_OK);
    detinit_matrix_free(matrix);
    return weights;
}

/* ------------------------------------------------------------- references */

/* A row of surveys.csv. */
struct reference {
    detinit_recipe recipe;
    uint64_t min_row, min_col, max_row, max_col;
    double mean, std, skewness, kurtosis;
    double mean_errors, std_errors, skewness_errors, kurtosis_errors, distance, p;
};

static bool read_reference(FILE *table, struct reference *r)
{
    char dist[16];
    uint64_t seed, layer, rows, cols;
    if (fscanf(table, " %15[^,],%" SCNu64 ",%" SCNu64 ",%" SCNu64 ",%" SCNu64, dist, &seed, &layer,
               &rows, &cols) != 5)
        return false;
    r->recipe = detinit_recipe_matrix(seed, layer, rows, cols);
    assert_true(detinit_dist_parse(dist, &r->recipe.dist));
    assert_int_equal(fscanf(table, ",%" SCNu64 ",%" SCNu64 ",%" SCNu64 ",%" SCNu64, &r->min_row,
                            &r->min_col, &r->max_row, &r->max_col),
                     4);
    assert_int_equal(fscanf(table, ",%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", &r->mean, &r->std,
                            &r->skewness, &r->kurtosis, &r->mean_errors, &r->std_errors,
                            &r->skewness_errors, &r->kurtosis_errors, &r->distance, &r->p),
                     10);
    return true;
}

static void agree_with_references(void **state)
{
    FILE *table = open_table("surveys.csv");
    struct reference r;
    int rows = 0;
    (void)state;
    while (read_reference(table, &r)) {
        detinit_statistics s = statistics_of(&r.recipe);
        assert_double_near(s.mean, r.mean, 1e-15);
        assert_double_near(s.std, r.std, 1e-15);
        assert_double_near(s.skewness, r.skewness, 1e-14);
        assert_double_near(s.excess_kurtosis, r.kurtosis, 3e-14);
        assert_double_near(s.mean_errors, r.mean_errors, 1e-13);
        assert_double_near(s.std_errors, r.std_errors, 1e-13);
        assert_double_near(s.skewness_errors, r.skewness_errors, 1e-12);
        assert_double_near(s.kurtosis_errors, r.kurtosis_errors, 1e-12);
        assert_double_near(s.ks_distance, r.distance, 1e-14);
        assert_double_near(s.ks_p, r.p, 1e-12);
        assert_true(s.min_row == r.min_row && s.min_col == r.min_col);
        assert_true(s.max_row == r.max_row && s.max_col == r.max_col);
        assert_true(s.count == s.ks_count && !s.sampled);
        rows++;
    }
    fclose(table);
    assert_int_equal(rows, 8);
}

static void published_figures(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(42, 0, 10, 20);
    detinit_statistics s = statistics_of(&recipe);
    (void)state;
    assert_double_near(s.mean, 0.018505, 5e-7);
    assert_double_near(s.std, 0.336725, 5e-7);
    assert_double_near(s.target_std, 0.316228, 5e-7);
    assert_double_near(s.min, -0.854205, 5e-7);
    assert_double_near(s.max, 1.386884, 5e-7);
    assert_true(s.min_row == 9 && s.min_col == 2 && s.max_row == 2 && s.max_col == 13);
    assert_double_near(s.skewness, 0.294, 5e-4);
    assert_double_near(s.excess_kurtosis, 0.645, 5e-4);
}

/* Sums that plain addition would lose, in any place: 2^60 swallows 1, and takes it away again. */
static void sums_lose_nothing(void **state)
{
    static const double terms[] = {1, 0x1p60, 0x1p-20, -0x1p60, 0.5};
    struct tally whole, part;
    (void)state;
    tally_clear(&whole);
    for (size_t k = 0; k < 5; k++) {
        tally_clear(&part);
        part.sums[0] = terms[k];
        part.lost[0] = 0x1p-30;
        tally_merge(&whole, &part);
    }
    assert_double_near(whole.sums[0] + whole.lost[0], 1.5 + 0x1p-20 + 5 * 0x1p-30, 0);
}

/* ------------------------------------------------------- against the weights */

static const uint64_t shapes[][2] = {{1, 1},     {1, 2},     {2, 1},     {3, 5},
                                     {8, 8},     {5, 13},    {1, 1000},  {77, 31},
                                     {1, 70001}, {70001, 1}, {130, 401}, {2, 65537}};
#define SHAPES (sizeof shapes / sizeof *shapes)

static void check_extremes(const detinit_statistics *s, const double *w, size_t count, size_t cols)
{
    size_t min = 0, max = 0;
    for (size_t i = 1; i < count; i++) {
        min = w[i] < w[min] ? i : min;
        max = w[i] > w[max] ? i : max;
    }
    assert_double_near(s->min, w[min], 0);
    assert_double_near(s->max, w[max], 0);
    assert_true(s->min_row == min / cols && s->min_col == min % cols);
    assert_true(s->max_row == max / cols && s->max_col == max % cols);
}

/* Counted afresh, by comparison with the edges. */
static void check_histogram(const detinit_histogram *h, const double *w, size_t count)
{
    uint64_t *counts = allocate(h->bins * sizeof *counts), sum = 0;
    double expected = 0;
    memset(counts, 0, h->bins * sizeof *counts);
    for (size_t i = 0; i < count; i++) {
        size_t k = 0, end = h->bins;
        while (end - k > 1) {
            size_t middle = k + (end - k) / 2;
            if (w[i] >= h->edges[middle])
                k = middle;
            else
                end = middle;
        }
        assert_true(h->edges[k] <= w[i] && w[i] < h->edges[k + 1]);
        counts[k]++;
    }
    for (size_t k = 0; k < h->bins; k++) {
        assert_true(counts[k] == h->counts[k]);
        sum += h->counts[k];
        expected += h->expected[k];
    }
    assert_true(sum == count && h->counts[0] > 0 && h->counts[h->bins - 1] > 0);
    assert_true(expected > 0 && expected < (double)count * (1 + 1e-12));
    free(counts);
}

static void every_weight_is_counted(void **state)
{
    (void)state;
    for (size_t k = 0; k < SHAPES; k++) {
        for (detinit_dtype dtype = DETINIT_FLOAT64; dtype < DETINIT_DTYPE_COUNT; dtype++) {
            detinit_recipe recipe = detinit_recipe_matrix(k, 2, shapes[k][0], shapes[k][1]);
            size_t count = (size_t)(shapes[k][0] * shapes[k][1]);
            recipe.dtype = dtype;
            recipe.dist = (detinit_dist)(k % DETINIT_DIST_COUNT);
            double *w = weights_of(&recipe);
            detinit_survey survey = survey_of(&recipe, false, NULL);
            assert_true(survey.statistics.count == count);
            check_extremes(&survey.statistics, w, count, (size_t)shapes[k][1]);
            check_histogram(&survey.histogram, w, count);
            detinit_survey_free(&survey);
            free(w);
        }
    }
}

/* Subnormal numbers of float16 are 2^-24 apart: weights up to 0.75 of that round up to 1. */
static void rounding_reaches_farther(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(1, 0, 30, 30);
    (void)state;
    recipe.mode = DETINIT_NORMAL;
    recipe.dist = DETINIT_DIST_UNIFORM;
    recipe.std = 0.75 * 0x1p-24 / sqrt(3);
    recipe.dtype = DETINIT_FLOAT16;
    double *w = weights_of(&recipe);
    detinit_survey survey = survey_of(&recipe, false, NULL);
    assert_double_near(survey.statistics.max, 0x1p-24, 0);
    check_histogram(&survey.histogram, w, 900);
    detinit_survey_free(&survey);
    free(w);
}

static void bins_are_those_of_freedman_and_diaconis(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(1, 0, 100, 270);
    detinit_survey survey = survey_of(&recipe, false, NULL);
    const detinit_histogram *h = &survey.histogram;
    double width = 2 * (2 * detinit_theory_quantile(&recipe, 0.75)) / 30;
    (void)state;
    for (size_t k = 0; k < h->bins; k++) {
        double multiple = h->edges[k] / (h->edges[1] - h->edges[0]);
        assert_double_near((h->edges[k + 1] - h->edges[k]) / width, 1, 1e-8);
        assert_double_near(multiple, nearbyint(multiple), 1e-9);
        assert_double_near(h->expected[k],
                           27000 * (detinit_theory_cdf(&recipe, h->edges[k + 1]) -
                                    detinit_theory_cdf(&recipe, h->edges[k])),
                           1e-8);
    }
    detinit_survey_free(&survey);
}

/* ----------------------------------------------------- what changes nothing */

static void assert_same(const detinit_survey *a, const detinit_survey *b)
{
    const detinit_statistics *s = &a->statistics, *t = &b->statistics;
    const double first[] = {
        s->mean,           s->std,        s->min,         s->max,  s->skewness,
        s->mean_errors,    s->std_errors, s->ks_distance, s->ks_p, s->skewness_errors,
        s->kurtosis_errors};
    const double second[] = {
        t->mean,           t->std,        t->min,         t->max,  t->skewness,
        t->mean_errors,    t->std_errors, t->ks_distance, t->ks_p, t->skewness_errors,
        t->kurtosis_errors};
    assert_memory_equal(first, second, sizeof first);
    assert_true(s->min_row == t->min_row && s->min_col == t->min_col);
    assert_true(s->max_row == t->max_row && s->max_col == t->max_col);
    assert_true(s->count == t->count && a->histogram.bins == b->histogram.bins);
    assert_memory_equal(a->histogram.counts, b->histogram.counts,
                        a->histogram.bins * sizeof *a->histogram.counts);
}

static void threads_and_instructions_change_nothing(void **state)
{
    static const unsigned threads[] = {1, 2, 7};
    static const uint64_t places[][2] = {{400, 500}, {1, 200001}, {UINT64_C(1) << 40, 3}};
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        detinit_recipe recipe = detinit_recipe_matrix(6, 0, places[k][0], places[k][1]);
        detinit_run alone = {.threads = 1, .isa = DETINIT_ISA_BASELINE};
        detinit_survey expected = survey_of(&recipe, false, &alone);
        for (size_t t = 0; t < 3; t++) {
            for (detinit_isa isa = DETINIT_ISA_BEST; isa < DETINIT_ISA_COUNT; isa++) {
                detinit_run run = {.threads = threads[t], .isa = isa};
                detinit_survey survey = survey_of(&recipe, false, &run);
                assert_same(&survey, &expected);
                detinit_survey_free(&survey);
            }
        }
        detinit_survey_free(&expected);
    }
}

/* ------------------------------------------------------------------- chance */

enum figure { MEAN, STD, SKEWNESS, KURTOSIS, P, FIGURES };

/* Over many seeds errors have mean 0 and variance 1, and p is uniform: within five errors. */
static void check_chance(detinit_recipe recipe, bool free_mean, bool free_shape)
{
    enum { SEEDS = 200 };
    double sums[FIGURES] = {0}, squares[FIGURES] = {0};
    for (recipe.seed = 0; recipe.seed < SEEDS; recipe.seed++) {
        detinit_statistics s = statistics_of(&recipe);
        const double figures[] = {s.mean_errors, s.std_errors, s.skewness_errors, s.kurtosis_errors,
                                  s.ks_p};
        for (int f = 0; f < FIGURES; f++) {
            sums[f] += figures[f] / SEEDS;
            squares[f] += figures[f] * figures[f] / SEEDS;
        }
    }
    for (int f = free_mean ? MEAN : STD; f <= (free_shape ? KURTOSIS : STD); f++) {
        assert_double_near(sums[f], 0, 5 / sqrt(SEEDS));
        assert_double_near(squares[f], 1, 8 / sqrt(SEEDS)); /* rare large ones: heavier tails */
    }
    if (free_mean && free_shape && recipe.zero == 0) /* shared values make p larger */
        assert_double_near(sums[P], 0.5, 5 * sqrt(1 / 12.0 / SEEDS));
}

static void errors_are_standard(void **state)
{
    (void)state;
    for (detinit_dist dist = DETINIT_DIST_NORMAL; dist < DETINIT_DIST_COUNT; dist++) {
        detinit_recipe recipe = detinit_recipe_matrix(0, 7, 50, 40);
        recipe.dist = dist;
        check_chance(recipe, true, true);
        recipe.mean = 0.5;
        recipe.zero = 0.8; /* which leans to one side */
        check_chance(recipe, true, true);
        recipe.mean = recipe.zero = 0;
        recipe.rank = 4;
        recipe.shape[0] = 20;
        recipe.shape[1] = 25;
        recipe.shape[2] = recipe.shape[3] = 2;
        recipe.zero_mean = true;
        check_chance(recipe, false, false);
    }
}

static void weights_follow_their_law(void **state)
{
    static const char *const others[] = {NULL, "uniform", "truncated", "normal", "truncated"};
    (void)state;
    for (detinit_dist dist = DETINIT_DIST_NORMAL; dist < DETINIT_DIST_COUNT; dist++) {
        detinit_recipe recipe = detinit_recipe_matrix(12, 0, 300, 300), other = recipe;
        recipe.dist = dist;
        assert_true(statistics_of(&recipe).ks_p > 1e-3);
        assert_true(detinit_dist_parse(others[dist], &other.dist));
        double *w = weights_of(&recipe), distance;
        struct theory theory;
        assert_true(theory_make(&other, &theory));
        assert_int_equal(ks_distance(&theory, w, 90000, NULL, &distance, NULL), DETINIT_OK);
        assert_true(ks_probability(distance, 90000) < 1e-12);
        theory_free(&theory);
        free(w);
    }
}

static void structured_weights_follow_their_law(void **state)
{
    static const uint64_t sides[][2] = {{2, 2}, {3, 2}, {60, 60}, {40, 250}};
    (void)state;
    for (size_t k = 0; k < 4; k++) {
        detinit_recipe recipe = detinit_recipe_matrix(3, 0, sides[k][0], sides[k][1]);
        recipe.orthogonal = true;
        recipe.dtype = DETINIT_BFLOAT16; /* ties are compared as such */
        assert_true(statistics_of(&recipe).ks_p > 1e-3);
    }
    for (detinit_dist dist = DETINIT_DIST_NORMAL; dist < DETINIT_DIST_COUNT; dist++) {
        static const uint64_t shape[] = {100, 100, 3, 3};
        detinit_recipe recipe = detinit_recipe_tensor(4, 0, 4, shape);
        recipe.dist = dist;
        recipe.zero_mean = true;
        detinit_statistics s = statistics_of(&recipe);
        assert_true(s.ks_p > 1e-3 && fabs(s.std_errors) < 4 && fabs(s.kurtosis_errors) < 4);
        assert_double_near(s.mean, 0, 1e-17);
    }
}

/* --------------------------------------------------------- unusual matrices */

/* Of one weight there is a mean, and, where it is drawn, the test. */
static void one_weight_has_no_std(void **state)
{
    detinit_recipe one = detinit_recipe_matrix(1, 0, 1, 1);
    (void)state;
    for (int orthogonal = 0; orthogonal < 2; orthogonal++) {
        one.orthogonal = orthogonal == 1;
        detinit_statistics s = statistics_of(&one);
        assert_double_near(s.mean, s.min, 1e-16);
        assert_double_near(s.mean_errors, s.mean / sqrt(2), 1e-15);
        assert_true(isnan(s.std) && isnan(s.std_errors) && isnan(s.skewness));
        assert_true(isnan(s.skewness_errors) && isnan(s.excess_kurtosis));
        assert_true(isnan(s.kurtosis_errors));
        assert_true(s.ks_count == (orthogonal == 1 ? 0 : 1));
    }
}

static void no_weights_have_no_figures(void **state)
{
    static const uint64_t shapes_of_none[][2] = {{0, 5}, {5, 0}, {0, 0}};
    (void)state;
    for (size_t n = 0; n < 3; n++) {
        detinit_recipe none =
            detinit_recipe_matrix(1, 0, shapes_of_none[n][0], shapes_of_none[n][1]);
        detinit_statistics s = statistics_of(&none);
        assert_true(s.count == 0 && s.ks_count == 0 && s.overflowed == 0 && s.underflowed == 0);
        assert_true(isnan(s.mean) && isnan(s.std) && isnan(s.min) && isnan(s.max));
        assert_true(isnan(s.skewness) && isnan(s.excess_kurtosis) && isnan(s.ks_p));
    }
}

static void equal_weights_have_no_shape(void **state)
{
    detinit_recipe zeros = detinit_recipe_matrix(1, 0, 1, 1);
    (void)state;
    zeros.mode = DETINIT_NORMAL;
    zeros.std = 1e-12;
    zeros.dtype = DETINIT_FLOAT16;
    zeros.shape[0] = 100;
    detinit_statistics s = statistics_of(&zeros);
    assert_double_near(s.mean, 0, 0);
    assert_double_near(s.std, 0, 0);
    assert_double_near(s.skewness, 0, 0);
    assert_true(s.underflowed == 100 && s.overflowed == 0);
    assert_true(s.std_errors < -10 && s.ks_count == 0 && isnan(s.ks_p));
}

/* Weights near either end of binary64, or beyond the end of float16, are counted all the same. */
static void extreme_scales(void **state)
{
    static const double stds[] = {5e-324, 1e-310, 1e-300, 1e250, 2e307, 1e308};
    (void)state;
    for (size_t k = 0; k < 2 * sizeof stds / sizeof *stds; k++) {
        detinit_recipe recipe = detinit_recipe_matrix(2, 0, 20, 20);
        uint64_t sum = 0;
        recipe.mode = DETINIT_NORMAL;
        recipe.std = stds[k / 2];
        recipe.dtype = k % 2 == 0 ? DETINIT_FLOAT64 : DETINIT_FLOAT16;
        detinit_survey survey = survey_of(&recipe, false, NULL);
        for (size_t b = 0; b < survey.histogram.bins; b++)
            sum += survey.histogram.counts[b];
        assert_true(sum == 400);
        if (k % 2 == 0 && recipe.std > 1e-305 && recipe.std < 1e300)
            assert_true(fabs(survey.statistics.std_errors) < 4);
        detinit_survey_free(&survey);
    }
}

/* ------------------------------------------------------------------- sample */

static void stretches_do_not_overlap(void **state)
{
    static const uint64_t sides[][2] = {
        {1, INT64_MAX}, {INT64_MAX, 1}, {INT64_MAX, INT64_MAX}, {1025, 1023},
        {513, 2047},    {2, 600000},    {1 << 20, 2},           {1748, 600},
        {1, 1048577},   {1000, 1100},   {1023, 1 << 20},        {UINT64_MAX, 7},
    };
    (void)state;
    for (size_t n = 0; n < sizeof sides / sizeof *sides; n++) {
        detinit_recipe recipe = detinit_recipe_matrix(0, 0, sides[n][0], sides[n][1]);
        struct sample sample = sample_of(&recipe);
        uint64_t row, col, last_row = 0, last_col = 0;
        assert_true(sample.stretches > 0 && sample_count(&sample) <= DETINIT_KS_COUNT);
        assert_true(sample_count(&sample) >= DETINIT_KS_COUNT / 2);
        for (uint64_t k = 0; k < sample.stretches; k++) {
            sample_place(&sample, k, &row, &col);
            assert_true(row <= sides[n][0] - sample.rows && col <= sides[n][1] - sample.cols);
            if (k > 0)
                assert_true(row >= last_row + sample.rows ||
                            (row == last_row && col >= last_col + sample.cols));
            last_row = row;
            last_col = col;
        }
    }
}

static void samples_of_vast_matrices(void **state)
{
    static const uint64_t sides[][2] = {{INT64_MAX, INT64_MAX},
                                        {1, INT64_MAX},
                                        {INT64_MAX, 1},
                                        {UINT64_C(9000000000000000000), 1000}};
    (void)state;
    for (size_t n = 0; n < 4; n++) {
        detinit_recipe recipe = detinit_recipe_matrix(5, 1, sides[n][0], sides[n][1]);
        recipe.dtype = (detinit_dtype)n;
        recipe.mode = DETINIT_NORMAL;
        detinit_survey survey = survey_of(&recipe, false, NULL);
        const detinit_statistics *s = &survey.statistics;
        detinit_matrix *matrix = new_matrix(&recipe);
        double min, max;
        assert_true(s->sampled && s->count > DETINIT_KS_COUNT * 9 / 10 && s->ks_count == s->count);
        assert_true(s->ks_p > 1e-3 && fabs(s->mean_errors) < 4 && fabs(s->kurtosis_errors) < 4);
        assert_int_equal(detinit_matrix_weight(matrix, s->min_row, s->min_col, &min), DETINIT_OK);
        assert_int_equal(detinit_matrix_weight(matrix, s->max_row, s->max_col, &max), DETINIT_OK);
        assert_double_near(s->min, min, 0);
        assert_double_near(s->max, max, 0);
        detinit_matrix_free(matrix);
        detinit_survey_free(&survey);
    }
}

static void too_many_weights_to_see_all(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(5, 1, INT64_MAX, INT64_MAX);
    detinit_matrix *matrix = new_matrix(&recipe);
    detinit_survey survey = {.statistics = {.count = 99}};
    detinit_error error;
    (void)state;
    assert_int_equal(detinit_matrix_survey(matrix, true, NULL, &survey, &error), DETINIT_INVALID);
    assert_non_null(strstr(error.message, "2^64 - 1"));
    assert_true(survey.statistics.count == 99);
    detinit_matrix_free(matrix);
}

static bool refuse(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    return done == 0 && total == 0;
}

static void can_be_cancelled(void **state)
{
    static const uint64_t rows[] = {10, INT64_MAX};
    detinit_run run = {.progress = refuse};
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        detinit_recipe recipe = detinit_recipe_matrix(0, 0, rows[k], 10);
        detinit_matrix *matrix = new_matrix(&recipe);
        detinit_survey survey;
        assert_int_equal(detinit_matrix_survey(matrix, false, &run, &survey, NULL),
                         DETINIT_CANCELLED);
        detinit_matrix_free(matrix);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agree_with_references),
        cmocka_unit_test(published_figures),
        cmocka_unit_test(sums_lose_nothing),
        cmocka_unit_test(every_weight_is_counted),
        cmocka_unit_test(rounding_reaches_farther),
        cmocka_unit_test(bins_are_those_of_freedman_and_diaconis),
        cmocka_unit_test(threads_and_instructions_change_nothing),
        cmocka_unit_test(errors_are_standard),
        cmocka_unit_test(weights_follow_their_law),
        cmocka_unit_test(structured_weights_follow_their_law),
        cmocka_unit_test(one_weight_has_no_std),
        cmocka_unit_test(no_weights_have_no_figures),
        cmocka_unit_test(equal_weights_have_no_shape),
        cmocka_unit_test(extreme_scales),
        cmocka_unit_test(stretches_do_not_overlap),
        cmocka_unit_test(samples_of_vast_matrices),
        cmocka_unit_test(too_many_weights_to_see_all),
        cmocka_unit_test(can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
