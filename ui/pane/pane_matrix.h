/* The cursor of the matrix, which other panes are about, too. */
#ifndef UI_PANE_PANE_MATRIX_H
#define UI_PANE_PANE_MATRIX_H

#include "model/model.h"
#include "pane/motion.h"

/* What the Matrix pane showed last, or would show where the screen has no place for it. */
typedef struct matrix_window {
    uint64_t top, left;  /* the first row and column */
    uint64_t rows, cols; /* how many: a page */
} matrix_window;

matrix_window matrix_window_shown(const model *m);

/* Moves the cursor of the matrix: what cursor keys do in every pane that is about it. */
void matrix_move(model *m, motion by);

#endif
