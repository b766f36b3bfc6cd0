/* Axes, plots and maps, held against places and numbers that were worked out by hand. */
#include "text/pixels.h"
#include "text/picture.h"
#include "text/plot.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------- ticks */

/* The labels of an axis, in one line. */
static void check_ticks(axis a, int most, bool ascii, const char *expected)
{
    tick ticks[AXIS_TICKS];
    char line[1024] = "";
    const int count = axis_ticks(&a, most, ascii, ticks);
    assert_true(count <= most);
    for (int n = 0; n < count; n++) {
        const double share = axis_share(&a, ticks[n].value);
        assert_true(share > -1e-6 && share < 1 + 1e-6);
        snprintf(line + strlen(line), sizeof line - strlen(line), "%s%s", n > 0 ? " " : "",
                 ticks[n].label);
    }
    assert_string_equal(line, expected);
}

static void ticks_are_round(void **state)
{
    (void)state;
    check_ticks((axis){.low = 0, .high = 100}, 5, false, "0 50 100");
    check_ticks((axis){.low = 0, .high = 100}, 6, false, "0 20 40 60 80 100");
    check_ticks((axis){.low = -0.9, .high = 1.4}, 6, false, "−0.5 0 0.5 1.0");
    check_ticks((axis){.low = -0.9, .high = 1.4}, 6, true, "-0.5 0 0.5 1.0");
    check_ticks((axis){.low = 1, .high = 50, .whole = true}, 5, false, "10 20 30 40 50");
    check_ticks((axis){.low = 1, .high = 3, .whole = true}, 9, false, "1 2 3");
    check_ticks((axis){.low = 0, .high = 9500}, 5, false, "0 2,000 4,000 6,000 8,000");
    check_ticks((axis){.low = 0, .high = 5e-7}, 3, false, "0 2×10⁻⁷ 4×10⁻⁷");
    check_ticks((axis){.low = -3e300, .high = 3e300}, 4, true, "-2e300 0 2e300");
}

/* An axis of logarithms has no 0: it is marked with powers, or with 1, 2 and 5 where it is short.
 */
static void log_ticks_are_powers(void **state)
{
    (void)state;
    check_ticks((axis){.low = 0.5, .high = 2e4, .log = true}, 6, false, "1 10 10² 10³ 10⁴");
    check_ticks((axis){.low = 0.5, .high = 2e4, .log = true}, 6, true, "1 10 1e2 1e3 1e4");
    check_ticks((axis){.low = 1e-12, .high = 2, .log = true}, 7, false,
                "10⁻¹² 10⁻¹⁰ 10⁻⁸ 10⁻⁶ 10⁻⁴ 10⁻² 1");
    check_ticks((axis){.low = 1e-12, .high = 2, .log = true}, 4, false, "10⁻¹⁰ 10⁻⁵ 1");
    check_ticks((axis){.low = 0.1, .high = 5, .log = true}, 9, false, "0.1 0.2 0.5 1 2 5");
}

static void axes_without_length_have_none(void **state)
{
    (void)state;
    check_ticks((axis){.low = 1, .high = 1}, 5, false, "");
    check_ticks((axis){.low = 0, .high = INFINITY}, 5, false, "");
    check_ticks((axis){.low = 0, .high = NAN}, 5, false, "");
    check_ticks((axis){.low = 0, .high = 10, .log = true}, 5, false, "");
    check_ticks((axis){.low = 0, .high = 10}, 0, false, "");
    assert_true(isnan(axis_share(&(axis){.low = 1, .high = 10, .log = true}, -1)));
}

/* Every range of twelve powers of ten, in all sizes: few ticks, even, inside. */
static void all_ranges_have_even_ticks(void **state)
{
    (void)state;
    for (int power = -300; power <= 300; power += 7)
        for (int digit = 1; digit < 60; digit += 3)
            for (int most = 2; most < 12; most++) {
                const double high = digit * pow(10, power);
                const axis a = {.low = -high / 3, .high = high};
                tick ticks[AXIS_TICKS];
                const int count = axis_ticks(&a, most, false, ticks);
                assert_true(count >= 1 && count <= most);
                for (int n = 2; n < count; n++)
                    assert_true(fabs(ticks[n].value - 2 * ticks[n - 1].value + ticks[n - 2].value) <
                                1e-6 * high);
            }
}

