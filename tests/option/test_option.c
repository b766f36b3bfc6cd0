/* The table of options: defaults that are its own, texts that settings own, sentences. */
#include "check.h"

#include "option/option.h"

#include <string.h>

/* What a program without flags asks for, written out once more. */
static void defaults_are_those_of_the_table(void **state)
{
    const detinit_recipe recipe = detinit_recipe_matrix(42, 0, 10, 10);
    settings s;
    (void)state;
    settings_init(&s);
    assert_true(detinit_recipe_equal(&s.recipe, &recipe));
    assert_true(s.recipe.std == 0.02);
    assert_true(s.tracking.threshold == 1e-6 && s.tracking.to == DETINIT_PRUNE_INIT);
    assert_int_equal(s.training.epochs, 3);
    assert_int_equal(s.training.batch, 128);
    assert_true(s.training.learning_rate == 0.2 && s.training.lambda == 5e-5);
    assert_true(s.training.schedule == SCHEDULE_LINEAR);
    assert_true(s.verb == 0 && s.run.threads == 0 && s.training.data == NULL);
    for (int id = 0; id < OPTION_COUNT; id++)
        assert_false(s.given[id]);
}

/* A default that its kind cannot read would silently be 0. */
static void defaults_can_be_given(void **state)
{
    settings s, again;
    detinit_error error;
    char text[80], told[80];
    (void)state;
    settings_init(&s);
    for (int id = 0; id < OPTION_COUNT; id++) {
        const option *which = &options[id];
        settings_init(&again);
        if (which->standard == NULL || (which->uses & OPTION_DEFAULT_IN_WORDS) != 0)
            continue;
        if (!option_set(&again, which, which->standard, false, &error))
            fail_msg("%s", error.message);
        assert_string_equal(option_text(&again, which, text, sizeof text),
                            option_text(&s, which, told, sizeof told));
    }
}

static void settings_own_their_texts(void **state)
{
    settings s;
    detinit_error error;
    char text[80];
    size_t texts = 0;
    (void)state;
    settings_init(&s);
    s.file = strdup("operand");
    for (int id = 0; id < OPTION_COUNT; id++) {
        if (options[id].kind != OPTION_TEXT)
            continue;
        texts++;
        assert_true(option_set(&s, &options[id], "first", false, &error));
        assert_true(option_set(&s, &options[id], options[id].name, false, &error));
    }
    assert_in_range(texts, 6, OPTION_COUNT);
    for (int id = 0; id < OPTION_COUNT; id++)
        if (options[id].kind == OPTION_TEXT)
            assert_string_equal(option_text(&s, &options[id], text, sizeof text), options[id].name);
    settings_free(&s);
    assert_null(s.file);
    assert_null(s.output.save);
}

static void groups_say_what_is_in_a_recipe(void **state)
{
    static const char expected[] = "seed layer rows cols shape mode std dist cut fan-in fans "
                                   "fan-mode nonlinearity gain mean value orthogonal zero-mean "
                                   "zero zero-row via dtype ";
    char found[sizeof expected + 200] = "";
    (void)state;
    for (int id = 0; id < OPTION_COUNT; id++)
        if ((options[id].uses & OPTION_IN_RECIPE) != 0)
            strcat(strcat(found, options[id].name), " ");
    assert_string_equal(found, expected);
}

/* What was refused has changed nothing, and the sentence begins with the name as it was typed. */
static void sentences_begin_with_the_name(void **state)
{
    static const struct {
        const char *name, *text, *flag, *prompt;
    } cases[] = {
        {"seed", NULL, "--seed: needs a value", "seed: needs a value"},
        {"rows", "0", "--rows: '0' is out of range, which is 1 .. 2^63-1",
         "rows: '0' is out of range, which is 1 .. 2^63-1"},
        {"orthogonal", "maybe", "--orthogonal: 'maybe' is neither on nor off",
         "orthogonal: 'maybe' is neither on nor off"},
        {"sparsity", "2", "--sparsity: '2' is not a share, 0 .. 1",
         "sparsity: '2' is not a share, 0 .. 1"},
        {"sparsity", "101%", "--sparsity: '101%' is not a share, 0 .. 1",
         "sparsity: '101%' is not a share, 0 .. 1"},
        {"keep", "0", "--keep: '0' is not a share above 0, up to 1, such as 0.04 or 4%",
         "keep: '0' is not a share above 0, up to 1, such as 0.04 or 4%"},
        {"lambda", "-1", "--lambda: '-1' must be finite and not below 0",
         "lambda: '-1' must be finite and not below 0"},
        {"save", "", "--save: needs a FILE that is not empty",
         "save: needs a FILE that is not empty"},
        {"fans", "3", "--fans: '3' is not fan_in and fan_out, two whole numbers above 0 as IN,OUT",
         "fans: '3' is not fan_in and fan_out, two whole numbers above 0 as IN,OUT"},
        {"mean", "inf", "--mean: 'inf' must be finite", "mean: 'inf' must be finite"},
        {"zero-row", "-1", "--zero-row: '-1' is neither the number of a row, from 0, nor none",
         "zero-row: '-1' is neither the number of a row, from 0, nor none"},
        {"at", "1,,2", "--at: '1,,2' is not a place: row and column as I,J, from 0",
         "at: '1,,2' is not a place: row and column as I,J, from 0"},
    };
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        const option *which = option_find(cases[n].name);
        detinit_error error = {0};
        settings s, before;
        settings_init(&s);
        before = s;
        assert_false(option_set(&s, which, cases[n].text, true, &error));
        assert_string_equal(error.message, cases[n].flag);
        assert_int_equal(error.status, DETINIT_INVALID);
        assert_false(option_set(&s, which, cases[n].text, false, &error));
        assert_string_equal(error.message, cases[n].prompt);
        assert_memory_equal(&s, &before, sizeof s);
    }
}

