/* The help page: every key, command and option, or those with the searched text. */
#ifndef UI_EXPLORER_HELP_H
#define UI_EXPLORER_HELP_H

#include "text/cell.h"
#include "model/model.h"
#include "pane/motion.h"

#include <stdio.h>

void help_draw(const model *m, cells *c, rect inside);

/* The same as lines of text. */
void help_print(const model *m, FILE *out);

/* Scrolls, as far as there are lines for a page of this inside. */
void help_move(model *m, rect inside, motion by);

#endif
