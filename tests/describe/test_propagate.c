/* A batch through deep layers, and its gradient: against the definition and published figures. */
#include "signal_check.h"

#include "describe/batch_sums.h"

#include <inttypes.h>

/* ------------------------------------------------------ against the definition */

#define WIDTH 7
#define DEPTH 4
#define BATCH 5

/* The network by its definition, with numbers of its own. */
struct network {
    detinit_propagation request;
    double weights[DEPTH][WIDTH][WIDTH]; /* unit, input */
    double biases[DEPTH][WIDTH];
    double top[BATCH][WIDTH]; /* the gradient */
};

static double normal(uint64_t seed, uint64_t use, uint64_t n, uint64_t unit)
{
    return detinit_gaussian(seed, (const uint64_t[]){UINT64_MAX, use, n, unit}, 4);
}

static void make_network(struct network *net)
{
    const detinit_recipe *recipe = &net->request.recipe;
    for (size_t k = 0; k < DEPTH; k++) {
        detinit_recipe layer = *recipe;
        layer.shape[0] = layer.shape[1] = WIDTH;
        layer.layer += k;
        detinit_matrix *matrix = new_matrix(&layer);
        for (size_t u = 0; u < WIDTH; u++) {
            for (size_t i = 0; i < WIDTH; i++) {
                const bool rows = recipe->fan_in == DETINIT_FAN_IN_ROWS;
                assert_int_equal(detinit_matrix_weight(matrix, rows ? i : u, rows ? u : i,
                                                       &net->weights[k][u][i]),
                                 DETINIT_OK);
            }
            net->biases[k][u] =
                net->request.sigma_b * normal(recipe->seed, 1, recipe->layer + k, u);
        }
        detinit_matrix_free(matrix);
    }
    for (size_t n = 0; n < BATCH; n++)
        for (size_t u = 0; u < WIDTH; u++)
            net->top[n][u] = normal(recipe->seed, 2, n, u);
}

static void normalize(const struct network *net, const double x[WIDTH], double out[WIDTH])
{
    double mean = 0, variance = 0;
    for (size_t i = 0; i < WIDTH; i++)
        mean += x[i] / WIDTH;
    for (size_t i = 0; i < WIDTH; i++)
        variance += (x[i] - mean) * (x[i] - mean) / WIDTH;
    for (size_t i = 0; i < WIDTH; i++)
        out[i] = net->request.normalization == DETINIT_NORMALIZATION_LAYER
                     ? (x[i] - mean) / sqrt(variance + 1e-5)
                     : x[i];
}

static void layer_h(const struct network *net, size_t k, const double x[WIDTH], double h[WIDTH])
{
    double n[WIDTH];
    normalize(net, x, n);
    for (size_t u = 0; u < WIDTH; u++) {
        h[u] = net->biases[k][u];
        for (size_t i = 0; i < WIDTH; i++)
            h[u] += net->weights[k][u][i] * n[i];
    }
}

/* From the h of layer k and its input to the top gradient's share of the network's end. */
static double end_from_h(const struct network *net, size_t k, size_t input, const double x[WIDTH],
                         const double h[WIDTH])
{
    double now[WIDTH], next[WIDTH], sum = 0;
    memcpy(next, h, sizeof next);
    memcpy(now, x, sizeof now);
    for (;; k++) {
        for (size_t u = 0; u < WIDTH; u++) {
            const double value = detinit_activation_value(net->request.activation, next[u]);
            now[u] = net->request.residual ? now[u] + value : value;
        }
        if (k + 1 == DEPTH)
            break;
        layer_h(net, k + 1, now, next);
    }
    for (size_t u = 0; u < WIDTH; u++)
        sum += net->top[input][u] * now[u];
    return sum;
}

