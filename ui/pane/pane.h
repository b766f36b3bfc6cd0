/* Panes: each draws the model into a rectangle of cells and does nothing else. */
#ifndef UI_PANE_PANE_H
#define UI_PANE_PANE_H

#include "text/cell.h"
#include "model/model.h"

typedef struct pane {
    const char *name;  /* what `pane NAME` takes */
    const char *title; /* in the frame */
    /* Draws the inside of the frame, of any size from 1 x 1. */
    void (*draw)(const model *m, cells *c, rect inside);
    /* What stands in the frame's lower edge, "" for nothing; may be NULL. */
    void (*note)(const model *m, rect inside, char *buffer, size_t size);
    unsigned pieces; /* bit n: it shows piece n, so that the worker makes it */
} pane;

extern const pane panes[PANE_COUNT];

/* The help page: every key, command and option, or those with the searched text. */
void pane_help_draw(const model *m, cells *c, rect inside);

/* How the matrix pane divides its inside. */
typedef struct matrix_grid {
    int label, width;    /* columns of a row's heading, and of a weight */
    uint64_t rows, cols; /* weights that fit */
    bool legend;         /* the last row tells what the colours mean */
} matrix_grid;

matrix_grid pane_matrix_grid(const model *m, rect inside);

/* How far a key moves the cursor of the Training pane's map, whose pane has this inside. */
void pane_training_fit(model *m, rect inside);

#endif
