/* A part of the Weight pane. */
#ifndef UI_PANE_PANE_NEIGHBOURS_H
#define UI_PANE_PANE_NEIGHBOURS_H

#include "text/cell.h"
#include "model/model.h"

/* How independent the weight under the cursor is of its neighbours. */
void neighbours_draw(const model *m, cells *c, rect area);

#endif
