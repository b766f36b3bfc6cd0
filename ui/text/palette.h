/* Roles as colours: for terminals of 24 bits, 256, 16, 8 and no colours, and for SVG. */
#ifndef UI_TEXT_PALETTE_H
#define UI_TEXT_PALETTE_H

#include "text/cell.h"

/* So many colours are numbered by themselves: 0xRRGGBB. */
#define PALETTE_DIRECT (1 << 24)

/* How a cell is to be shown; a colour of -1 is the terminal's own. */
typedef struct look {
    uint32_t rune; /* pixels become shades where colours are too few for them */
    int foreground, background;
    unsigned attributes; /* ATTR_..., those of the cell and those that stand in for colours */
} look;

/* The look of a cell where so many colours are to be had: PALETTE_DIRECT, 256, 16, 8, or 0. */
look palette_look(const cell *at, int colors, bool light);

/* The ASCII character for a role of a map. */
uint32_t palette_shade(unsigned role);

/* The red, green and blue of a colour of 256, as 0xRRGGBB; the nearest of 256 to a colour. */
int palette_rgb(int color);
int palette_nearest(int rgb);

/* The colour of a role on that background, as 0xRRGGBB; -1: the terminal's own. */
int palette_color(unsigned role, bool light);

/* Where there is no terminal: a picture's background, and what is written on it. */
int palette_color_of_paper(bool light);
int palette_color_of_text(bool light);

#endif