/* -------------------------------------------------------------------- plots */

static void check_picture(cells *c, const char *expected)
{
    char *text = picture_of_cells(c, PICTURE_TEXT, false, false);
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
    cells_free(c);
}

/* A diagonal in 4 x 2 cells: 8 x 8 dots, from the lower left to the upper right. */
static void curves_are_of_dots(void **state)
{
    static const double line[] = {0, 1};
    const axis unit = {.low = 0, .high = 1};
    const series s = {.mark = '*', .x = line, .y = line, .count = 2};
    cells c;
    (void)state;
    assert_true(cells_init(&c, 4, 2, false));
    const plot p = {.c = &c, .area = {0, 0, 4, 2}, .data = {0, 0, 4, 2}, .x = unit, .y = unit};
    plot_series(&p, &s);
    check_picture(&c, "  ⡠⠊\n⡠⠊\n");
    assert_true(cells_init(&c, 4, 4, true));
    const plot q = {.c = &c, .area = {0, 0, 4, 4}, .data = {0, 0, 4, 4}, .x = unit, .y = unit};
    plot_series(&q, &s);
    check_picture(&c, "   *\n  *\n *\n*\n");
}

/* What is not a number makes a gap; what is outside is not seen. */
static void gaps_stay_gaps(void **state)
{
    static const double x[] = {0, 0.25, 0.5, 0.75, 1, 1}, y[] = {0, 0, NAN, 0, 0, 99};
    const axis unit = {.low = 0, .high = 1};
    cells c;
    (void)state;
    assert_true(cells_init(&c, 9, 1, true));
    const plot p = {.c = &c, .area = {0, 0, 9, 1}, .data = {0, 0, 9, 1}, .x = unit, .y = unit};
    plot_series(&p, &(series){.mark = '*', .x = x, .y = y, .count = 6});
    check_picture(&c, "***   ***\n");
}

/* Bars of eighths, and a curve that lets them show through where there are colours. */
static void curves_lie_over_bars(void **state)
{
    static const double heights[] = {0, 1, 8, 16}, x[] = {2, 3}, y[] = {1, 1};
    cells c;
    (void)state;
    assert_true(cells_init(&c, 4, 2, false));
    const plot p = {.c = &c,
                    .area = {0, 0, 4, 2},
                    .data = {0, 0, 4, 2},
                    .x = {.low = 0, .high = 4},
                    .y = {.low = 0, .high = 16}};
    plot_bars(&p, heights, ROLE_BAR);
    assert_int_equal(c.at[4].rune, ' ');
    assert_int_equal(c.at[5].rune, 0x2581);
    assert_int_equal(c.at[6].rune, 0x2588);
    assert_int_equal(c.at[3].rune, 0x2588);
    plot_series(&p, &(series){.role = ROLE_THEORY, .x = x, .y = y, .count = 2});
    assert_int_equal(c.at[6].rune & ~0xFFu, 0x2800);
    assert_int_equal(c.at[6].role, ROLE_THEORY);
    assert_int_equal(c.at[6].paper, ROLE_BAR);
    cells_free(&c);
}

static void whole_plots_have_names_and_axes(void **state)
{
    static const double x[] = {0, 10}, up[] = {0, 40}, down[] = {40, 0};
    const series both[] = {
        {.name = "up", .mark = '*', .x = x, .y = up, .count = 2},
        {.name = "down", .mark = 'o', .x = x, .y = down, .count = 2},
    };
    cells c;
    (void)state;
    assert_true(cells_init(&c, 40, 6, true));
    plot_all(&c, (rect){0, 0, 40, 6}, (axis){.low = 0, .high = 10, .name = "x"},
             (axis){.low = 0, .high = 40}, both, 2);
    check_picture(&c, "40+oooo                        **** up\n"
                      "  |    oooooooo        ********\n"
                      "20+            oooooooo\n"
                      "  |    ********        oooooooo\n"
                      " 0+****                        oooo down\n"
                      "   0               5              10   x\n");
}

