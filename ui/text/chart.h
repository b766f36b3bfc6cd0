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

/* A place of the map of change: level 0 sleeps, WAKE_LEVELS - 1 stands out most. */
void chart_wake(cells *c, int x, int y, int level);

/* Heat level of a value: -1 .. 1 becomes 0 .. HEAT_LEVELS - 1. */
unsigned chart_heat(double value);

/* The weights of a histogram from `low` to `high`, drawn or expected; bins are cut in proportion.
 */
double chart_count(const detinit_histogram *h, double low, double high, bool expected);

#endif
