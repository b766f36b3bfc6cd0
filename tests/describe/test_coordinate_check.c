/* The coordinate check: against Adam by its definition, and what muP promises. */
#include "check.h"

#include "detinit_describe.h"

#define LAYERS  DETINIT_COORDINATE_LAYERS
#define INPUTS  32
#define OUTPUTS 10
#define BATCH   32

static detinit_coordinate_check request_of(detinit_parametrization parametrization)
{
    const detinit_recipe recipe = detinit_recipe_matrix(42, 3, 1, 1);
    detinit_coordinate_check request = detinit_coordinate_check_of(&recipe);
    request.parametrization = parametrization;
    return request;
}

static void check(const detinit_coordinate_check *request, const detinit_run *run, double *sizes)
{
    detinit_error error;
    if (detinit_check_coordinates(request, run, sizes, &error) != DETINIT_OK)
        fail_msg("no check: %s", error.message);
}

/* ---------------------------------------------------------- by the definition */

#define MOST 40

/* One layer with Adam's moments kept, as everyone writes it. */
struct layer {
    size_t inputs, outputs;
    double rate, factor;
    double w[MOST][MOST], m[MOST][MOST], v[MOST][MOST], gradient[MOST][MOST];
    double in[BATCH][MOST], h[BATCH][MOST], error[BATCH][MOST];
};

static double beside(uint64_t use, uint64_t n, uint64_t unit)
{
    return detinit_gaussian(42, (const uint64_t[]){UINT64_MAX, use, n, unit}, 4);
}

static void make_layer(struct layer *l, const detinit_coordinate_check *request, size_t k,
                       size_t width)
{
    const bool mup = request->parametrization == DETINIT_PARAMETRIZATION_MUP;
    const size_t base = request->base_width;
    memset(l, 0, sizeof *l);
    l->inputs = k == 0 ? INPUTS : width;
    l->outputs = k == 2 ? OUTPUTS : width;
    l->rate = request->learning_rate * (mup && k == 1 ? (double)base / (double)width : 1);
    l->factor = mup && k == 2 ? (double)base / (double)width : 1;
    /* He: sqrt(2 / fan_in); with muP that of the base, and of the hidden layer 1 / sqrt(width). */
    for (uint64_t o = 0; o < l->outputs; o++)
        for (uint64_t i = 0; i < l->inputs; i++)
            l->w[o][i] = mup && k == 2
                             ? 0
                             : sqrt(2.0 / (double)l->inputs) *
                                   detinit_gaussian(42, (const uint64_t[]){3 + k, o, i}, 3);
}

static void forward(struct layer *l, detinit_activation activation, const struct layer *below)
{
    for (size_t n = 0; n < BATCH; n++)
        for (size_t o = 0; o < l->outputs; o++) {
            l->h[n][o] = 0;
            for (size_t i = 0; i < l->inputs; i++) {
                l->in[n][i] = below == NULL ? beside(3, n, i)
                                            : detinit_activation_value(activation, below->h[n][i]);
                l->h[n][o] += l->factor * l->w[o][i] * l->in[n][i];
            }
        }
}

static void backward(struct layer *l, detinit_activation activation, struct layer *below)
{
    memset(l->gradient, 0, sizeof l->gradient);
    for (size_t n = 0; n < BATCH; n++)
        for (size_t i = 0; i < l->inputs; i++) {
            double sum = 0;
            for (size_t o = 0; o < l->outputs; o++) {
                l->gradient[o][i] += l->factor * l->error[n][o] * l->in[n][i];
                sum += l->factor * l->error[n][o] * l->w[o][i];
            }
            if (below != NULL)
                below->error[n][i] = sum * detinit_activation_slope(activation, below->h[n][i]);
        }
}

static void adam(struct layer *l, int step)
{
    for (size_t o = 0; o < l->outputs; o++)
        for (size_t i = 0; i < l->inputs; i++) {
            const double g = l->gradient[o][i];
            l->m[o][i] = 0.9 * l->m[o][i] + 0.1 * g;
            l->v[o][i] = 0.999 * l->v[o][i] + 0.001 * g * g;
            l->w[o][i] -= l->rate * l->m[o][i] / (1 - pow(0.9, step)) /
                          (sqrt(l->v[o][i] / (1 - pow(0.999, step))) + 1e-8);
        }
}