/* All of a layer from the inputs x, which become what it passes on; gradients by differences. */
static void layer_by_definition(const struct network *net, size_t k, double x[BATCH][WIDTH],
                                detinit_signal_layer *layer)
{
    double h[BATCH][WIDTH], out[BATCH][WIDTH], of_h[BATCH][WIDTH], of_x[BATCH][WIDTH], square;
    const double step = 1e-5;
    for (size_t n = 0; n < BATCH; n++) {
        layer_h(net, k, x[n], h[n]);
        for (size_t u = 0; u < WIDTH; u++) {
            double moved[WIDTH], ends[2], h_of_moved[WIDTH];
            for (int side = 0; side < 2; side++) {
                memcpy(moved, h[n], sizeof moved);
                moved[u] += side == 0 ? step : -step;
                ends[side] = end_from_h(net, k, n, x[n], moved);
            }
            of_h[n][u] = (ends[0] - ends[1]) / (2 * step);
            for (int side = 0; side < 2; side++) {
                memcpy(moved, x[n], sizeof moved);
                moved[u] += side == 0 ? step : -step;
                layer_h(net, k, moved, h_of_moved);
                ends[side] = end_from_h(net, k, n, moved, h_of_moved);
            }
            of_x[n][u] = (ends[0] - ends[1]) / (2 * step);
            out[n][u] = detinit_activation_value(net->request.activation, h[n][u]) +
                        (net->request.residual ? x[n][u] : 0);
        }
    }
    layer->correlation = 0;
    for (size_t n = 0; n + 1 < BATCH; n += 2) {
        double aa = 0, ab = 0, bb = 0;
        for (size_t u = 0; u < WIDTH; u++) {
            aa += out[n][u] * out[n][u];
            ab += out[n][u] * out[n + 1][u];
            bb += out[n + 1][u] * out[n + 1][u];
        }
        layer->correlation += ab / sqrt(aa * bb) / (BATCH / 2);
    }
    layer->gradient = std_of(of_h[0], BATCH * WIDTH, &square);
    layer->input_gradient = std_of(of_x[0], BATCH * WIDTH, &square);
    std_of(h[0], BATCH * WIDTH, &layer->length);
    layer->std = std_of(out[0], BATCH * WIDTH, &square);
    memcpy(x[0], out[0], sizeof out);
}

static void check_by_definition(const detinit_propagation *request)
{
    struct network net = {.request = *request};
    detinit_signal_layer found[DEPTH], expected = {0};
    double x[BATCH][WIDTH];
    make_network(&net);
    for (size_t n = 0; n < BATCH; n++)
        for (size_t u = 0; u < WIDTH; u++) {
            const double own = normal(request->recipe.seed, 0, n, u);
            x[n][u] = n % 2 == 0 ? own : 0.8 * x[n - 1][u] + 0.6 * own;
        }
    propagate(request, NULL, found);
    for (size_t k = 0; k < DEPTH; k++) {
        layer_by_definition(&net, k, x, &expected);
        assert_double_near(found[k].std, expected.std, 1e-13);
        assert_double_near(found[k].length, expected.length, 1e-12);
        assert_double_near(found[k].correlation, expected.correlation, 1e-13);
        assert_double_near(found[k].gradient, expected.gradient, 1e-7 * (1 + expected.gradient));
        assert_double_near(found[k].input_gradient, expected.input_gradient,
                           1e-7 * (1 + expected.input_gradient));
    }
}

static void agrees_with_the_definition(void **state)
{
    (void)state;
    for (int n = 0; n < DETINIT_ACTIVATION_COUNT; n++)
        for (unsigned options = 0; options < 16; options++) {
            detinit_propagation request = request_of(DETINIT_HE, (detinit_activation)n);
            request.width = WIDTH;
            request.depth = DEPTH;
            request.batch = BATCH;
            request.recipe.layer = 5;
            request.residual = (options & 1) != 0;
            request.normalization =
                (options & 2) != 0 ? DETINIT_NORMALIZATION_LAYER : DETINIT_NORMALIZATION_NONE;
            request.sigma_b = (options & 4) != 0 ? 0.3 : 0;
            request.recipe.fan_in = (options & 8) != 0 ? DETINIT_FAN_IN_ROWS : DETINIT_FAN_IN_COLS;
            request.recipe.orthogonal = options == 15;
            check_by_definition(&request);
        }
}

