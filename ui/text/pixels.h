/*
 * Maps: a rectangle of pixels, two above one another in each cell, each of one colour.  Where there
 * are no colours for that a cell is a shade; where only ASCII is wanted, a letter.
 */
#ifndef UI_TEXT_PIXELS_H
#define UI_TEXT_PIXELS_H

#include "text/cell.h"

/* The role of a share from 0 to 1, and of a value from -1 to 1, held to their ends; NAN: none. */
unsigned pixels_ramp(double share);
unsigned pixels_signed(double value);

/* The role of the pixel there; ROLE_TEXT: it is left blank. */
typedef unsigned pixel_role(const void *data, int row, int col);

/* `rows` x `cols` pixels from the upper left of `area` on, as far as it reaches. */
void pixels_draw(cells *c, rect area, int rows, int cols, pixel_role *role, const void *data);

/*
 * A legend: `low`, the colours of a map (ROLE_RAMP or ROLE_SIGNED) in so many columns, `high`; all
 * of it or, where it does not fit from x to the end of the area, nothing. Returns its columns.
 */
int pixels_legend(cells *c, rect area, int x, int y, int columns, unsigned map, const char *low,
                  const char *high);

/* The columns that such a legend takes. */
int pixels_legend_width(int columns, const char *low, const char *high);

#endif
