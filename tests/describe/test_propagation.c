/* What is asked of a propagation, and the words for what became of its signal. */
#include "check.h"

#include "detinit_describe.h"

static void normalizations_have_names(void **state)
{
    (void)state;
    for (int n = 0; n < DETINIT_NORMALIZATION_COUNT; n++) {
        detinit_normalization found = DETINIT_NORMALIZATION_COUNT;
        const char *name = detinit_normalization_name((detinit_normalization)n);
        assert_non_null(name);
        assert_true(detinit_normalization_parse(name, &found) && (int)found == n);
        assert_false(detinit_normalization_parse("group", &found));
        assert_int_equal(found, n);
    }
    assert_null(detinit_normalization_name(DETINIT_NORMALIZATION_COUNT));
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    const detinit_recipe recipe = detinit_recipe_matrix(1, 0, 8, 8);
    const detinit_propagation good = detinit_propagation_of(&recipe);
    assert_int_equal(detinit_propagation_check(&good, NULL), DETINIT_OK);
    const struct {
        const char *text;
        detinit_propagation bad;
    } cases[] = {
        {"expected a width of 1 to", {.width = 0}},
        {"expected a width of 1 to", {.width = DETINIT_SIGNAL_MOST_WIDTH + 1}},
        {"expected a depth of 1 to", {.depth = 0, .width = 8}},
        {"expected a batch of 1 to",
         {.batch = DETINIT_SIGNAL_MOST_BATCH + 1, .depth = 2, .width = 8}},
    };
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        detinit_error error;
        detinit_propagation bad = good;
        bad.width = cases[n].bad.width;
        bad.depth = cases[n].bad.depth;
        bad.batch = cases[n].bad.batch;
        assert_int_equal(detinit_propagation_check(&bad, &error), DETINIT_INVALID);
        assert_non_null(strstr(error.message, cases[n].text));
        assert_int_equal(detinit_propagation_check(&bad, NULL), DETINIT_INVALID);
    }
    detinit_propagation bad = good;
    const double sigmas[] = {-1, NAN, INFINITY};
    for (size_t n = 0; n < 3; n++) {
        bad.sigma_b = sigmas[n];
        assert_int_equal(detinit_propagation_check(&bad, NULL), DETINIT_INVALID);
    }
    bad = good;
    bad.activation = (detinit_activation)-1;
    assert_int_equal(detinit_propagation_check(&bad, NULL), DETINIT_INVALID);
    bad = good;
    bad.normalization = DETINIT_NORMALIZATION_COUNT;
    assert_int_equal(detinit_propagation_check(&bad, NULL), DETINIT_INVALID);
    bad = good;
    bad.recipe.gain = -1;
    assert_int_equal(detinit_propagation_check(&bad, NULL), DETINIT_INVALID);
}

/* More of a width, a depth or a batch needs more memory; what makes no sense needs none. */
static void memory_grows_with_what_is_asked(void **state)
{
    (void)state;
    const detinit_recipe recipe = detinit_recipe_matrix(1, 0, 8, 8);
    const detinit_propagation few = detinit_propagation_of(&recipe);
    const uint64_t least = detinit_propagation_memory(&few);
    assert_true(least > few.width * few.batch * sizeof(double));
    for (int n = 0; n < 3; n++) {
        detinit_propagation more = few;
        more.width *= n == 0 ? 2 : 1;
        more.depth *= n == 1 ? 2 : 1;
        more.batch *= n == 2 ? 2 : 1;
        assert_true(detinit_propagation_memory(&more) > least);
    }
    detinit_propagation bad = few;
    bad.recipe.gain = -1;
    assert_int_equal(detinit_propagation_memory(&bad), 0);
}

static void ratios_have_their_fate(void **state)
{
    static const struct {
        double ratio;
        const char *name;
    } cases[] = {
        {0, "gone"},  {9e-5, "gone"},  {1e-4, "fades"}, {0.099, "fades"},       {0.1, "holds"},
        {1, "holds"}, {4.99, "holds"}, {5, "explodes"}, {INFINITY, "explodes"}, {NAN, "explodes"},
        {-1, "gone"},
    };
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++)
        assert_string_equal(detinit_fate_name(detinit_fate_of(cases[n].ratio)), cases[n].name);
    assert_null(detinit_fate_name(DETINIT_FATE_COUNT));
}

static detinit_verdict verdict_of(double first, double last, double gradient, double last_gradient)
{
    const detinit_signal_layer layers[] = {{.std = first, .gradient = gradient},
                                           {.std = 77, .gradient = 77},
                                           {.std = last, .gradient = last_gradient}};
    return detinit_signal_verdict(layers, 3);
}

/* The worse of both tells; a signal goes up, a gradient down. */
static void the_worse_of_both_is_the_verdict(void **state)
{
    (void)state;
    detinit_verdict v = verdict_of(2, 1, 3, 1);
    assert_double_same(v.signal_ratio, 0.5);
    assert_double_same(v.gradient_ratio, 3);
    assert_int_equal(v.both, DETINIT_FATE_HOLDS);
    v = verdict_of(1, 1, 100, 1);
    assert_true(v.signal == DETINIT_FATE_HOLDS && v.gradient == DETINIT_FATE_EXPLODES);
    assert_int_equal(v.both, DETINIT_FATE_EXPLODES);
    v = verdict_of(1, 1e-9, 100, 1);
    assert_int_equal(v.both, DETINIT_FATE_GONE);
    v = verdict_of(9, 1, 6, 1); /* 1/9 is farther from 1, and holds */
    assert_int_equal(v.both, DETINIT_FATE_EXPLODES);
    v = verdict_of(1, 6, 9, 1); /* 9 would be, but 1/9 holds */
    assert_int_equal(v.both, DETINIT_FATE_EXPLODES);
    v = verdict_of(1, 6, 1, 9); /* as 1/9 of a gradient does, and 6 of a signal does not */
    assert_true(v.signal == DETINIT_FATE_EXPLODES && v.gradient == DETINIT_FATE_HOLDS);
    assert_int_equal(v.both, DETINIT_FATE_EXPLODES);
    v = verdict_of(0, 0, 0, 0); /* nothing stays nothing */
    assert_true(v.signal_ratio == 0 && v.gradient_ratio == 0 && v.both == DETINIT_FATE_GONE);
    v = verdict_of(1, NAN, 1, 1);
    assert_int_equal(v.both, DETINIT_FATE_EXPLODES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normalizations_have_names),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(memory_grows_with_what_is_asked),
        cmocka_unit_test(ratios_have_their_fate),
        cmocka_unit_test(the_worse_of_both_is_the_verdict),
    };
    return cmocka_run_group_tests_name("propagation", tests, NULL, NULL);
}
