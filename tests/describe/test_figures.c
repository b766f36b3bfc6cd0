/* Surveys of recipes of every kind: figures of the stored weights, as their theory has them. */
#include "survey_check.h"

#include "detinit_describe.h"

static detinit_survey survey_of(const detinit_recipe *recipe)
{
    detinit_matrix *matrix = new_matrix(recipe);
    detinit_survey survey;
    detinit_error error;
    if (detinit_matrix_survey(matrix, false, NULL, &survey, &error) != DETINIT_OK)
        fail_msg("no survey: %s", error.message);
    detinit_matrix_free(matrix);
    return survey;
}

static detinit_statistics statistics_of(const detinit_recipe *recipe)
{
    detinit_survey survey = survey_of(recipe);
    detinit_survey_free(&survey);
    return survey.statistics;
}

/* All weights, widened. */
static double *weights_of(const detinit_recipe *recipe)
{
    const size_t rows = (size_t)detinit_recipe_rows(recipe);
    const size_t cols = (size_t)detinit_recipe_cols(recipe);
    double *weights = allocate(rows * cols * sizeof *weights);
    detinit_matrix *matrix = new_matrix(recipe);
    assert_int_equal(detinit_matrix_window(matrix, 0, 0, rows, cols, weights, cols), DETINIT_OK);
    detinit_matrix_free(matrix);
    return weights;
}

static size_t count_of(const detinit_recipe *recipe)
{
    return (size_t)(detinit_recipe_rows(recipe) * detinit_recipe_cols(recipe));
}

/* ------------------------------------------------------------------- recipes */

static detinit_recipe parts[4];

static void fuse(detinit_recipe *r)
{
    for (size_t n = 0; n < 4; n++) {
        parts[n] = *r;
        parts[n].shape[0] = r->shape[0] / 4;
        parts[n].layer = n;
    }
    parts[1].mode = DETINIT_CONSTANT;
    parts[1].value = 0.125;
    parts[2].dist = DETINIT_DIST_TRUNC_NORMAL;
    parts[2].gain = 3;
    parts[3].orthogonal = true;
    r->part_count = 4;
    r->parts = parts;
}

static void cut_low(detinit_recipe *r)
{
    r->dist = DETINIT_DIST_TRUNC_NORMAL;
    r->cut = 0.5;
}

static void cut_high(detinit_recipe *r)
{
    r->dist = DETINIT_DIST_TRUNC_NORMAL;
    r->cut = 3;
}

static void cut_beyond(detinit_recipe *r)
{
    r->dist = DETINIT_DIST_TRUNC_NORMAL;
    r->cut = 8;
}

static void keras(detinit_recipe *r)
{
    r->dist = DETINIT_DIST_TRUNCATED;
    r->fan_in = DETINIT_FAN_IN_ROWS;
}

static void mean(detinit_recipe *r)
{
    r->mean = 0.3;
}

static void far_mean(detinit_recipe *r)
{
    r->mean = -1000;
    r->gain = 0.3;
    r->dist = DETINIT_DIST_UNIFORM;
}

static void sparse(detinit_recipe *r)
{
    r->zero = 0.9;
}

static void sparse_about_mean(detinit_recipe *r)
{
    r->zero = 0.3;
    r->mean = 2;
}

static void all_zero(detinit_recipe *r)
{
    r->zero = 1;
}

static void zero_row(detinit_recipe *r)
{
    r->has_zero_row = true;
    r->zero_row = 3;
    r->mean = 0.5;
}

static void constant(detinit_recipe *r)
{
    r->mode = DETINIT_CONSTANT;
    r->value = 0.1;
}

static void constant_and_row(detinit_recipe *r)
{
    constant(r);
    zero_row(r);
}

static void dirac(detinit_recipe *r)
{
    r->mode = r->rank == 2 ? DETINIT_IDENTITY : DETINIT_DIRAC;
    r->gain = 0.7;
}

static void dirac_and_row(detinit_recipe *r)
{
    dirac(r);
    r->has_zero_row = true;
    r->zero_row = r->shape[0] / 2;
}

static void dirac_of_rows(detinit_recipe *r)
{
    dirac_and_row(r);
    r->fan_in = DETINIT_FAN_IN_ROWS;
}

/* A row that may be below the diagonal, which then loses nothing. */
static void dirac_and_last_row(detinit_recipe *r)
{
    dirac(r);
    r->has_zero_row = true;
    r->zero_row = r->shape[0] - 1;
}

static void orthogonal(detinit_recipe *r)
{
    r->orthogonal = true;
}

static void orthogonal_of_rows(detinit_recipe *r)
{
    r->orthogonal = true;
    r->fan_in = DETINIT_FAN_IN_ROWS;
    r->gain = 0.01;
    r->has_zero_row = true;
}

