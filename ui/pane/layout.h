/*
 * Where everything is on a screen of a given size, 1 x 1 and up: header, panes,
 * message line, key line.  Pure: same model and size, same screen.
 */
#ifndef UI_PANE_LAYOUT_H
#define UI_PANE_LAYOUT_H

#include "text/cell.h"
#include "model/model.h"

typedef struct layout {
    rect header;           /* the command line that reproduces the view */
    rect pane[PANE_COUNT]; /* frame included; width 0: not shown */
    rect message;          /* messages, progress, or the keys that work now */
} layout;

layout layout_make(const model *m, int width, int height);

/* Draws the whole screen into the buffer, whatever its size. */
void layout_draw(const model *m, cells *c);

/* Draws one pane alone over the whole buffer. */
void layout_draw_pane(const model *m, cells *c, pane_id pane);

/* The pane at a place, or PANE_COUNT; for the mouse. */
pane_id layout_pane_at(const layout *l, int x, int y);

/* The pane that a name, the beginning of one, or a number means, or PANE_COUNT. */
pane_id layout_find_pane(const char *name);

/*
 * Takes a new screen size: what a page is, which pieces are shown, and the matrix scrolled so
 * that the cursor shows.
 */
void layout_fit(model *m, int width, int height);

/* The matrix cell drawn at a place of the screen; false where there is none. */
bool layout_matrix_at(const model *m, int x, int y, uint64_t *row, uint64_t *col);

/* The weight of the Training pane's map drawn at a place of the screen; false as above. */
bool layout_training_at(const model *m, int x, int y, uint64_t *row, uint64_t *col);

#endif
