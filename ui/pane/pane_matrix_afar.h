/* A part of the Matrix pane: all of it at a glance. */
#ifndef UI_PANE_PANE_MATRIX_AFAR_H
#define UI_PANE_PANE_MATRIX_AFAR_H

#include "text/cell.h"
#include "model/model.h"

/* What a pixel says of the block of weights that it stands for. */
typedef enum afar_kind { AFAR_MEAN, AFAR_EXTREME } afar_kind;

/* The whole matrix in the inside of the pane, whatever its size; of large ones a sample is drawn.
 */
void matrix_afar_draw(const model *m, cells *c, rect inside, afar_kind kind);

/* The first weight of the cell there; false where there is none. */
bool matrix_afar_at(const model *m, rect inside, int x, int y, uint64_t *row, uint64_t *col);

/* How many weights a pixel stands for, "each pixel 40 x 12 weights". */
void matrix_afar_note(const model *m, rect inside, char *buffer, size_t size);

#endif
