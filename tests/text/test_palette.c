/*
 * Colours: the maps are even to the eye (by Oklab, written here once more) and the same for eyes
 * that do not tell red from green; looks for terminals of few colours; what a terminal is sent.
 */
#include "text/palette.h"
#include "text/pixels.h"
#include "text/terminal_text.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct oklab {
    double light, a, b;
} oklab;

static double linear(int value)
{
    const double v = value / 255.0;
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

/* Bjorn Ottosson's. */
static oklab oklab_of(int rgb)
{
    const double r = linear(rgb >> 16), g = linear(rgb >> 8 & 0xFF), b = linear(rgb & 0xFF);
    const double l = cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const double m = cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const double s = cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return (oklab){0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
                   1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
                   0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

static double distance(oklab x, oklab y)
{
    return sqrt((x.light - y.light) * (x.light - y.light) + (x.a - y.a) * (x.a - y.a) +
                (x.b - y.b) * (x.b - y.b));
}

/* Lightness alone, which all eyes see, tells more from less, by even steps of eight levels. */
static void the_ramp_is_even(void **state)
{
    (void)state;
    for (int light = 0; light < 2; light++) {
        double least = 1, most = 0;
        for (int n = 8; n < MAP_LEVELS; n += 8) {
            const oklab here = oklab_of(palette_color(ROLE_RAMP + (unsigned)n, light));
            const oklab before = oklab_of(palette_color(ROLE_RAMP + (unsigned)n - 8, light));
            const double step = (here.light - before.light) * (light ? -1 : 1);
            least = fmin(least, step);
            most = fmax(most, step);
        }
        assert_true(least > 0.05 && most < 0.12);
    }
}

/* From the middle, which is the background's, even steps to both ends, which are far apart. */
static void the_signed_map_is_even(void **state)
{
    (void)state;
    for (int light = 0; light < 2; light++) {
        const oklab middle = oklab_of(palette_color(pixels_signed(0), light));
        const oklab low = oklab_of(palette_color(pixels_signed(-1), light));
        const oklab high = oklab_of(palette_color(pixels_signed(1), light));
        assert_true(light ? middle.light > 0.95 : middle.light < 0.3);
        assert_true(low.b < -0.05 && high.b > 0.05); /* blue and orange, not red and green */
        for (int n = 0; n < MAP_LEVELS; n++) {
            const double share = fabs(2.0 * n / (MAP_LEVELS - 1) - 1);
            const oklab end = 2 * n < MAP_LEVELS ? low : high;
            const double from =
                distance(middle, oklab_of(palette_color(ROLE_SIGNED + (unsigned)n, light)));
            assert_true(fabs(from - share * distance(middle, end)) < 0.03);
        }
    }
}

/* Hues of curves differ from one another, and from both backgrounds. */
static void hues_differ(void **state)
{
    (void)state;
    for (int light = 0; light < 2; light++)
        for (unsigned n = 0; n < SERIES_MOST; n++) {
            const oklab hue = oklab_of(palette_color(ROLE_SERIES + n, light));
            assert_true(light ? hue.light < 0.66 : hue.light > 0.65);
            for (unsigned other = 0; other < n; other++)
                assert_true(distance(hue, oklab_of(palette_color(ROLE_SERIES + other, light))) >
                            0.06);
        }
}

/* The nearest of 240, found by looking at all. */
static void the_nearest_is_the_nearest(void **state)
{
    (void)state;
    for (int rgb = 0; rgb < 1 << 24; rgb += 70001) {
        int least = INT32_MAX;
        for (int n = 16; n < 257; n++) {
            const int color = palette_rgb(n < 256 ? n : palette_nearest(rgb));
            int sum = 0;
            for (int shift = 0; shift < 24; shift += 8) {
                const int off = (color >> shift & 0xFF) - (rgb >> shift & 0xFF);
                sum += off * off;
            }
            if (n < 256)
                least = sum < least ? sum : least;
            else
                assert_int_equal(sum, least);
        }
    }
}

static void few_colors_have_shades(void **state)
{
    const cell high = {.rune = CELL_PIXELS,
                       .role = ROLE_RAMP + MAP_LEVELS - 1,
                       .paper = ROLE_RAMP + MAP_LEVELS - 1};
    const cell below = {.rune = CELL_PIXELS, .role = ROLE_SIGNED, .paper = ROLE_SIGNED};
    const cell accent = {.rune = 'x', .role = ROLE_ACCENT};
    (void)state;
    assert_int_equal(palette_look(&high, PALETTE_DIRECT, false).foreground, 0xfee838);
    assert_int_equal(palette_look(&high, PALETTE_DIRECT, true).foreground, 0x00224e);
    assert_int_equal(palette_look(&high, 256, false).rune, CELL_PIXELS);
    assert_in_range(palette_look(&high, 256, false).foreground, 16, 255);
    assert_int_equal(palette_look(&high, 8, false).rune, 0x2588);
    assert_int_equal(palette_look(&high, 0, false).rune, 0x2588);
    assert_int_equal(palette_look(&high, 0, false).foreground, -1);
    assert_int_equal(palette_look(&below, 16, false).rune, '#');
    assert_int_equal(palette_look(&accent, 0, false).attributes, ATTR_BOLD);
}

/* Only what changed is sent, with the colours that it has. */
static void only_changes_are_sent(void **state)
{
    cells before, now;
    char *bytes = NULL;
    size_t size = 0;
    (void)state;
    assert_true(cells_init(&before, 5, 2, false) && cells_init(&now, 5, 2, false));
    cells_put_on(&now, 3, 1, 'x', ROLE_READABLE, ROLE_RAMP, 0);
    cells_put(&now, 4, 1, 0x2588, ROLE_BAR, ATTR_BOLD);
    FILE *out = open_memstream(&bytes, &size);
    assert_non_null(out);
    terminal_difference(out, &before, &now, false);
    fclose(out);
    assert_string_equal(bytes, "\x1b[0m\x1b[2;4H\x1b[0;38;2;255;255;255;48;2;0;34;78mx"
                               "\x1b[0;1;38;2;79;143;191m█\x1b[0m");
    free(bytes);
    out = open_memstream(&bytes, &size);
    terminal_difference(out, &now, &now, false);
    fclose(out);
    assert_string_equal(bytes, "\x1b[0m\x1b[0m");
    free(bytes);
    cells_free(&before);
    cells_free(&now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ramp_is_even),
        cmocka_unit_test(the_signed_map_is_even),
        cmocka_unit_test(hues_differ),
        cmocka_unit_test(the_nearest_is_the_nearest),
        cmocka_unit_test(few_colors_have_shades),
        cmocka_unit_test(only_changes_are_sent),
    };
    return cmocka_run_group_tests_name("palette", tests, NULL, NULL);
}