static void delta(detinit_recipe *r)
{
    r->mode = r->rank == 2 ? DETINIT_HE : DETINIT_DELTA_ORTHOGONAL;
}

static void delta_and_row(detinit_recipe *r)
{
    delta(r);
    r->has_zero_row = true;
    r->zero_row = 0;
}

static void delta_of_rows(detinit_recipe *r)
{
    delta(r);
    r->fan_in = DETINIT_FAN_IN_ROWS;
    r->has_zero_row = true;
    r->zero_row = 0;
}

static void schemes(detinit_recipe *r)
{
    r->fan_mode = DETINIT_FAN_MODE_OUT;
    r->nonlinearity = DETINIT_NONLINEARITY_TANH;
}

static void stated(detinit_recipe *r)
{
    r->mode = DETINIT_TORCH;
    r->fans[0] = 9;
    r->fans[1] = 7;
}

static void slices(detinit_recipe *r)
{
    r->zero_mean = r->rank == 4;
    r->dist = DETINIT_DIST_TRUNC_NORMAL;
    r->cut = 1;
}

static void slices_and_more(detinit_recipe *r)
{
    slices(r);
    r->mean = 0.25;
    r->zero = 0.5;
}

static void (*const kinds[])(detinit_recipe *) = {cut_low,
                                                  cut_high,
                                                  cut_beyond,
                                                  keras,
                                                  mean,
                                                  far_mean,
                                                  sparse,
                                                  sparse_about_mean,
                                                  all_zero,
                                                  zero_row,
                                                  constant,
                                                  constant_and_row,
                                                  dirac,
                                                  dirac_and_row,
                                                  dirac_of_rows,
                                                  dirac_and_last_row,
                                                  orthogonal,
                                                  orthogonal_of_rows,
                                                  delta,
                                                  delta_and_row,
                                                  delta_of_rows,
                                                  schemes,
                                                  stated,
                                                  slices,
                                                  slices_and_more,
                                                  fuse};
#define KINDS (sizeof kinds / sizeof *kinds)

static const struct {
    size_t rank;
    uint64_t shape[5];
} tensors[] = {{2, {120, 90}}, {3, {24, 36, 5}}, {4, {20, 16, 3, 5}}, {5, {8, 12, 3, 4, 5}}};
#define TENSORS (sizeof tensors / sizeof *tensors)

static detinit_recipe recipe_of(size_t kind, size_t shape, uint64_t seed)
{
    detinit_recipe r = detinit_recipe_tensor(seed, 3, tensors[shape].rank, tensors[shape].shape);
    kinds[kind](&r);
    return r;
}

/* ------------------------------------------------------------------ figures */

/* By their definitions, in long double. */
static void check_definitions(const detinit_statistics *s, const double *w, size_t n)
{
    long double mean = 0, m2 = 0, m3 = 0, m4 = 0;
    for (size_t i = 0; i < n; i++)
        mean += w[i] / (long double)n;
    for (size_t i = 0; i < n; i++) {
        const long double d = w[i] - mean;
        m2 += d * d / (long double)n;
        m3 += d * d * d / (long double)n;
        m4 += d * d * d * d / (long double)n;
    }
    const double std = (double)sqrtl(m2), size = fmax(std, fabs((double)mean));
    assert_double_near(s->mean, (double)mean, 1e-14 * size);
    if (s->min == s->max) {
        assert_double_near(s->std, 0, 0);
        return;
    }
    assert_double_near(s->std / std, 1, 1e-12);
    assert_double_near(s->skewness, (double)(m3 / (m2 * sqrtl(m2))), 1e-10);
    assert_double_near(s->excess_kurtosis, (double)(m4 / (m2 * m2)) - 3, 1e-9);
}

/* Every weight is in its bin, and nearly as many are expected as there are: `spread` is the rest.
 */
static void check_histogram(const detinit_histogram *h, const double *w, size_t n, double spread)
{
    uint64_t counted = 0;
    double expected = 0;
    for (size_t k = 0; k < h->bins; k++) {
        size_t here = 0;
        for (size_t i = 0; i < n; i++)
            here += h->edges[k] <= w[i] && w[i] < h->edges[k + 1];
        assert_true(here == h->counts[k]);
        counted += h->counts[k];
        expected += h->expected[k];
    }
    assert_true(counted == n);
    assert_double_near(expected, (double)n, spread * (double)n);
}

