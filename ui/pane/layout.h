/*
 * Where everything is on a screen of a given size, 1 x 1 and up: header, panes, lesson, message
 * line.  Pure: same model and size, same places.
 */
#ifndef UI_PANE_LAYOUT_H
#define UI_PANE_LAYOUT_H

#include "pane/pane.h"

typedef struct layout {
    rect header;           /* the command line that reproduces the view */
    rect pane[PANE_COUNT]; /* frame included; width 0: not shown */
    rect lesson;           /* the box of a lesson; width 0: none runs */
    rect message;          /* messages, progress, or the keys that work now */
} layout;

layout layout_make(const model *m, int width, int height);

/* What a pane's frame leaves of its place; all of it where there is no room for a frame. */
rect layout_inside(rect area);

/* The inside that a pane has on the screen now; width 0 where it has no place. */
rect layout_inside_of(const model *m, const pane *p);

/* Draws a frame where there is room for one. */
void layout_draw_frame(cells *c, rect area, const char *title, const char *note, bool focused);

/* Draws a pane with its frame; nothing where it has no place. */
void layout_draw_pane(const model *m, cells *c, rect area, int number);

/* A click at a place of the screen: its pane gets the keys, and knows what was clicked at. */
void layout_click(model *m, int x, int y);

/* Rows that a turn of the wheel moves what has many. */
#define WHEEL_ROWS 3

/* So many turns of the wheel down at a place of the screen: its pane moves, and gets no keys. */
void layout_wheel(model *m, int x, int y, int turns);

/*
 * Takes a new screen size, or a model that has changed: which pieces are shown, and each pane
 * scrolled so that its cursor shows.
 */
void layout_fit(model *m, int width, int height);

#endif
