/* The box of a lesson, beside the panes, and the list of lessons, over them. */
#ifndef UI_PANE_LESSON_BOX_H
#define UI_PANE_LESSON_BOX_H

#include "text/cell.h"
#include "model/model.h"

/*
 * Where the box of the lesson that runs lies in the body of a screen: along its right side where
 * that is wide, else along its lower edge.  Width 0: no lesson runs, or the help page is open.
 */
rect lesson_box_place(const model *m, rect body);

void lesson_box_draw(const model *m, cells *c, rect area);

/* The list of lessons, in the middle of `body`. */
void lesson_list_draw(const model *m, cells *c, rect body);

#endif
