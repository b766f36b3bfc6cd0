/* A part of the Statistics pane: what wide screens have room for beside the figures. */
#ifndef UI_PANE_PANE_STATISTICS_PICTURES_H
#define UI_PANE_PANE_STATISTICS_PICTURES_H

#include "text/cell.h"
#include "model/model.h"

/* From this size on there is room for them, and the figures have so many columns. */
#define STATISTICS_PICTURES_WIDTH  110
#define STATISTICS_PICTURES_HEIGHT 16
#define STATISTICS_FIGURES_WIDTH   72

/*
 * The distribution with its mean and the standard deviations around it; below it the std of rows,
 * and, in `beside`, the room below the figures, that of columns: each with the band that three
 * standard errors make around the promised std.
 */
void statistics_pictures_draw(const model *m, cells *c, rect area, rect beside);

#endif
