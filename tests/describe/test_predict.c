/* The curves that mean-field theory predicts, against measured ones of every kind of layer. */
#include "signal_check.h"

#define CURVES      5
#define CURVE_DEPTH 8
#define CURVE_SEEDS 12
#define CURVE_WIDTH ((size_t)96)

/* Where the curves end, as logarithms, but for the correlation. */
static void ends_of(const detinit_signal_layer *layers, double ends[CURVES])
{
    const detinit_signal_layer *last = &layers[CURVE_DEPTH - 1];
    ends[0] = log(last->length);
    ends[1] = log(last->std);
    ends[2] = last->correlation;
    ends[3] = log(layers[0].gradient);
    ends[4] = log(layers[0].input_gradient);
}

static void predicted_ends(const detinit_predicted_layer *layers, double ends[CURVES])
{
    const detinit_predicted_layer *last = &layers[CURVE_DEPTH - 1];
    ends[0] = log(last->length);
    ends[1] = log(last->std);
    ends[2] = last->correlation;
    ends[3] = log(layers[0].gradient);
    ends[4] = log(layers[0].input_gradient);
}

static void measure_ends(detinit_propagation request, size_t width, struct spread ends[CURVES])
{
    double found[CURVES][CURVE_SEEDS], values[CURVES];
    detinit_signal_layer layers[CURVE_DEPTH];
    request.width = width;
    for (size_t seed = 0; seed < CURVE_SEEDS; seed++) {
        request.recipe.seed = width + seed;
        propagate(&request, NULL, layers);
        ends_of(layers, values);
        for (size_t k = 0; k < CURVES; k++)
            found[k][seed] = values[k];
    }
    for (size_t k = 0; k < CURVES; k++)
        ends[k] = spread_of(found[k], CURVE_SEEDS);
}

/*
 * Theory is of infinite width.  What it leaves out goes as 1 / width: twice the mean at twice the
 * width less the mean at the width is free of that.  How many of the curves end farther than three
 * standard errors from it; none more than five.
 */
static size_t far_from_theory(const detinit_propagation *request)
{
    struct spread narrow[CURVES], wide[CURVES];
    detinit_predicted_layer predicted[CURVE_DEPTH];
    double expected[CURVES];
    size_t far = 0;
    assert_int_equal(detinit_predict(request, predicted, NULL), DETINIT_OK);
    predicted_ends(predicted, expected);
    measure_ends(*request, CURVE_WIDTH, narrow);
    measure_ends(*request, 2 * CURVE_WIDTH, wide);
    for (size_t k = 0; k < CURVES; k++) {
        const double found = 2 * wide[k].mean - narrow[k].mean;
        const double error = hypot(2 * wide[k].deviation, narrow[k].deviation) / sqrt(CURVE_SEEDS);
        const double errors = fabs(found - expected[k]) / (error + 1e-12);
        if (!(errors <= 5))
            fail_msg("%s, residual %d, normalization %d, curve %zu: %g, theory %g, error %g",
                     detinit_activation_name(request->activation), request->residual,
                     (int)request->normalization, k, found, expected[k], error);
        far += errors > 3;
    }
    return far;
}

/* Of 160 ends chance lets 1 or 2 be that far. */
static void agrees_with_theory(void **state)
{
    size_t far = 0;
    (void)state;
    for (int n = 0; n < DETINIT_ACTIVATION_COUNT; n++)
        for (unsigned options = 0; options < 4; options++) {
            detinit_propagation request = request_of(DETINIT_HE, (detinit_activation)n);
            request.depth = CURVE_DEPTH;
            request.batch = 32;
            request.sigma_b = 0.2;
            request.residual = (options & 1) != 0;
            request.normalization =
                (options & 2) != 0 ? DETINIT_NORMALIZATION_LAYER : DETINIT_NORMALIZATION_NONE;
            far += far_from_theory(&request);
        }
    assert_in_range(far, 0, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_theory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
