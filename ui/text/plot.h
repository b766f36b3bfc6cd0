/*
 * Plots: two axes with their marks, and on them curves of braille dots (2 x 4 in a cell), points,
 * and bars of eighths; in ASCII letters.  They know nothing of what they show.
 */
#ifndef UI_TEXT_PLOT_H
#define UI_TEXT_PLOT_H

#include "text/axis.h"
#include "text/cell.h"

typedef struct plot {
    cells *c;
    rect area; /* labels and all */
    rect data; /* between the axes; of width or height 0 where there is no room */
    axis x, y;
} plot;

/* A curve, or points, through (x[n], y[n]); where either is NAN it has a gap. */
typedef struct series {
    const char *name;    /* NULL: none */
    unsigned role;       /* its hue, ROLE_SERIES + n or another */
    unsigned attributes; /* ATTR_BOLD for the one in focus */
    char mark;           /* what it is made of in ASCII */
    bool points;         /* not joined by lines */
    const double *x, *y;
    int count;
} series;

/* The hue and the mark of the n-th of several series, the same in all plots. */
unsigned series_role(int n);
char series_mark(int n);

/*
 * Where the data lie when axes stand at the left and below, and `right` columns are left free at
 * the right; `area` is of any size, and where it is small the labels go first.  Draws nothing.
 */
plot plot_place(cells *c, rect area, axis x, axis y, int right);
void plot_axes(const plot *p);

/* A bar in each column of the data, from below: values[n] on the axis of y, NAN: none. */
void plot_bars(const plot *p, const double *values, unsigned role);

/* A curve over what is there: over a bar the bar shows through. */
void plot_series(const plot *p, const series *s);

/*
 * Axes, all series, the last on top, and their names: at the ends of their lines where there is
 * room for that, else in a line of their own above.
 */
void plot_all(cells *c, rect area, axis x, axis y, const series *all, int count);

/* Names of series with their hues, in one line; those that do not fit are left out. */
void plot_legend(cells *c, rect area, int x, int y, const series *all, int count);

#endif