/* What the storage type made 0 or infinite, against the same weights unrounded. */
static void check_range(const detinit_recipe *r, const detinit_statistics *s, const double *w)
{
    static detinit_recipe wide_parts[4];
    detinit_recipe wide = *r;
    uint64_t over = 0, under = 0;
    wide.dtype = wide.via = DETINIT_FLOAT64;
    for (size_t n = 0; n < r->part_count; n++) {
        wide_parts[n] = r->parts[n];
        wide_parts[n].dtype = wide_parts[n].via = DETINIT_FLOAT64;
    }
    wide.parts = wide_parts;
    double *unrounded = weights_of(&wide);
    for (size_t i = 0; i < count_of(r); i++) {
        over += isinf(w[i]) != 0;
        under += w[i] == 0 && unrounded[i] != 0;
    }
    assert_true(s->overflowed == over && s->underflowed == under);
    free(unrounded);
}

static void every_kind_is_as_its_theory_has_it(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++)
        for (size_t t = 0; t < TENSORS; t++) {
            detinit_recipe r = recipe_of(k, t, k + 10 * t);
            detinit_survey survey = survey_of(&r);
            const detinit_statistics *s = &survey.statistics;
            double *w = weights_of(&r);
            if (!(fabs(s->mean_errors) < 5 && fabs(s->std_errors) < 5 &&
                  fabs(s->skewness_errors) < 5 && fabs(s->kurtosis_errors) < 5))
                fail_msg("kind %zu, rank %zu: %g %g %g %g errors", k, r.rank, s->mean_errors,
                         s->std_errors, s->skewness_errors, s->kurtosis_errors);
            assert_true(s->ks_count == 0 ? isnan(s->ks_p) : s->ks_p > 1e-4);
            assert_true(s->overflowed == 0 && s->underflowed == 0);
            check_definitions(s, w, count_of(&r));
            check_histogram(&survey.histogram, w, count_of(&r), 0.01);
            detinit_survey_free(&survey);
            free(w);
        }
}

static void in_every_type(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++)
        for (int type = 1; type < 4 * DETINIT_DTYPE_COUNT; type++) {
            detinit_recipe r = recipe_of(k, (size_t)type % TENSORS, 99);
            r.dtype = (detinit_dtype)(type % 4);
            r.via = (detinit_dtype)(type / 4);
            for (size_t n = 0; n < r.part_count; n++) {
                parts[n].dtype = r.dtype;
                parts[n].via = r.via;
            }
            detinit_survey survey = survey_of(&r);
            double *w = weights_of(&r);
            assert_true(survey.statistics.ks_count == 0 || survey.statistics.ks_p > 1e-4);
            check_definitions(&survey.statistics, w, count_of(&r));
            /* Theory is not rounded: far from 0 a type holds few of its numbers. */
            check_histogram(&survey.histogram, w, count_of(&r), fabs(r.mean) > 1 ? 1 : 0.01);
            check_range(&r, &survey.statistics, w);
            detinit_survey_free(&survey);
            free(w);
        }
}

/* Each kind scaled down until it underflows, and up until it overflows. */
static void beyond_the_range_of_a_type(void **state)
{
    static const double gains[] = {1e-9, 3e-7, 1e-6, 1e5, 1e9};
    uint64_t over = 0, under = 0;
    (void)state;
    for (size_t k = 0; k < KINDS; k++)
        for (size_t n = 0; n < 10; n++) {
            detinit_recipe r = recipe_of(k, n % TENSORS, 7);
            const bool via = n >= 5;
            r.gain *= gains[n % 5];
            r.value *= gains[n % 5];
            r.mean = 0;
            r.dtype = via ? DETINIT_FLOAT32 : DETINIT_FLOAT16;
            r.via = via ? DETINIT_FLOAT16 : DETINIT_FLOAT64;
            for (size_t p = 0; p < r.part_count; p++) {
                parts[p].gain *= gains[n % 5];
                parts[p].dtype = r.dtype;
                parts[p].via = r.via;
            }
            detinit_statistics s = statistics_of(&r);
            double *w = weights_of(&r);
            check_range(&r, &s, w);
            over += s.overflowed;
            under += s.underflowed;
            if (s.overflowed > 0)
                assert_true(isnan(s.mean) && isnan(s.std) && isnan(s.ks_p) && s.ks_count == 0);
            else
                check_definitions(&s, w, count_of(&r));
            free(w);
        }
    assert_true(over > 10000 && under > 10000);
}

/* What should be one value and is another is off by more than any error. */
static void constants_are_exact(void **state)
{
    detinit_recipe r = detinit_recipe_matrix(1, 0, 7, 9);
    (void)state;
    constant(&r);
    r.dtype = DETINIT_FLOAT16;
    detinit_statistics s = statistics_of(&r);
    assert_double_near(s.mean, 0.0999755859375, 0);
    assert_double_near(s.target_mean, 0.0999755859375, 0);
    assert_true(s.std == 0 && s.target_std == 0 && s.mean_errors == 0 && s.std_errors == 0);
    assert_true(s.ks_count == 0);
}