/* Any size and any values: the sanitizers and valgrind watch. */
static void every_size_can_be_drawn(void **state)
{
    static const double x[] = {-1e308, 0, NAN, INFINITY, 3, 1e308};
    static const double y[] = {INFINITY, -INFINITY, 1, 1e-308, NAN, 0};
    const series wild = {.name = "a long name", .mark = '*', .x = x, .y = y, .count = 6};
    (void)state;
    for (int height = 1; height < 20; height++)
        for (int width = 1; width < 90; width += 3)
            for (int log = 0; log < 2; log++) {
                cells c;
                assert_true(cells_init(&c, width, height, width % 2 == 0));
                plot_all(&c, (rect){0, 0, width, height}, (axis){.low = 1, .high = 4, .name = "n"},
                         (axis){.low = 1e-300, .high = 1e300, .log = log}, &wild, 1);
                cells_free(&c);
            }
}

/* --------------------------------------------------------------------- maps */

static unsigned chess(const void *data, int row, int col)
{
    (void)data;
    return pixels_ramp((row + col) % 2);
}

/* Two pixels in a cell; where there are no colours a shade of both. */
static void maps_have_two_pixels_in_a_cell(void **state)
{
    cells c;
    (void)state;
    assert_true(cells_init(&c, 3, 2, false));
    pixels_draw(&c, (rect){0, 0, 3, 2}, 3, 3, chess, NULL);
    assert_int_equal(c.at[0].rune, CELL_PIXELS);
    assert_int_equal(c.at[0].role, ROLE_RAMP);
    assert_int_equal(c.at[0].paper, ROLE_RAMP + MAP_LEVELS - 1);
    assert_int_equal(c.at[1].role, ROLE_RAMP + MAP_LEVELS - 1);
    assert_int_equal(c.at[1].paper, ROLE_RAMP);
    assert_int_equal(c.at[4].paper, ROLE_TEXT); /* the third row has none below */
    check_picture(&c, "▒▒▒\n·█·\n");
    assert_true(cells_init(&c, 3, 2, true));
    pixels_draw(&c, (rect){0, 0, 3, 2}, 3, 3, chess, NULL);
    check_picture(&c, "+++\n @ \n");
}

/* Five names in 38 columns stand closer than in 60. */
static void names_stand_closer_where_they_must(void **state)
{
    static const char *const names[] = {"he", "xavier", "lecun", "torch", "ortho"};
    static const int widths[] = {60, 38}, ends[] = {41, 37};
    series all[5];
    (void)state;
    for (int n = 0; n < 5; n++)
        all[n] = (series){.name = names[n], .role = ROLE_TEXT, .mark = '*'};
    for (int n = 0; n < 2; n++) {
        cells c;
        assert_true(cells_init(&c, widths[n], 1, false));
        plot_legend(&c, (rect){0, 0, widths[n], 1}, 0, 0, all, 5);
        assert_int_equal(c.at[ends[n] - 1].rune, 'o');
        assert_int_equal(c.at[ends[n]].rune, ' ');
        cells_free(&c);
    }
}

static void legends_are_whole_or_left_out(void **state)
{
    cells c;
    (void)state;
    assert_int_equal(pixels_legend_width(3, "0", "1"), 7);
    assert_true(cells_init(&c, 8, 1, true));
    assert_int_equal(pixels_legend(&c, (rect){0, 0, 8, 1}, 1, 0, 3, ROLE_RAMP, "0", "1"), 7);
    assert_int_equal(pixels_legend(&c, (rect){0, 0, 8, 1}, 2, 0, 3, ROLE_RAMP, "0", "1"), 0);
    check_picture(&c, " 0  +@ 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_are_round),
        cmocka_unit_test(log_ticks_are_powers),
        cmocka_unit_test(axes_without_length_have_none),
        cmocka_unit_test(all_ranges_have_even_ticks),
        cmocka_unit_test(curves_are_of_dots),
        cmocka_unit_test(gaps_stay_gaps),
        cmocka_unit_test(curves_lie_over_bars),
        cmocka_unit_test(whole_plots_have_names_and_axes),
        cmocka_unit_test(every_size_can_be_drawn),
        cmocka_unit_test(maps_have_two_pixels_in_a_cell),
        cmocka_unit_test(legends_are_whole_or_left_out),
        cmocka_unit_test(names_stand_closer_where_they_must),
    };
    return cmocka_run_group_tests_name("plots", tests, NULL, NULL);
}
