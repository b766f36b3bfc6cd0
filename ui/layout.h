/*
 * Where everything is on a screen of a given size, 1 x 1 and up: header, panes,
 * message line, key line.  Pure: same model and size, same layout.
 */
#ifndef UI_LAYOUT_H
#define UI_LAYOUT_H

#include "cell.h"
#include "model.h"

typedef struct layout {
    rect header;           /* the command line that reproduces the view */
    rect pane[PANE_COUNT]; /* frame included; width 0: not shown */
    rect message, keys;
} layout;

layout layout_make(const model *m, int width, int height);

/* Draws the whole screen. */
void layout_draw(const model *m, cells *c);

/* The pane at a place, or PANE_COUNT; for the mouse. */
pane_id layout_pane_at(const layout *l, int x, int y);

/* Moves the view's top and left so that the cursor is visible on a screen of this size. */
void layout_scroll_to_cursor(model *m, int width, int height);

#endif
