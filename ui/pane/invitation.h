/* What a pane says before there is anything to show: keys that begin it, and what it will show. */
#ifndef UI_PANE_INVITATION_H
#define UI_PANE_INVITATION_H

#include "text/cell.h"

/* A key, or the name of a figure, and what it does, or says. */
typedef struct invitation_row {
    const char *name, *text;
} invitation_row;

/*
 * The rows below each other from the top of `area` on, as many as it has room for, the names in
 * `role` in a column of so many cells.  Returns the lines that they take.
 */
int invitation_put(cells *c, rect area, unsigned role, int column, const invitation_row *rows,
                   int count);

/* The lines that they need in an area of so many columns. */
int invitation_lines(int width, int column, const invitation_row *rows, int count);

#endif
