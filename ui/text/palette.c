#include "text/palette.h"

#include <math.h>
#include <stdlib.h>

/* The colour of each role on dark and on light backgrounds, and of 8; -1: the terminal's own. */
static const struct role_row {
    int dark, light, few;
} roles[ROLE_SERIES] = {
    [ROLE_TEXT] = {-1, -1, -1},
    [ROLE_DIM] = {0x8a8a8a, 0x6e6e6e, -1},
    [ROLE_ACCENT] = {0xffaf5f, 0xaf5f00, 3},
    [ROLE_GOOD] = {0x5fd7af, 0x006f4f, 2},
    [ROLE_BAD] = {0xff875f, 0xd70000, 1},
    [ROLE_THEORY] = {0xffaf5f, 0x753800, 3},
    [ROLE_DRAWN] = {0x4f8fbf, 0x2c70ae, 6},
    [ROLE_BAR] = {0x4f8fbf, 0x5f97c9, 6}, /* curves are seen over it */
    [ROLE_READABLE] = {-1, -1, -1},
};

/*
 * Hues that eyes of all kinds tell apart, and read, after Okabe and Ito: lighter on dark
 * backgrounds, darker on light ones.  tests/text/test_palette.c says how far apart.
 */
static const struct role_row series[SERIES_MOST] = {
    {0xe69f00, 0x855600, 3}, /* orange, brown */
    {0x56b4e9, 0x1560b2, 6}, /* sky blue, blue */
    {0x2fc79a, 0x137c62, 2}, /* bluish green */
    {0xd08bb6, 0xa7589a, 5}, /* reddish purple */
    {0xf0e442, 0x777933, 3}, /* yellow, olive */
    {0xf2704f, 0xd73321, 1}, /* vermillion, red */
    {0x7f93ff, 0x7356e5, 4}, /* blue, violet */
    {0xdcdcdc, 0x3a3a3a, 7}, /* grey */
};

#define RAMP_ANCHORS   17
#define SIGNED_ANCHORS 9

/* Cividis: perceptually even, and the same for eyes of all kinds. From 0 to 1. */
static const int ramp[RAMP_ANCHORS] = {
    0x00224e, 0x002e6a, 0x1a386f, 0x32436d, 0x434e6c, 0x535a6d, 0x61656f, 0x6f7073, 0x7d7c78,
    0x8c8878, 0x9b9476, 0xaba072, 0xbcae6c, 0xcdbb63, 0xdec958, 0xf0d846, 0xfee838,
};

/* From blue through the background to orange, even steps of Oklab. From -1 to 1. */
static const int signed_dark[SIGNED_ANCHORS] = {0x78c4ff, 0x6197c3, 0x4a6c8a, 0x344456, 0x1e2026,
                                                0x4f4437, 0x866a45, 0xc19351, 0xffbe5a};
static const int signed_light[SIGNED_ANCHORS] = {0x0054a6, 0x4c7ebc, 0x85a7d1, 0xbfd0e4, 0xfafaf5,
                                                 0xeccebd, 0xdba286, 0xc8764f, 0xb24800};

/* The same of 256, chosen by eye: the nearest ones would wander off to purple and brown. */
#define SIGNED_FEW 15
static const unsigned char few_dark[SIGNED_FEW] = {117, 75,  39,  32,  31,  25,  24, 236,
                                                   94,  130, 166, 172, 208, 214, 221};
static const unsigned char few_light[SIGNED_FEW] = {26,  32,  68,  75,  111, 153, 189, 255,
                                                    223, 216, 215, 208, 172, 166, 130};

static int channel(int rgb, int n)
{
    return rgb >> (16 - 8 * n) & 0xFF;
}

/* Between neighbouring anchors, `level` of MAP_LEVELS. */
static int between(const int *anchors, int count, int level)
{
    const int parts = MAP_LEVELS - 1, at = level * (count - 1);
    const int first = at / parts < count - 1 ? at / parts : count - 2, rest = at - first * parts;
    int rgb = 0;
    for (int n = 0; n < 3; n++) {
        int from = channel(anchors[first], n), to = channel(anchors[first + 1], n);
        rgb = rgb << 8 | (from * (parts - rest) + to * rest + parts / 2) / parts;
    }
    return rgb;
}

int palette_color(unsigned role, bool light)
{
    if (role >= ROLE_SIGNED)
        return between(light ? signed_light : signed_dark, SIGNED_ANCHORS, (int)role - ROLE_SIGNED);
    if (role >= ROLE_RAMP) { /* little is like the background */
        const int level = (int)role - ROLE_RAMP;
        return between(ramp, RAMP_ANCHORS, light ? MAP_LEVELS - 1 - level : level);
    }
    const struct role_row *row = role >= ROLE_SERIES ? &series[role - ROLE_SERIES] : &roles[role];
    return light ? row->light : row->dark;
}

int palette_color_of_paper(bool light)
{
    return light ? 0xfdfdf8 : 0x16181d;
}

int palette_color_of_text(bool light)
{
    return light ? 0x222222 : 0xd8d8d8;
}

int palette_rgb(int color)
{
    static const int basic[16] = {
        0x000000, 0xcd3131, 0x0dbc79, 0xb58900, 0x2472c8, 0xbc3fbc, 0x11a8cd, 0xd0d0d0,
        0x666666, 0xf14c4c, 0x23d18b, 0xe5c07b, 0x3b8eea, 0xd670d6, 0x29b8db, 0xffffff,
    };
    static const int places[3] = {36, 6, 1};
    int rgb = 0;
    if (color < 16)
        return basic[color];
    if (color >= 232)
        return (8 + 10 * (color - 232)) * 0x010101;
    for (int n = 0; n < 3; n++) {
        int step = (color - 16) / places[n] % 6;
        rgb = rgb << 8 | (step == 0 ? 0 : 55 + 40 * step);
    }
    return rgb;
}