/* Dead units, saturated ones and bins, counted by hand in the first layer of known weights. */
static void counts_what_activations_look_like(void **state)
{
    detinit_propagation request = request_of(DETINIT_IDENTITY, DETINIT_TANH);
    detinit_signal_layer layer;
    uint64_t saturated = 0, histogram[DETINIT_SIGNAL_BINS] = {0};
    (void)state;
    request.width = 33;
    request.batch = 1;
    request.depth = 1;
    request.recipe.gain = 2;
    propagate(&request, NULL, &layer);
    for (size_t u = 0; u < 33; u++) {
        const double value = tanh(2 * normal(42, 0, 0, u));
        saturated += fabs(value) > 0.97;
        histogram[(size_t)((value + 1) * 16)]++;
    }
    assert_true(saturated > 0);
    assert_double_near(layer.saturated, (double)saturated / 33, 1e-15);
    assert_memory_equal(layer.histogram, histogram, sizeof histogram);
    assert_double_near(layer.dead, 0, 0);
    assert_true(isnan(layer.correlation)); /* of no pair */

    size_t dead = 0;
    request.activation = DETINIT_RELU;
    propagate(&request, NULL, &layer);
    for (size_t u = 0; u < 33; u++)
        dead += normal(42, 0, 0, u) <= 0;
    assert_double_near(layer.dead, (double)dead / 33, 1e-15);
}

/* ------------------------------------------------------------- the same bits */

static void threads_and_kernels_change_nothing(void **state)
{
    static const detinit_run runs[] = {{.threads = 1, .isa = DETINIT_ISA_BASELINE},
                                       {.threads = 2, .isa = DETINIT_ISA_BASELINE},
                                       {.threads = 7, .isa = DETINIT_ISA_AVX2},
                                       {.threads = 3, .isa = DETINIT_ISA_AVX512}};
    detinit_propagation request = request_of(DETINIT_HE, DETINIT_TANH);
    detinit_signal_layer first[6], other[6];
    (void)state;
    request.width = 150;
    request.depth = 6;
    request.batch = 37;
    request.sigma_b = 0.1;
    request.normalization = DETINIT_NORMALIZATION_LAYER;
    for (int orthogonal = 0; orthogonal < 2; orthogonal++) {
        request.recipe.orthogonal = orthogonal == 1;
        propagate(&request, &runs[0], first);
        for (size_t n = 1; n < sizeof runs / sizeof *runs; n++) {
            propagate(&request, &runs[n], other);
            assert_memory_equal(first, other, sizeof first);
        }
    }
}

/* ------------------------------------------------------------ published figures */

#define SEEDS 9

/*
 * One measurement of others, of width 256, 64 inputs and 50 layers, to the digits given: first and
 * last std of activations, last and first std of gradients, last correlation.
 */
static const struct measured {
    detinit_mode mode;
    detinit_activation activation;
    double values[5];
} measurements[] = {
    {DETINIT_HE, DETINIT_TANH, {0.72, 0.56, 0.74, 6.1, 0.15}},
    {DETINIT_XAVIER, DETINIT_TANH, {0.63, 0.10, 0.99, 0.13, 0.7}},
    {DETINIT_HE, DETINIT_RELU, {0.82, 0.50, 0.67, 0.69, 0.98}},
};

static void figures_of(const detinit_signal_layer *layers, size_t depth, double values[5])
{
    values[0] = layers[0].std;
    values[1] = layers[depth - 1].std;
    values[2] = layers[depth - 1].gradient;
    values[3] = layers[0].gradient;
    values[4] = layers[depth - 1].correlation;
}

/* Another one measurement lies within three deviations of one, and of the mean of ours. */
static void agrees_with_measurements(void **state)
{
    (void)state;
    for (size_t m = 0; m < sizeof measurements / sizeof *measurements; m++) {
        double found[5][SEEDS], values[5];
        detinit_signal_layer layers[50];
        for (size_t seed = 0; seed < SEEDS; seed++) {
            detinit_propagation request =
                request_of(measurements[m].mode, measurements[m].activation);
            request.recipe.seed = seed;
            propagate(&request, NULL, layers);
            figures_of(layers, 50, values);
            for (size_t k = 0; k < 5; k++)
                found[k][seed] = values[k];
        }
        for (size_t k = 0; k < 5; k++) {
            const struct spread s = spread_of(found[k], SEEDS);
            assert_double_near(measurements[m].values[k], s.mean,
                               3 * s.deviation * sqrt(1 + 1.0 / SEEDS) + 0.005);
        }
    }
}

/* Torch's std = 1 / sqrt(3 fan_in) on tanh, and xavier on ReLU: powers of ten. */
static void schemes_that_do_not_fit(void **state)
{
    detinit_signal_layer layers[50];
    detinit_propagation torch = request_of(DETINIT_TORCH, DETINIT_TANH);
    detinit_propagation xavier = request_of(DETINIT_XAVIER, DETINIT_RELU);
    (void)state;
    propagate(&torch, NULL, layers);
    assert_double_near(log10(layers[49].std), -12, 0.5);
    assert_double_near(log10(layers[0].gradient), -12, 0.5);
    propagate(&xavier, NULL, layers);
    assert_double_near(log10(layers[49].std), log10(2e-8), 0.5);
    assert_double_near(log10(layers[0].gradient), log10(2e-8), 0.5);
}

