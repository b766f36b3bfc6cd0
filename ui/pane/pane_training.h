/* The parts of the Training pane: figures in one file, the map of change in another. */
#ifndef UI_PANE_PANE_TRAINING_H
#define UI_PANE_PANE_TRAINING_H

#include "text/cell.h"
#include "model/model.h"

/* The map of the chosen tensor. */
void training_map_draw(const model *m, cells *c, rect area);

/* Where in the pane's inside the map is drawn; width 0: nowhere. */
rect training_map_area(const model *m, rect inside);

/* The weight drawn at a place of the screen: the first of a cell; false where there is none. */
bool training_map_at(const model *m, rect area, int x, int y, uint64_t *row, uint64_t *col);

/* What is under the map's cursor, as text. */
void training_map_place(const model *m, rect area, char *buffer, size_t size);

/* All |w - w0| on a log scale, those that sleep apart from those that are awake. */
void training_histogram_draw(const model *m, cells *c, rect area);

#endif