static int distance(int a, int b)
{
    int sum = 0;
    for (int n = 0; n < 3; n++)
        sum += (channel(a, n) - channel(b, n)) * (channel(a, n) - channel(b, n));
    return sum;
}

/* Of the cube and of the greys; the first 16 are the user's. */
int palette_nearest(int rgb)
{
    int cube = 16, mean = 0;
    for (int n = 0, place = 36; n < 3; n++, place /= 6) {
        int value = channel(rgb, n);
        cube += place * (value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40);
        mean += value;
    }
    int step = (mean / 3 - 3) / 10, grey = 232 + (step < 0 ? 0 : step > 23 ? 23 : step);
    return distance(palette_rgb(grey), rgb) < distance(palette_rgb(cube), rgb) ? grey : cube;
}

/* ------------------------------------------------------------------ shades */

static bool is_map(unsigned role)
{
    return role >= ROLE_RAMP;
}

/* Where in its map a role is, 0 .. MAP_LEVELS - 1. */
static int level_of(unsigned role)
{
    return (int)role - (role >= ROLE_SIGNED ? ROLE_SIGNED : ROLE_RAMP);
}

/* What stands for a level where colours are few. */
static uint32_t shade(unsigned role, bool ascii)
{
    static const char letters[] = " .:-=+*#%@", signs[] = "#=- +*%";
    static const uint32_t shades[] = {0x00B7, 0x2591, 0x2592, 0x2593, 0x2588};
    const int level = level_of(role), most = MAP_LEVELS - 1;
    if (role >= ROLE_SIGNED)
        return (uint32_t)signs[(level * 6 + most / 2) / most];
    if (ascii)
        return (uint32_t)letters[level == 0 ? 0 : 1 + (level - 1) * 9 / most];
    return shades[level == 0 ? 0 : 1 + (level - 1) * 4 / most];
}

uint32_t palette_shade(unsigned role)
{
    return shade(role, true);
}

/* The role half way between the pixels of a cell. */
static unsigned mean_role(const cell *at)
{
    if (!is_map(at->paper))
        return at->role;
    return (unsigned)(at->role + at->paper + 1) / 2;
}

/* Pixels without the colours for them: a shade, in one colour. */
static look shaded(const cell *at, int colors)
{
    const unsigned role = mean_role(at);
    look l = {.rune = shade(role, false), .foreground = -1, .background = -1};
    const int off = 2 * level_of(role) - (MAP_LEVELS - 1);
    if (colors >= 8 && role >= ROLE_SIGNED)
        l.foreground = off < 0 ? 6 : off > 0 ? 3 : -1;
    else if (colors >= 8 && level_of(role) > 0)
        l.foreground = 3;
    return l;
}

/* -------------------------------------------------------------------- looks */

/* WCAG 2.1's: 0 of black, 1 of white. */
static double relative_luminance(int rgb)
{
    static const double shares[3] = {0.2126, 0.7152, 0.0722};
    double sum = 0;
    for (int n = 0; n < 3; n++) {
        const double value = channel(rgb, n) / 255.0;
        sum += shares[n] * (value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4));
    }
    return sum;
}

/* Black or white, whichever has the more contrast. */
static int readable_on(int rgb)
{
    const double above = relative_luminance(rgb) + 0.05;
    return above / 0.05 > 1.05 / above ? 0 : 0xffffff;
}

static int in_colors(int rgb, int colors)
{
    return rgb < 0 || colors > 256 ? rgb : palette_nearest(rgb);
}

/* A role's colour, of so many. */
static int role_color(unsigned role, int colors, bool light)
{
    const int few =
        role >= ROLE_SIGNED
            ? (level_of(role) * (SIGNED_FEW - 1) + (MAP_LEVELS - 1) / 2) / (MAP_LEVELS - 1)
            : 0;
    if (role >= ROLE_SIGNED && colors <= 256)
        return light ? few_light[few] : few_dark[few];
    return in_colors(palette_color(role, light), colors);
}

/* Where colours are few, what is far from the middle of a map of signs stands out. */
static look few_look(const cell *at, int colors)
{
    look l = {.rune = at->rune, .foreground = -1, .background = -1, .attributes = at->attributes};
    const int off = at->paper >= ROLE_SIGNED ? 2 * level_of(at->paper) - (MAP_LEVELS - 1) : 0;
    if (colors == 0) {
        if (at->role == ROLE_ACCENT || abs(off) > MAP_LEVELS / 2)
            l.attributes |= ATTR_BOLD;
        return l;
    }
    if (at->paper < ROLE_SERIES)
        l.background = roles[at->paper].few;
    else if (abs(off) > MAP_LEVELS / 3)
        l.background = off > 0 ? 3 : 4;
    if (l.background >= 0)
        l.foreground = l.background == 4 ? 7 : 0;
    else if (at->role < ROLE_SERIES)
        l.foreground = roles[at->role].few;
    else if (!is_map(at->role))
        l.foreground = series[at->role - ROLE_SERIES].few;
    return l;
}

look palette_look(const cell *at, int colors, bool light)
{
    look l = {.rune = at->rune, .foreground = -1, .background = -1, .attributes = at->attributes};
    if (colors < 256)
        return at->rune == CELL_PIXELS && is_map(at->role) ? shaded(at, colors)
                                                           : few_look(at, colors);
    const int paper = palette_color(at->paper, light);
    l.background = role_color(at->paper, colors, light);
    if (at->role == ROLE_READABLE && paper >= 0)
        l.foreground = in_colors(readable_on(paper), colors);
    else
        l.foreground = role_color(at->role, colors, light);
    return l;
}
