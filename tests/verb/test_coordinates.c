/* The coordinate check width by width: the library's whole check, slopes, and their words. */
#include "check.h"

#include "verb/coordinates.h"

#define LAYERS DETINIT_COORDINATE_LAYERS

static void widths_are_powers_of_two(void **state)
{
    (void)state;
    assert_int_equal(coordinates_widths(128), 2);
    assert_int_equal(coordinates_widths(4095), 6);
    assert_int_equal(coordinates_widths(4096), 7);
    assert_int_equal(coordinates_widths(8192), COORDINATES_MOST);
    assert_int_equal(coordinates_width(0), 64);
    assert_int_equal(coordinates_width(6), 4096);
}

/* One width at a time gives what all at once do, through a model that takes them over. */
static void single_widths_are_those_of_a_whole_check(void **state)
{
    static const size_t widths[] = {64, 128, 256};
    const detinit_recipe recipe = detinit_recipe_matrix(5, 2, 3, 4);
    coordinates all = {.count = 0};
    double sizes[3][COORDINATES_TIMES][LAYERS];
    (void)state;
    for (size_t n = 0; n < 3; n++) {
        coordinates one = {.wanted = 3};
        assert_false(coordinates_are_whole(&all));
        assert_int_equal(coordinates_make(&recipe, n, NULL, &one, NULL), DETINIT_OK);
        coordinates_take(&all, &one);
        assert_int_equal(all.count, n + 1);
    }
    assert_true(coordinates_are_whole(&all));
    for (int p = 0; p < DETINIT_PARAMETRIZATION_COUNT; p++) {
        detinit_coordinate_check request = coordinates_request(&recipe);
        request.parametrization = (detinit_parametrization)p;
        request.widths = widths;
        request.width_count = 3;
        assert_int_equal(detinit_check_coordinates(&request, NULL, sizes[0][0], NULL), DETINIT_OK);
        for (size_t n = 0; n < 3; n++)
            for (size_t step = 0; step < COORDINATES_TIMES; step++)
                for (size_t layer = 0; layer < LAYERS; layer++)
                    assert_double_same(all.sizes[p][step][layer][n], sizes[n][step][layer]);
    }
}

/* muP is flat at every step; the standard parametrization is at the start alone. */
static void slopes_tell_the_parametrizations_apart(void **state)
{
    const detinit_recipe recipe = detinit_recipe_matrix(42, 0, 3, 4);
    coordinates c = {.wanted = 5};
    char words[32];
    (void)state;
    for (size_t n = 0; n < 5; n++)
        assert_int_equal(coordinates_make(&recipe, n, NULL, &c, NULL), DETINIT_OK);
    for (size_t step = 0; step < COORDINATES_TIMES; step++)
        for (size_t layer = 0; layer < LAYERS; layer++) {
            const double standard =
                coordinates_slope(&c, DETINIT_PARAMETRIZATION_STANDARD, step, layer);
            assert_string_equal(
                coordinates_words(&c, DETINIT_PARAMETRIZATION_MUP, step, layer, words),
                step == 0 && layer == LAYERS - 1 ? "0" : "flat");
            coordinates_words(&c, DETINIT_PARAMETRIZATION_STANDARD, step, layer, words);
            if (step == 0 || layer == 0)
                assert_string_equal(words, "flat");
            else
                assert_true(standard > 0.4 && strncmp(words, "grows as n^", 11) == 0);
        }
}

static void slopes_are_powers(void **state)
{
    coordinates c = {.count = 4, .wanted = 4};
    char words[32];
    (void)state;
    for (size_t n = 0; n < 4; n++) {
        c.sizes[0][1][0][n] = 3 * sqrt((double)coordinates_width(n));
        c.sizes[0][1][1][n] = 7 / (double)coordinates_width(n);
        c.sizes[0][1][2][n] = n < 3 ? 1 : INFINITY;
    }
    assert_double_near(coordinates_slope(&c, 0, 1, 0), 0.5, 1e-12);
    assert_double_near(coordinates_slope(&c, 0, 1, 1), -1, 1e-12);
    assert_true(isnan(coordinates_slope(&c, 0, 1, 2)));
    assert_true(isnan(coordinates_slope(&c, 0, 2, 0)));
    assert_string_equal(coordinates_words(&c, 0, 1, 0, words), "grows as n^0.5");
    assert_string_equal(coordinates_words(&c, 0, 1, 1, words), "shrinks as n^-1");
    assert_string_equal(coordinates_words(&c, 0, 1, 2, words), "overflows");
    assert_string_equal(coordinates_words(&c, 0, 2, 0, words), "0");
    c.count = 1;
    assert_true(isnan(coordinates_slope(&c, 0, 1, 0)));
    assert_string_equal(coordinates_words(&c, 0, 1, 0, words), "");
}

static void what_cannot_be_trained_says_why(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(0, 0, 3, 4);
    coordinates c = {.wanted = 2};
    detinit_error error;
    (void)state;
    recipe.mode = DETINIT_CONSTANT;
    assert_int_equal(coordinates_make(&recipe, 0, NULL, &c, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "expected weights that are drawn and have no mean");
    assert_int_equal(c.count, 0);
}

/* A width that memory refuses leaves those that are there. */
static void narrower_widths_stay(void **state)
{
    coordinates all = {.count = 2, .wanted = 3}, refused = {.refusal = "too wide", .wanted = 3};
    (void)state;
    all.sizes[1][2][1][1] = 7;
    coordinates_take(&all, &refused);
    assert_int_equal(all.count, 2);
    assert_double_same(all.sizes[1][2][1][1], 7);
    assert_true(coordinates_are_whole(&all));
    assert_string_equal(all.refusal, "too wide");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths_are_powers_of_two),
        cmocka_unit_test(single_widths_are_those_of_a_whole_check),
        cmocka_unit_test(slopes_tell_the_parametrizations_apart),
        cmocka_unit_test(slopes_are_powers),
        cmocka_unit_test(what_cannot_be_trained_says_why),
        cmocka_unit_test(narrower_widths_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
