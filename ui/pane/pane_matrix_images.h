/*
 * A part of the Matrix pane: weights as small pictures, the kernels of a convolution or the inputs
 * of a unit that looks at square images, as 784 = 28 x 28.
 */
#ifndef UI_PANE_PANE_MATRIX_IMAGES_H
#define UI_PANE_PANE_MATRIX_IMAGES_H

#include "text/cell.h"
#include "model/model.h"

/* Whether the tensor is made of pictures, of 256 x 256 places at most. */
bool matrix_images_fit(const model *m);

/* The pictures in the inside of the pane; where there are none, what has some. */
void matrix_images_draw(const model *m, cells *c, rect inside);

/* The weight drawn at a place of the screen; false where there is none. */
bool matrix_images_at(const model *m, rect inside, int x, int y, uint64_t *row, uint64_t *col);

/* Which are shown, of how many: "28 x 28 pictures 0-9 of 128". */
void matrix_images_note(const model *m, rect inside, char *buffer, size_t size);

#endif
