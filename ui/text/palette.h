/* Roles as colours: for terminals of 256, 16, 8 and no colours, and for SVG. */
#ifndef UI_TEXT_PALETTE_H
#define UI_TEXT_PALETTE_H

#include "text/cell.h"

/* -1 is the terminal's own foreground or background. */
typedef struct ink {
    int foreground, background;
    unsigned attributes; /* ATTR_... that stand in where colours are few */
} ink;

/* The ink of a role where `colors` are to be had: 256, 16, 8, or 0. */
ink palette_ink(unsigned role, int colors, bool light);

/* The red, green and blue of a colour of 256. */
void palette_rgb(int color, int rgb[3]);

#endif