/* ------------------------------------------------------------ words and limits */

static void verdicts(void **state)
{
    detinit_signal_layer layers[2] = {{.std = 1, .gradient = 1}, {.std = 1, .gradient = 1}};
    detinit_verdict v;
    (void)state;
    v = detinit_signal_verdict(layers, 2);
    assert_int_equal(v.both, DETINIT_FATE_HOLDS);
    layers[0].gradient = 8; /* the signal holds, the gradient does not */
    v = detinit_signal_verdict(layers, 2);
    assert_int_equal(v.signal, DETINIT_FATE_HOLDS);
    assert_int_equal(v.both, DETINIT_FATE_EXPLODES);
    layers[1].std = 0.11;
    assert_int_equal(detinit_signal_verdict(layers, 2).both, DETINIT_FATE_EXPLODES);
    layers[1].std = 1e-3;
    assert_int_equal(detinit_signal_verdict(layers, 2).both, DETINIT_FATE_FADES);
    layers[1].std = 0;
    assert_int_equal(detinit_signal_verdict(layers, 2).both, DETINIT_FATE_GONE);
    layers[1].std = INFINITY;
    assert_int_equal(detinit_signal_verdict(layers, 2).both, DETINIT_FATE_EXPLODES);
    assert_string_equal(detinit_fate_name(DETINIT_FATE_EXPLODES), "explodes");
    assert_null(detinit_fate_name(DETINIT_FATE_COUNT));
}

static void far_ends_of_binary64(void **state)
{
    detinit_propagation request = request_of(DETINIT_TORCH, DETINIT_RELU);
    detinit_signal_layer *layers = allocate(700 * sizeof *layers);
    (void)state;
    request.width = 64;
    request.batch = 4;
    request.depth = 700; /* sqrt(1/6)^700 = 1e-272, whose square is not held */
    propagate(&request, NULL, layers);
    assert_true(layers[699].std > 1e-300 && layers[699].std < 1e-240);
    assert_double_near(layers[699].correlation, 1, 0.2);
    assert_true(layers[0].gradient > 1e-300 && layers[0].gradient < 1e-240);
    assert_int_equal(detinit_signal_verdict(layers, 700).both, DETINIT_FATE_GONE);
    request.recipe.gain = 100; /* 41^700 is beyond */
    propagate(&request, NULL, layers);
    assert_true(isinf(layers[699].std) && isinf(layers[699].length));
    assert_int_equal(detinit_signal_verdict(layers, 700).both, DETINIT_FATE_EXPLODES);
    free(layers);
}

/* Values that differ by less than their squares' rounding have a std. */
static void sums_of_blocks(void **state)
{
    double values[4][8];
    block_moments blocks[2];
    (void)state;
    for (size_t u = 0; u < 4; u++)
        for (size_t n = 0; n < 8; n++)
            values[u][n] = 1e200 * (1 + 1e-9 * ((double)u - 1.5));
    for (size_t k = 0; k < 2; k++)
        blocks[k] = block_moments_of(values[2 * k], 2, 8, 5);
    const batch_moments m = batch_moments_of(blocks, 2);
    assert_double_near(m.std / 1e191, sqrt(1.25), 1e-5);
    assert_double_near(m.mean / 1e200, 1, 1e-15);
    assert_true(isinf(m.square)); /* 1e400 */
}

/* ------------------------------------------------------- progress and refusals */

struct watch {
    size_t calls, stop_at, layers;
    uint64_t last;
};

static bool watch_progress(void *context, uint64_t done, uint64_t total)
{
    struct watch *w = context;
    assert_true(done >= w->last && done <= total);
    w->last = done;
    return ++w->calls != w->stop_at;
}

/* 0, 1, 2 forward, then 2, 1, 0 backward. */
static void watch_layers(void *context, size_t layer, bool backward,
                         const detinit_signal_layer *values)
{
    struct watch *w = context;
    const size_t n = w->layers++;
    assert_int_equal(backward, n >= 3);
    assert_int_equal(layer, n < 3 ? n : 5 - n);
    assert_true(values->std > 0);
    assert_int_equal(values->gradient > 0, backward);
}

