/* The race of schemes: its networks' arithmetic, and that the scheme decides it. */
#include "scratch.h"

#include "train/deep.h"
#include "train/race.h"
#include "train/softmax.h"

/* ---------------------------------------------------------------- softmax */

static void exp_and_ln_are_libm_s(void **state)
{
    (void)state;
    for (double x = 0; x > -700; x -= 0.37)
        assert_true(fabs(softmax_exp(x) - exp(x)) <= 4e-16 * exp(x));
    for (double x = 1; x < 1e6; x *= 1.013)
        assert_true(fabs(softmax_ln(x) - log(x)) <= 4e-16 * log(x));
    assert_true(softmax_exp(0) == 1 && softmax_ln(1) == 0 && softmax_exp(-1e9) == 0);
    assert_true(isnan(softmax_exp(NAN)) && isnan(softmax_ln(NAN)) &&
                isnan(softmax_exp(-INFINITY + INFINITY)));
}

/* -log of the share, and the slope (share - 1 at the label) * scale, of numbers far apart, too. */
static void a_loss_is_that_of_its_definition(void **state)
{
    float outputs[2 * 3] = {1, -1, 900, -2, 3, -3}; /* of every second: 1, 900, 3 */
    (void)state;
    assert_double_near(softmax_loss(outputs, 3, 2, 0, 0.5), 899, 1e-12);
    assert_true(outputs[0] == -0.5f && outputs[2] == 0.5f && outputs[4] == 0);
    assert_true(outputs[1] == -1 && outputs[3] == -2 && outputs[5] == -3);
    float near[] = {0.5f, 0.25f};
    const double share = exp(0.25) / (exp(0.5) + exp(0.25));
    assert_double_near(softmax_loss(near, 2, 1, 1, 1), -log(share), 1e-15);
    assert_double_near((double)near[0], 1 - share, 1e-7);
    assert_double_near((double)near[1], share - 1, 1e-7);
    for (size_t n = 0; n < 3; n++) { /* what is no number makes none, wherever it stands */
        float lost[] = {1, 2, 3};
        lost[n] = NAN;
        assert_true(isnan(softmax_loss(lost, 3, 1, 0, 1)));
        assert_true(isnan(lost[0]) && isnan(lost[1]) && isnan(lost[2]));
    }
}

/* ---------------------------------------------------------------- networks */

enum { FEATURES = 7, WIDTH = 6, DEPTH = 4, CLASSES = 3 };

static size_t places[DEEP_BATCH];

/* A network with biases away from the corner of ReLU, that has taken a batch of made data. */
static deep small_network(dataset *d)
{
    deep net;
    const detinit_recipe like = detinit_recipe_matrix(5, 0, 1, 1);
    assert_int_equal(dataset_make(3, FEATURES, CLASSES, 0.5, 40, DEEP_BATCH, d, NULL), DETINIT_OK);
    assert_int_equal(deep_new(FEATURES, WIDTH, DEPTH, CLASSES, &net, NULL), DETINIT_OK);
    assert_int_equal(deep_initialize(&net, &like, NULL), DETINIT_OK);
    for (size_t n = 0; n < net.bias_count; n++)
        net.biases[n] = 0.02f * (float)(n + 1);
    for (size_t b = 0; b < DEEP_BATCH; b++)
        places[b] = b;
    deep_take(&net, &d->train, places);
    return net;
}

/* The mean cross-entropy of the first batch in binary64, from its definition. */
static double loss_by_definition(const deep *net, const examples *e)
{
    double total = 0;
    for (size_t r = 0; r < DEEP_BATCH; r++) {
        double x[8], y[8], sum = 0;
        for (size_t i = 0; i < e->features; i++)
            x[i] = (double)e->inputs[r * e->features + i];
        for (size_t k = 0; k <= DEPTH; k++) {
            const size_t rows = k < DEPTH ? WIDTH : CLASSES, cols = k > 0 ? WIDTH : FEATURES;
            const float *w = net->weights + deep_first(net, k);
            for (size_t n = 0; n < rows; n++) {
                y[n] = (double)net->biases[k * WIDTH + n];
                for (size_t i = 0; i < cols; i++)
                    y[n] += (double)w[n * cols + i] * x[i];
                if (k < DEPTH && y[n] < 0)
                    y[n] = 0;
            }
            memcpy(x, y, sizeof x);
        }
        for (size_t n = 0; n < CLASSES; n++)
            sum += exp(x[n]);
        total += log(sum) - x[e->labels[r]];
    }
    return total / DEEP_BATCH;
}

