/* The menu of texts that may end the typed line, above the prompt. It knows no terminal. */
#ifndef UI_TERM_CANDIDATES_H
#define UI_TERM_CANDIDATES_H

#include "term/line_completion.h"
#include "text/cell.h"

/* Draws the texts in columns over the rows above `bottom`; of too many a page that has the chosen
 * one, and how many more there are. */
void candidates_draw(const completion *menu, cells *c, rect bottom);

#endif
