/* What the table of panes is made of: each in its own file. */
#ifndef UI_PANE_PANE_DRAW_H
#define UI_PANE_PANE_DRAW_H

#include "text/cell.h"
#include "model/model.h"

void pane_matrix_draw(const model *m, cells *c, rect inside);
void pane_matrix_note(const model *m, rect inside, char *buffer, size_t size);
void pane_statistics_draw(const model *m, cells *c, rect inside);
void pane_histogram_draw(const model *m, cells *c, rect inside);
void pane_histogram_note(const model *m, rect inside, char *buffer, size_t size);
void pane_modes_draw(const model *m, cells *c, rect inside);
void pane_modes_note(const model *m, rect inside, char *buffer, size_t size);
void pane_orthogonality_draw(const model *m, cells *c, rect inside);
void pane_training_draw(const model *m, cells *c, rect inside);
void pane_training_note(const model *m, rect inside, char *buffer, size_t size);
void pane_weight_draw(const model *m, cells *c, rect inside);
void pane_weight_note(const model *m, rect inside, char *buffer, size_t size);

/* How independent the weight under the cursor is of its neighbours: a part of its pane. */
void pane_neighbours_draw(const model *m, cells *c, rect area);

/* "computing ..." where a result is not there yet. */
void pane_draw_waiting(cells *c, rect inside);

#endif
