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

/* Goes on within a step that has more lines than its box, or back; false: there is no more. */
bool lesson_box_scroll(model *m, rect area, int by);

/* To the end of a step, where its question was answered. */
void lesson_box_scroll_to_end(model *m, rect area);

/* The list of lessons, in the middle of `body`. */
void lesson_list_draw(const model *m, cells *c, rect body);

/* The number of the lesson that the list shows at a place, from 0; -1: none. */
int lesson_list_row_at(const model *m, rect body, int x, int y);

/* The name of a key: "a", "Space". */
typedef char lesson_key[16];

/*
 * The key that a click at a place stands for: of the box an answer or a key that it names; of the
 * list Enter for the lesson in focus, or a key that it names. False: none.
 */
bool lesson_box_key_at(const model *m, rect area, int x, int y, lesson_key name);
bool lesson_list_key_at(const model *m, rect body, int x, int y, lesson_key name);

#endif