static void agrees_with_the_definition(void **state)
{
    static const size_t widths[] = {8, 37};
    static struct layer layers[LAYERS];
    (void)state;
    for (int p = 0; p < DETINIT_PARAMETRIZATION_COUNT; p++)
        for (size_t w = 0; w < 2; w++) {
            detinit_coordinate_check request = request_of((detinit_parametrization)p);
            double sizes[4 * LAYERS];
            request.widths = &widths[w];
            request.width_count = 1;
            request.base_width = 8;
            request.activation = DETINIT_TANH;
            check(&request, NULL, sizes);
            for (size_t k = 0; k < LAYERS; k++)
                make_layer(&layers[k], &request, k, widths[w]);
            for (int step = 0; step <= 3; step++) {
                for (size_t k = 0; k < LAYERS; k++) {
                    struct layer *l = &layers[k];
                    double size = 0;
                    forward(l, request.activation, k > 0 ? &layers[k - 1] : NULL);
                    for (size_t n = 0; n < BATCH; n++)
                        for (size_t o = 0; o < l->outputs; o++)
                            size += fabs(l->h[n][o]) / (double)(BATCH * l->outputs);
                    assert_double_near(sizes[(size_t)step * LAYERS + k], size, 1e-9);
                }
                for (size_t n = 0; n < BATCH; n++)
                    for (size_t o = 0; o < OUTPUTS; o++)
                        layers[2].error[n][o] =
                            (layers[2].h[n][o] - beside(4, n, o)) / (BATCH * OUTPUTS);
                for (size_t k = LAYERS; k > 0; k--)
                    backward(&layers[k - 1], request.activation, k > 1 ? &layers[k - 2] : NULL);
                for (size_t k = 0; k < LAYERS; k++)
                    adam(&layers[k], step + 1);
            }
        }
}

/* ------------------------------------------------------------------- slopes */

static const size_t powers[] = {64, 128, 256, 512, 1024};
#define POWERS (sizeof powers / sizeof *powers)

/* Of log size against log width, by least squares. */
static double slope_of(const double *sizes, size_t step, size_t layer)
{
    double x = 0, y = 0, xx = 0, xy = 0;
    for (size_t n = 0; n < POWERS; n++) {
        const double a = log((double)powers[n]), b = log(sizes[(n * 4 + step) * LAYERS + layer]);
        x += a / POWERS;
        y += b / POWERS;
        xx += a * a / POWERS;
        xy += a * b / POWERS;
    }
    return (xy - x * y) / (xx - x * x);
}

static detinit_coordinate_check sweep_of(detinit_parametrization parametrization)
{
    detinit_coordinate_check request = request_of(parametrization);
    request.widths = powers;
    request.width_count = POWERS;
    return request;
}

static void mup_is_flat(void **state)
{
    const detinit_coordinate_check request = sweep_of(DETINIT_PARAMETRIZATION_MUP);
    double sizes[POWERS * 4 * LAYERS];
    (void)state;
    check(&request, NULL, sizes);
    for (size_t step = 0; step <= 3; step++)
        for (size_t layer = 0; layer < LAYERS; layer++)
            if (step > 0 || layer < LAYERS - 1) /* the last begins at 0 */
                assert_double_near(slope_of(sizes, step, layer), 0, 0.1);
    for (size_t n = 0; n < POWERS; n++)
        assert_double_same(sizes[n * 4 * LAYERS + LAYERS - 1], 0);
}

/* A step of Adam moves all weights of a row alike: what sums over the width grows with it. */
static void standard_grows(void **state)
{
    const detinit_coordinate_check request = sweep_of(DETINIT_PARAMETRIZATION_STANDARD);
    double sizes[POWERS * 4 * LAYERS];
    (void)state;
    check(&request, NULL, sizes);
    for (size_t layer = 0; layer < LAYERS; layer++)
        assert_double_near(slope_of(sizes, 0, layer), 0, 0.1);
    for (size_t step = 1; step <= 3; step++) {
        assert_double_near(slope_of(sizes, step, 0), 0, 0.1);
        assert_true(slope_of(sizes, step, 1) > 0.4);
        assert_true(slope_of(sizes, step, 2) > 0.4);
    }
}

/* ------------------------------------------------------- the same bits, refusals */

static void threads_and_kernels_change_nothing(void **state)
{
    static const size_t widths[] = {100, 64};
    static const detinit_run runs[] = {{.threads = 1, .isa = DETINIT_ISA_BASELINE},
                                       {.threads = 3, .isa = DETINIT_ISA_AVX2},
                                       {.threads = 2, .isa = DETINIT_ISA_AVX512}};
    detinit_coordinate_check request = request_of(DETINIT_PARAMETRIZATION_MUP);
    double first[2 * 4 * LAYERS], other[2 * 4 * LAYERS];
    (void)state;
    request.widths = widths;
    request.width_count = 2;
    for (int orthogonal = 0; orthogonal < 2; orthogonal++) {
        request.recipe.orthogonal = orthogonal == 1;
        check(&request, &runs[0], first);
        for (size_t n = 1; n < sizeof runs / sizeof *runs; n++) {
            check(&request, &runs[n], other);
            assert_memory_equal(first, other, sizeof first);
        }
    }
}

