#include "text/palette.h"

/* Colours of 256, for dark and for light backgrounds, and of 8; -1 is the terminal's own. */
static const struct role_row {
    ink dark, light, few;
} roles[ROLE_HEAT] = {
    [ROLE_TEXT] = {{-1, -1, 0}, {-1, -1, 0}, {-1, -1, 0}},
    [ROLE_DIM] = {{245, -1, 0}, {243, -1, 0}, {-1, -1, 0}},
    [ROLE_ACCENT] = {{215, -1, 0}, {130, -1, 0}, {3, -1, 0}},
    [ROLE_GOOD] = {{79, -1, 0}, {29, -1, 0}, {2, -1, 0}},
    [ROLE_BAD] = {{209, -1, 0}, {160, -1, 0}, {1, -1, 0}},
    [ROLE_THEORY] = {{215, -1, 0}, {130, -1, 0}, {3, -1, 0}},
    [ROLE_BAR] = {{74, -1, 0}, {25, -1, 0}, {6, -1, 0}},
    [ROLE_OVER] = {{16, 74, 0}, {231, 25, 0}, {0, 6, 0}},
};

/*
 * The heat map: blue for negative, orange for positive, the background's grey for
 * zero; a diverging pair that colour-blind eyes tell apart.  Away from zero both
 * grow lighter on dark backgrounds, and darker on light ones, at the same pace.
 */
static const int heat_dark[HEAT_LEVELS] = {117, 75,  39,  32,  31,  25,  24, 236,
                                           94,  130, 166, 172, 208, 214, 221};
static const int heat_light[HEAT_LEVELS] = {26,  32,  68,  75,  111, 153, 189, 255,
                                            223, 216, 215, 208, 172, 166, 130};

/* The map of change: from the background's grey through blue, each step lighter, or darker. */
static const int wake_dark[WAKE_LEVELS] = {236, 24, 31, 38, 74, 117, 159, 231};
static const int wake_light[WAKE_LEVELS] = {254, 152, 110, 74, 67, 31, 25, 18};

/* Black or white, whichever reads on that background. */
static int readable_on(int color)
{
    int rgb[3];
    palette_rgb(color, rgb);
    return 299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2] > 128000 ? 16 : 231;
}

static ink heat_ink(int level, int colors, bool light)
{
    int middle = HEAT_LEVELS / 2;
    if (colors >= 256) {
        int color = light ? heat_light[level] : heat_dark[level];
        return (ink){readable_on(color), color, 0};
    }
    if (colors >= 8 && level - middle > 2)
        return (ink){0, 3, 0};
    if (colors >= 8 && middle - level > 2)
        return (ink){7, 4, 0};
    if (colors < 8 && (level - middle > 4 || middle - level > 4))
        return (ink){-1, -1, ATTR_BOLD};
    return (ink){-1, -1, 0};
}

/* Where colours are many they tell all, and the character is not seen; else it tells alone. */
static ink wake_ink(int level, int colors, bool light)
{
    int color = light ? wake_light[level] : wake_dark[level];
    if (colors >= 256)
        return (ink){color, color, 0};
    if (colors >= 8 && level > 0)
        return (ink){3, -1, 0};
    return (ink){-1, -1, 0};
}

ink palette_ink(unsigned role, int colors, bool light)
{
    if (role >= ROLE_WAKE)
        return wake_ink((int)role - ROLE_WAKE, colors, light);
    if (role >= ROLE_HEAT)
        return heat_ink((int)role - ROLE_HEAT, colors, light);
    const struct role_row *row = &roles[role];
    if (colors >= 8)
        return colors < 256 ? row->few : light ? row->light : row->dark;
    return (ink){-1, -1, role == ROLE_ACCENT ? ATTR_BOLD : 0};
}

void palette_rgb(int color, int rgb[3])
{
    static const int basic[16][3] = {
        {0, 0, 0},       {205, 49, 49},   {13, 188, 121}, {181, 137, 0},
        {36, 114, 200},  {188, 63, 188},  {17, 168, 205}, {208, 208, 208},
        {102, 102, 102}, {241, 76, 76},   {35, 209, 139}, {229, 192, 123},
        {59, 142, 234},  {214, 112, 214}, {41, 184, 219}, {255, 255, 255},
    };
    for (int n = 0; n < 3; n++) {
        int place[3] = {36, 6, 1}, step = (color - 16) / place[n] % 6;
        if (color < 16)
            rgb[n] = basic[color][n];
        else if (color < 232)
            rgb[n] = step == 0 ? 0 : 55 + 40 * step;
        else
            rgb[n] = 8 + 10 * (color - 232);
    }
}
