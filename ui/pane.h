/*
 * Panes: each draws (model, rectangle) into cells and does nothing else.
 */
#ifndef UI_PANE_H
#define UI_PANE_H

#include "cell.h"
#include "model.h"

typedef struct pane {
    const char *name;  /* "matrix": what `pane NAME` takes */
    const char *title; /* "Matrix" */
    /* Draws the inside of the frame. */
    void (*draw)(const model *m, cells *c, rect inside, bool zoomed);
    /* Fills the frame's lower edge, e.g. "columns 0-5 of 20"; may be NULL. */
    void (*note)(const model *m, rect inside, char *buffer, size_t size);
} pane;

extern const pane panes[PANE_COUNT];

/* The pane of that name or number ("3", "histogram", a prefix of it), or PANE_COUNT. */
pane_id pane_find(const char *name);

/* Cells of the matrix that fit a rectangle: for scrolling. */
void pane_matrix_capacity(const model *m, rect inside, uint64_t *rows, uint64_t *cols);

#endif