/* Central differences in one parameter. */
static double slope(const deep *net, const examples *e, float *parameter)
{
    const float kept = *parameter, above = kept + 0x1p-14f, below = kept - 0x1p-14f;
    *parameter = above;
    double rise = loss_by_definition(net, e);
    *parameter = below;
    rise -= loss_by_definition(net, e);
    *parameter = kept;
    return rise / ((double)above - (double)below);
}

static void gradient_is_the_slope(void **state)
{
    dataset d;
    deep net = small_network(&d);
    double largest = 0, squares = 0;
    (void)state;
    deep_forward(&net);
    const double loss = deep_backward(&net, d.train.labels);
    assert_double_near(loss, loss_by_definition(&net, &d.train), 1e-6);
    for (size_t n = 0; n < net.weight_count; n++) {
        assert_double_near((double)net.slopes[n], slope(&net, &d.train, &net.weights[n]), 1e-5);
        largest = fmax(largest, fabs((double)net.slopes[n]));
        squares += (double)net.slopes[n] * (double)net.slopes[n];
    }
    for (size_t n = 0; n < net.bias_count; n++)
        assert_double_near((double)net.bias_slopes[n], slope(&net, &d.train, &net.biases[n]), 1e-5);
    assert_true(largest > 0.05); /* else all of this would hold of zeros */
    assert_double_near(deep_gradient_norm(&net), sqrt(squares), 1e-12);
    deep_step(&net, 0.01); /* and downhill it goes down */
    assert_true(loss_by_definition(&net, &d.train) < loss);
    dataset_free(&d);
    deep_free(&net);
}

/* Each layer has the weights of its recipe, and what stays there is not awake. */
static void initial_weights_are_the_library_s(void **state)
{
    dataset d;
    deep net = small_network(&d);
    (void)state;
    for (size_t k = 0; k <= DEPTH; k++) {
        detinit_recipe recipe = detinit_recipe_matrix(5, k, deep_rows(&net, k), deep_cols(&net, k));
        detinit_matrix *matrix;
        recipe.dtype = DETINIT_FLOAT32;
        assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, NULL), DETINIT_OK);
        for (size_t n = 0; n < deep_rows(&net, k) * deep_cols(&net, k); n++) {
            double w;
            detinit_matrix_weight(matrix, n / deep_cols(&net, k), n % deep_cols(&net, k), &w);
            assert_true((double)net.weights[deep_first(&net, k) + n] == w);
        }
        detinit_matrix_free(matrix);
    }
    assert_int_equal(net.weight_count, 7 * 6 + 3 * 6 * 6 + 6 * 3);
    assert_true(deep_share_awake(&net, 0) == 0);
    net.weights[3] += 0.25f;
    net.weights[170 - 3] = NAN;
    assert_double_near(deep_share_awake(&net, 0.2), 2.0 / 168, 1e-12);
    assert_true(deep_share_awake(&net, 0.3) * 168 == 1);
    dataset_free(&d);
    deep_free(&net);
}

static void networks_without_sense_are_refused(void **state)
{
    static const size_t sizes[][4] = {
        {0, 1, 1, 1}, {65537, 1, 1, 1}, {1, 0, 1, 1}, {1, 65537, 1, 1},
        {1, 1, 0, 1}, {1, 1, 65, 1},    {1, 1, 1, 0}, {1, 1, 1, 65537},
    };
    deep net = {.depth = 77};
    (void)state;
    for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
        const size_t *s = sizes[n];
        detinit_error error = {DETINIT_OK, ""};
        assert_int_equal(deep_new(s[0], s[1], s[2], s[3], &net, &error), DETINIT_INVALID);
        assert_string_equal(error.message, "expected 1 to 64 layers, and inputs, units and classes "
                                           "from 1 to 65536");
        assert_int_equal(net.depth, 77);
    }
}

/* ------------------------------------------------------------------- races */

static race run_race(uint64_t seed, unsigned threads)
{
    dataset d;
    race r;
    const detinit_run run = {.threads = threads};
    assert_int_equal(race_data(seed, &d, NULL), DETINIT_OK);
    assert_int_equal(race_run(seed, &d, &r, NULL, NULL, &run, NULL), DETINIT_OK);
    dataset_free(&d);
    return r;
}

/* As theory has it: a layer holds a signal's size, or takes 1 - sqrt(1/2) or 1 - sqrt(1/6) of it.
 */
