/* A part of the Weight pane: a weight of a file of which nothing tells how it was drawn. */
#ifndef UI_PANE_PANE_WEIGHT_STORED_H
#define UI_PANE_PANE_WEIGHT_STORED_H

#include "text/cell.h"
#include "model/model.h"

/* Its value, its bits, and where it lies among the others of its tensor. */
void weight_stored_draw(const model *m, cells *c, rect area);

#endif