static void a_scalar_is_one_weight(void **state)
{
    detinit_recipe r = detinit_recipe_tensor(1, 0, 0, NULL);
    (void)state;
    detinit_statistics s = statistics_of(&r);
    assert_true(s.count == 1 && s.min == s.mean && isnan(s.std) && s.ks_count == 1);
    r.mode = DETINIT_CONSTANT;
    s = statistics_of(&r);
    assert_true(s.count == 1 && s.mean == 0 && isnan(s.std) && s.ks_count == 0);
}

/* Samples of what is too large to look at: as stored, whatever is fused. */
static void samples_are_of_stored_weights(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        detinit_recipe r = detinit_recipe_matrix(k, 1, UINT64_C(1) << 40, 4000);
        r.mode = DETINIT_NORMAL;
        kinds[k](&r);
        if (!detinit_recipe_is_drawn(&r))
            continue;
        r.dtype = DETINIT_BFLOAT16;
        r.via = DETINIT_FLOAT32;
        detinit_statistics s = statistics_of(&r);
        assert_true(s.sampled && s.count > 1000000);
        assert_true(s.ks_count == 0 ? s.min == s.max : s.ks_p > 1e-4);
        if (r.mean > -1000) /* whose std is lost in the rounding */
            assert_true(fabs(s.mean_errors) < 5 && fabs(s.std_errors) < 5);
    }
}

/* Layers of a width have the fans of that width, whatever the recipe's own shape asks for. */
static void signals_are_of_layers_of_their_width(void **state)
{
    double plain[DETINIT_SIGNAL_DEPTH], stds[DETINIT_SIGNAL_DEPTH];
    detinit_recipe r = detinit_recipe_matrix(1, 0, 500, 300), other = r;
    (void)state;
    assert_int_equal(detinit_signal(&r, 64, DETINIT_RELU, NULL, plain, NULL), DETINIT_OK);
    other.fans[0] = 3;
    other.fans[1] = 700;
    other.has_zero_row = true;
    other.zero_row = 400;
    other.via = DETINIT_FLOAT16;
    other.dtype = DETINIT_BFLOAT16;
    assert_int_equal(detinit_signal(&other, 64, DETINIT_RELU, NULL, stds, NULL), DETINIT_OK);
    assert_memory_equal(plain, stds, sizeof plain);
    for (size_t k = 0; k < KINDS; k++) {
        other = recipe_of(k, 0, 1);
        assert_int_equal(detinit_signal(&other, 16, DETINIT_TANH, NULL, stds, NULL), DETINIT_OK);
    }
}

/* Linear layers by their definition, of units that are no multiple of eight. */
static void signals_are_sums_of_all_weights(void **state)
{
    enum { SIDE = 13 };
    detinit_recipe r = detinit_recipe_matrix(1, 0, SIDE, SIDE);
    double stds[DETINIT_SIGNAL_DEPTH], x[SIDE], next[SIDE], weights[SIDE][SIDE];
    (void)state;
    assert_int_equal(detinit_signal(&r, SIDE, DETINIT_LINEAR, NULL, stds, NULL), DETINIT_OK);
    for (uint64_t n = 0; n < SIDE; n++)
        x[n] = detinit_gaussian(1, (const uint64_t[]){UINT64_MAX, n}, 2);
    for (size_t k = 0; k < DETINIT_SIGNAL_DEPTH; k++) {
        detinit_matrix *matrix;
        double mean = 0, square = 0;
        r.layer = k;
        assert_int_equal(detinit_matrix_new(&r, NULL, &matrix, NULL), DETINIT_OK);
        detinit_matrix_window(matrix, 0, 0, SIDE, SIDE, weights[0], SIDE);
        detinit_matrix_free(matrix);
        for (size_t i = 0; i < SIDE; i++) {
            next[i] = 0;
            for (size_t j = 0; j < SIDE; j++)
                next[i] += weights[i][j] * x[j];
        }
        memcpy(x, next, sizeof x);
        for (size_t i = 0; i < SIDE; i++)
            mean += x[i] / SIDE;
        for (size_t i = 0; i < SIDE; i++)
            square += (x[i] - mean) * (x[i] - mean) / SIDE;
        assert_double_near(stds[k], sqrt(square), 1e-12 * sqrt(square));
    }
    r.mode = DETINIT_MODE_COUNT; /* no recipe at all */
    assert_int_equal(detinit_signal(&r, SIDE, DETINIT_LINEAR, NULL, stds, NULL), DETINIT_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_as_its_theory_has_it),
        cmocka_unit_test(in_every_type),
        cmocka_unit_test(beyond_the_range_of_a_type),
        cmocka_unit_test(constants_are_exact),
        cmocka_unit_test(a_scalar_is_one_weight),
        cmocka_unit_test(samples_are_of_stored_weights),
        cmocka_unit_test(signals_are_of_layers_of_their_width),
        cmocka_unit_test(signals_are_sums_of_all_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