static void tells_layers_and_can_be_cancelled(void **state)
{
    detinit_propagation request = request_of(DETINIT_HE, DETINIT_RELU);
    detinit_signal_layer layers[3] = {{.std = 7}};
    struct watch whole = {0}, none = {0};
    detinit_run run = {.threads = 2, .progress = watch_progress, .context = &whole};
    detinit_error error;
    (void)state;
    request.width = 100;
    request.depth = 3;
    request.layer_done = watch_layers;
    request.context = &none;
    propagate(&request, &run, layers);
    assert_int_equal(none.layers, 6);
    assert_true(whole.calls > 6);
    layers[0].std = 7;
    for (size_t stop = 1; stop <= 6; stop++) {
        struct watch stopped = {.stop_at = stop};
        run.context = &stopped;
        request.layer_done = NULL;
        assert_int_equal(detinit_propagate(&request, &run, layers, &error), DETINIT_CANCELLED);
        assert_double_same(layers[0].std, 7);
    }
}

static void refuse(const detinit_propagation *request, const char *sentence)
{
    detinit_signal_layer layer = {.std = 7};
    detinit_error error = {0};
    assert_int_equal(detinit_propagate(request, NULL, &layer, &error), DETINIT_INVALID);
    assert_non_null(strstr(error.message, sentence));
    assert_double_same(layer.std, 7);
}

static void what_makes_no_sense_is_refused(void **state)
{
    const detinit_propagation good = request_of(DETINIT_HE, DETINIT_RELU);
    detinit_propagation bad;
    (void)state;
    bad = good, bad.width = 0;
    refuse(&bad, "expected a width of 1 to 16384, got 0");
    bad = good, bad.depth = 1001;
    refuse(&bad, "expected a depth of 1 to 1000, got 1001");
    bad = good, bad.batch = 5000;
    refuse(&bad, "expected a batch of 1 to 4096, got 5000");
    bad = good, bad.sigma_b = -1;
    refuse(&bad, "expected a finite sigma_b of 0 or more, got -1");
    bad = good, bad.activation = DETINIT_ACTIVATION_COUNT;
    refuse(&bad, "no activation has the number 8");
    bad = good, bad.normalization = (detinit_normalization)9;
    refuse(&bad, "no normalization has the number 9");
    bad = good, bad.recipe.gain = -1;
    refuse(&bad, "gain");
    bad = good, bad.recipe.part_count = 2;
    refuse(&bad, "expected one scheme, got a fused tensor of 2 parts");
}

/* A kernel's scheme is that of its centre; shape, storage, fans and zero rows are of no account. */
static void schemes_of_other_tensors(void **state)
{
    detinit_propagation plain = request_of(DETINIT_HE, DETINIT_RELU), other = plain;
    detinit_signal_layer a[3], b[3];
    (void)state;
    plain.depth = other.depth = 3;
    plain.width = other.width = 20;
    other.recipe = detinit_recipe_tensor(42, 0, 4, (const uint64_t[]){4, 3, 3, 3});
    other.recipe.zero_mean = true;
    other.recipe.dtype = DETINIT_BFLOAT16;
    other.recipe.has_zero_row = true;
    other.recipe.zero_row = 2;
    other.recipe.fans[0] = other.recipe.fans[1] = 1000;
    propagate(&plain, NULL, a);
    propagate(&other, NULL, b);
    assert_memory_equal(a, b, sizeof a);
    plain.recipe.mode = DETINIT_XAVIER;
    plain.recipe.orthogonal = true;
    other.recipe = detinit_recipe_tensor(42, 0, 4, (const uint64_t[]){4, 3, 3, 3});
    other.recipe.mode = DETINIT_DELTA_ORTHOGONAL;
    propagate(&plain, NULL, a);
    propagate(&other, NULL, b);
    assert_memory_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_definition),
        cmocka_unit_test(counts_what_activations_look_like),
        cmocka_unit_test(threads_and_kernels_change_nothing),
        cmocka_unit_test(agrees_with_measurements),
        cmocka_unit_test(schemes_that_do_not_fit),
        cmocka_unit_test(verdicts),
        cmocka_unit_test(far_ends_of_binary64),
        cmocka_unit_test(sums_of_blocks),
        cmocka_unit_test(tells_layers_and_can_be_cancelled),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(schemes_of_other_tensors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