struct watch {
    size_t calls, stop_at, widths;
    uint64_t last;
};

static bool watch_progress(void *context, uint64_t done, uint64_t total)
{
    struct watch *w = context;
    assert_true(done >= w->last && done <= total);
    w->last = done;
    return ++w->calls != w->stop_at;
}

static void watch_widths(void *context, size_t n, const double *sizes)
{
    struct watch *w = context;
    assert_int_equal(n, w->widths++);
    assert_true(sizes[0] > 0);
}

static void tells_widths_and_can_be_cancelled(void **state)
{
    static const size_t widths[] = {40, 64};
    detinit_coordinate_check request = request_of(DETINIT_PARAMETRIZATION_STANDARD);
    struct watch whole = {0};
    /* Alone: how often two threads call depends on which of them takes what. */
    detinit_run run = {.threads = 1, .progress = watch_progress, .context = &whole};
    double sizes[2 * 4 * LAYERS];
    (void)state;
    request.widths = widths;
    request.width_count = 2;
    request.width_done = watch_widths;
    request.context = &whole;
    check(&request, &run, sizes);
    assert_int_equal(whole.widths, 2);
    sizes[0] = 7;
    request.width_done = NULL;
    for (size_t stop = 1; stop < whole.calls; stop += 7) {
        struct watch stopped = {.stop_at = stop};
        run.context = &stopped;
        assert_int_equal(detinit_check_coordinates(&request, &run, sizes, NULL), DETINIT_CANCELLED);
        assert_double_same(sizes[0], 7);
    }
    struct watch at_once = {.stop_at = 1};
    run.threads = 2;
    run.context = &at_once;
    assert_int_equal(detinit_check_coordinates(&request, &run, sizes, NULL), DETINIT_CANCELLED);
    assert_double_same(sizes[0], 7);
}

static void refuse(const detinit_coordinate_check *request, const char *sentence)
{
    detinit_error error = {0};
    double sizes[11 * LAYERS] = {7};
    assert_int_equal(detinit_check_coordinates(request, NULL, sizes, &error), DETINIT_INVALID);
    assert_string_equal(error.message, sentence);
    assert_double_same(sizes[0], 7);
}

static void what_makes_no_sense_is_refused(void **state)
{
    static const size_t wide = 10000;
    const detinit_coordinate_check good = request_of(DETINIT_PARAMETRIZATION_STANDARD);
    detinit_coordinate_check bad;
    detinit_parametrization found;
    (void)state;
    bad = good, bad.learning_rate = 0;
    refuse(&bad, "expected a finite learning rate above 0, got 0");
    bad = good, bad.learning_rate = INFINITY;
    refuse(&bad, "expected a finite learning rate above 0, got inf");
    bad = good, bad.steps = 11;
    refuse(&bad, "expected at most 10 steps, got 11");
    bad = good, bad.width_count = 0;
    refuse(&bad, "expected a width");
    bad = good, bad.widths = &wide, bad.width_count = 1;
    refuse(&bad, "expected widths of 1 to 8192, got 10000");
    bad = good, bad.base_width = 0;
    refuse(&bad, "expected widths of 1 to 8192, got 0");
    bad = good, bad.recipe.mode = DETINIT_CONSTANT;
    refuse(&bad, "expected weights that are drawn and have no mean");
    bad = good, bad.activation = DETINIT_ACTIVATION_COUNT;
    refuse(&bad, "no activation or no parametrization has this number");
    bad = good, bad.parametrization = DETINIT_PARAMETRIZATION_COUNT;
    refuse(&bad, "no activation or no parametrization has this number");
    detinit_recipe parts[3] = {good.recipe, good.recipe, good.recipe};
    bad = good, bad.recipe.parts = parts, bad.recipe.part_count = 3;
    refuse(&bad, "expected one scheme, got a fused tensor of 3 parts");
    assert_true(detinit_parametrization_parse("mup", &found));
    assert_int_equal(found, DETINIT_PARAMETRIZATION_MUP);
    assert_false(detinit_parametrization_parse("ntk", &found));
    assert_string_equal(detinit_parametrization_name(DETINIT_PARAMETRIZATION_STANDARD), "standard");
    assert_null(detinit_parametrization_name(DETINIT_PARAMETRIZATION_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_definition),
        cmocka_unit_test(mup_is_flat),
        cmocka_unit_test(standard_grows),
        cmocka_unit_test(threads_and_kernels_change_nothing),
        cmocka_unit_test(tells_widths_and_can_be_cancelled),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
