/*
 * Colours: the maps are even to the eye (by Oklab, written here once more) and the same for eyes
 * that do not tell red from green; text and curves have contrast (WCAG 2.1) and differ for all eyes
 * (simulated after Vienot, Brettel and Mollon 1999); looks for terminals of few colours; what a
 * terminal is sent.
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

/* ---------------------------------------------------- contrast, and eyes of all kinds */

static double contrast(int rgb, int other)
{
    double y[2];
    for (int n = 0; n < 2; n++) {
        const int c = n == 0 ? rgb : other;
        y[n] = 0.05 + 0.2126 * linear(c >> 16) + 0.7152 * linear(c >> 8 & 0xFF) +
               0.0722 * linear(c & 0xFF);
    }
    return fmax(y[0] / y[1], y[1] / y[0]);
}

/* A role's colour where there are so many. */
static int shown(unsigned role, int colors, bool light)
{
    const cell at = {.rune = 'x', .role = (uint8_t)role};
    const int color = palette_look(&at, colors, light).foreground;
    if (color < 0)
        return palette_color_of_text(light);
    return colors == 256 ? palette_rgb(color) : color;
}

/* 4.5 is WCAG's for text, 3 for figures. Hues are text as well, names at curves; bars are none. */
static void all_roles_are_readable(void **state)
{
    (void)state;
    for (int light = 0; light < 2; light++) {
        const int paper = palette_color_of_paper(light);
        for (unsigned role = ROLE_TEXT; role < ROLE_RAMP; role++) {
            const bool few = role == ROLE_BAR || role >= ROLE_SERIES;
            assert_true(contrast(shown(role, PALETTE_DIRECT, light), paper) >=
                        (role == ROLE_BAR ? 3 : 4.5));
            assert_true(contrast(shown(role, 256, light), paper) >= (few ? 3 : 4.5));
        }
        for (unsigned role = ROLE_RAMP; role < ROLE_COUNT; role++) {
            const cell at = {.rune = 'x', .role = ROLE_READABLE, .paper = (uint8_t)role};
            const look l = palette_look(&at, PALETTE_DIRECT, light);
            assert_true(contrast(l.foreground, l.background) >= 4.5);
        }
    }
}

/* So is what theory expects over the bars of what was drawn, if less. */
static void theory_is_seen_over_bars(void **state)
{
    (void)state;
    for (int light = 0; light < 2; light++)
        assert_true(contrast(palette_color(ROLE_THEORY, light), palette_color(ROLE_BAR, light)) >
                    1.9);
}

/* Red, green and blue of light, as eyes see them that lack a kind of cones. */
static void simulate(double seen[3], int rgb, const double eyes[3][3])
{
    for (int n = 0; n < 3; n++)
        seen[n] = eyes[n][0] * linear(rgb >> 16) + eyes[n][1] * linear(rgb >> 8 & 0xFF) +
                  eyes[n][2] * linear(rgb & 0xFF);
}

static double lab_curve(double t)
{
    return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

/* CIE 1976 L*a*b* of linear sRGB, white D65. */
static void lab_of(double lab[3], const double rgb[3])
{
    const double x = 0.4124564 * rgb[0] + 0.3575761 * rgb[1] + 0.1804375 * rgb[2];
    const double y = 0.2126729 * rgb[0] + 0.7151522 * rgb[1] + 0.0721750 * rgb[2];
    const double z = 0.0193339 * rgb[0] + 0.1191920 * rgb[1] + 0.9503041 * rgb[2];
    const double fx = lab_curve(x / 0.95047), fy = lab_curve(y), fz = lab_curve(z / 1.08883);
    lab[0] = 116 * fy - 16;
    lab[1] = 500 * (fx - fy);
    lab[2] = 200 * (fy - fz);
}

/* How far apart two colours are for such eyes; 2.3 is just noticeable side by side. */
static double apart(int rgb, int other, const double eyes[3][3])
{
    double seen[3], lab[2][3], sum = 0;
    simulate(seen, rgb, eyes);
    lab_of(lab[0], seen);
    simulate(seen, other, eyes);
    lab_of(lab[1], seen);
    for (int n = 0; n < 3; n++)
        sum += (lab[0][n] - lab[1][n]) * (lab[0][n] - lab[1][n]);
    return sqrt(sum);
}

static void hues_differ_for_all_eyes(void **state)
{
    static const double eyes[3][3][3] = {
        {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
        {{0.11238, 0.88762, 0}, {0.11238, 0.88762, 0}, {0.00401, -0.00401, 1}},
        {{0.29275, 0.70725, 0}, {0.29275, 0.70725, 0}, {-0.02234, 0.02234, 1}},
    };
    (void)state;
    for (int light = 0; light < 2; light++)
        for (unsigned n = 0; n < SERIES_MOST * 3; n++)
            for (unsigned other = 0; other < n / 3; other++)
                assert_true(apart(palette_color(ROLE_SERIES + n / 3, light),
                                  palette_color(ROLE_SERIES + other, light), eyes[n % 3]) > 12);
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
        cmocka_unit_test(the_ramp_is_even),         cmocka_unit_test(the_signed_map_is_even),
        cmocka_unit_test(all_roles_are_readable),   cmocka_unit_test(theory_is_seen_over_bars),
        cmocka_unit_test(hues_differ_for_all_eyes), cmocka_unit_test(the_nearest_is_the_nearest),
        cmocka_unit_test(few_colors_have_shades),   cmocka_unit_test(only_changes_are_sent),
    };
    return cmocka_run_group_tests_name("palette", tests, NULL, NULL);
}