static void the_scheme_decides(void **state)
{
    static const double factors[RACE_SCHEMES] = {1, M_SQRT1_2, M_SQRT1_2, 0.40824829046386302, 1};
    (void)state;
    for (uint64_t seed = 42; seed < 45; seed++) {
        const race r = run_race(seed, 2);
        assert_int_equal(r.point_count, RACE_POINTS + 1);
        for (int n = 0; n < RACE_SCHEMES; n++) {
            const race_track *t = &r.tracks[n];
            const race_point *last = &t->points[RACE_POINTS];
            const bool holds = factors[n] == 1;
            assert_double_near(t->factor, factors[n], 1e-12);
            assert_true(fabs(log10(t->signal) - 19 * log10(factors[n])) < 1.3);
            assert_int_equal(race_judge(&r, n), holds ? RACE_LEARNS : RACE_STUCK);
            assert_true(holds ? last->accuracy > 0.75 : last->accuracy < 0.55);
            assert_true(holds ? last->awake > 0.1 : last->awake < 0.1);
            assert_true(holds ? t->points[0].gradient > 0.5 : t->points[0].gradient < 0.05);
            assert_true(t->points[0].awake == 0);
        }
    }
}

/* What gcc and clang make of it, with optimization and without. */
#define LOSS_HE        0x1.937e73f80f961p-3
#define GRADIENT_TORCH 0x1.adf5fd7656dd3p-13

/* A promise about bits: any machine, any number of threads. */
static void same_seed_same_race(void **state)
{
    const race one = run_race(7, 1), three = run_race(7, 3);
    (void)state;
    assert_memory_equal(&one, &three, sizeof one);
    assert_double_same(one.tracks[0].points[RACE_POINTS].loss, LOSS_HE);
    assert_double_same(one.tracks[3].points[1].gradient, GRADIENT_TORCH);
}

/* Counts how often it is told, and cancels at the eighth time: in the second point. */
static bool cancel(void *context, uint64_t done, uint64_t total)
{
    unsigned *calls = context;
    (void)done;
    assert_int_equal(total, RACE_POINTS);
    return ++*calls < 8;
}

static detinit_status count_states(void *context, const race *now, detinit_error *error)
{
    size_t *seen = context;
    (void)error;
    assert_int_equal(now->point_count, ++*seen);
    return DETINIT_OK;
}

static void it_is_cancelled_within_a_point(void **state)
{
    dataset d;
    race r;
    unsigned calls = 0;
    size_t seen = 0;
    detinit_error error;
    const detinit_run run = {.threads = 1, .progress = cancel, .context = &calls};
    (void)state;
    assert_int_equal(race_data(1, &d, NULL), DETINIT_OK);
    assert_int_equal(race_run(1, &d, &r, count_states, &seen, &run, &error), DETINIT_CANCELLED);
    assert_int_equal(seen, r.point_count);
    assert_true(seen >= 1 && seen < 5);
    d.test.count = 31;
    assert_int_equal(race_run(1, &d, &r, NULL, NULL, NULL, &error), DETINIT_INVALID);
    assert_non_null(strstr(error.message, "at least 32 examples"));
    d.test.count = RACE_TEST;
    d.train.count = 31;
    assert_int_equal(race_run(1, &d, &r, NULL, NULL, NULL, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "expected at least 32 examples to train on and to test on, "
                                       "got 31 and 512");
    dataset_free(&d);
}

/* Inputs of 1e20 make steps that no network survives; a race that has not begun tells nothing. */
static void huge_inputs_make_all_diverge(void **state)
{
    dataset d;
    race r = {0};
    (void)state;
    assert_int_equal(race_judge(&r, 0), RACE_DIVERGES);
    assert_false(race_is_as_theory_says(&r));
    assert_int_equal(race_data(1, &d, NULL), DETINIT_OK);
    for (size_t n = 0; n < d.train.count * d.train.features; n++)
        d.train.inputs[n] *= 1e20f;
    d.test.count = DEEP_BATCH;
    assert_int_equal(race_run(1, &d, &r, NULL, NULL, NULL, NULL), DETINIT_OK);
    for (int n = 0; n < RACE_SCHEMES; n++) {
        assert_true(isfinite(r.tracks[n].points[0].loss)); /* before any step */
        assert_true(isnan(r.tracks[n].points[RACE_POINTS].loss));
        assert_int_equal(race_judge(&r, n), RACE_DIVERGES);
    }
    assert_string_equal(race_verdict_name(RACE_DIVERGES), "diverges");
    assert_false(race_is_as_theory_says(&r));
    dataset_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_and_ln_are_libm_s),
        cmocka_unit_test(a_loss_is_that_of_its_definition),
        cmocka_unit_test(networks_without_sense_are_refused),
        cmocka_unit_test(gradient_is_the_slope),
        cmocka_unit_test(initial_weights_are_the_library_s),
        cmocka_unit_test(the_scheme_decides),
        cmocka_unit_test(same_seed_same_race),
        cmocka_unit_test(it_is_cancelled_within_a_point),
        cmocka_unit_test(huge_inputs_make_all_diverge),
    };
    return cmocka_run_group_tests_name("race", tests, NULL, NULL);
}