/* Every text of these comes back in its canonical form, and makes the same settings again. */
static void texts_come_back(void **state)
{
    static const struct {
        const char *name, *text, *canonical;
    } cases[] = {
        {"rows", "1.5e3", "1500"},
        {"keep", "4%", "0.04"},
        {"keep", "6.3%", "0.063"},
        {"keep", "100%", "1"},
        {"sparsity", "0%", "0"},
        {"layer", "1e3", "1000"},
        {"layer", "name:fc1.weight", "7181773172730634384"},
        {"shape", "scalar", "scalar"},
        {"shape", "0,3", "0,3"},
        {"mode", "Kaiming-Uniform", "he"},
        {"mode", "trunc_normal_", "normal"},
        {"mode", "ZEROS", "constant"},
        {"mode", "eye", "identity"},
        {"cut", "2.50", "2.5"},
        {"fans", "0x40,1e2", "64,100"},
        {"fans", "default", "default"},
        {"fan-mode", "avg", "fan_avg"},
        {"nonlinearity", "conv", "linear"},
        {"nonlinearity", "leaky_relu", "leaky_relu"},
        {"nonlinearity", "LeakyReLU:0.2", "leaky_relu:0.2"},
        {"nonlinearity", "leaky_relu:-1e-3", "leaky_relu:-0.001"},
        {"nonlinearity", "default", "default"},
        {"mean", "-0.50", "-0.5"},
        {"value", "1e3", "1e+03"},
        {"zero", "1", "1"},
        {"zero-row", "0", "0"},
        {"zero-row", "none", "none"},
        {"via", "bf16", "bfloat16"},
    };
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        const option *which = option_find(cases[n].name);
        detinit_error error;
        settings s, again;
        char text[80];
        settings_init(&s);
        if (!option_set(&s, which, cases[n].text, true, &error))
            fail_msg("%s", error.message);
        assert_string_equal(option_text(&s, which, text, sizeof text), cases[n].canonical);
        settings_init(&again);
        again.recipe.dist = s.recipe.dist; /* an initializer says more than its mode */
        assert_true(option_set(&again, which, text, true, &error));
        assert_memory_equal(&again.recipe, &s.recipe, sizeof s.recipe);
    }
}

/* An initializer's name gives more options than the mode: what stands elsewhere is replaced. */
static void initializers_give_what_they_say(void **state)
{
    static const struct {
        const char *text;
        bool dist, value, orthogonal;
    } cases[] = {
        {"he", false, false, false},        {"constant", false, false, false},
        {"he_uniform", true, false, false}, {"zeros", false, true, false},
        {"orthogonal", false, false, true}, {"trunc_normal", true, false, false},
        {"identity", false, false, false},
    };
    (void)state;
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        detinit_error error;
        settings s;
        settings_init(&s);
        assert_true(option_set(&s, &options[OPTION_MODE], cases[n].text, true, &error));
        assert_int_equal(s.given[OPTION_DIST], cases[n].dist);
        assert_int_equal(s.given[OPTION_VALUE], cases[n].value);
        assert_int_equal(s.given[OPTION_ORTHOGONAL], cases[n].orthogonal);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_come_back),
        cmocka_unit_test(initializers_give_what_they_say),
        cmocka_unit_test(defaults_are_those_of_the_table),
        cmocka_unit_test(defaults_can_be_given),
        cmocka_unit_test(settings_own_their_texts),
        cmocka_unit_test(groups_say_what_is_in_a_recipe),
        cmocka_unit_test(sentences_begin_with_the_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
