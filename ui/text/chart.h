/* Small pictures made of characters, for several panes. */
#ifndef UI_TEXT_CHART_H
#define UI_TEXT_CHART_H

#include "text/cell.h"
#include "detinit_describe.h"

/* A bar of `height` (in rows, 1 is full) standing on the bottom of a column `rows` high. */
void chart_bar(cells *c, int x, int bottom, int rows, double height, unsigned role);

/* `count` values from 0 to 1 as a line of eighth blocks; NAN leaves a gap. Returns columns. */
int chart_line(cells *c, rect area, int x, int y, const double *values, int count, unsigned role);

/* A bar of `columns` lying from x on, `length` of them, 0 .. 1, full; the rest is left as it is. */
void chart_lying_bar(cells *c, rect area, int x, int y, int columns, double length, unsigned role);

/* The weights of a histogram from `low` to `high`, bins cut in proportion. */
double chart_count(const detinit_histogram *h, double low, double high);

#endif
