/* The histogram, which the Statistics pane shows as well. */
#ifndef UI_PANE_PANE_HISTOGRAM_H
#define UI_PANE_PANE_HISTOGRAM_H

#include "text/plot.h"
#include "model/model.h"

/* Draws it, with the curve of theory; returns where its axes lie. */
plot histogram_draw(const model *m, cells *c, rect area);

#endif
