/*
 * The help page: what the pane in focus shows and the words that it uses, then every key, option
 * and command, and all other words.
 */
#ifndef UI_EXPLORER_HELP_H
#define UI_EXPLORER_HELP_H

#include "text/cell.h"
#include "model/model.h"
#include "pane/motion.h"

#include <stdio.h>

/* The page in `inside` as it is scrolled, with the searched text marked. */
void help_draw(const model *m, cells *c, rect inside);

/* Which of the places with the searched text is looked at, "2 of 5"; "" where there are none. */
void help_note(const model *m, rect inside, char *buffer, size_t size);

/* The same as lines of text; only those with the searched text where there is one. */
void help_print(const model *m, FILE *out);

/* Scrolls, as far as there are lines for a page of this inside. */
void help_move(model *m, rect inside, motion by);

/*
 * Scrolls to the searched text: to where it is explained, or else to its first place. False, and
 * nothing is scrolled, where it is nowhere.
 */
bool help_find(model *m, rect inside);

/* Scrolls to a place `by` places on, around the ends. */
void help_next_hit(model *m, rect inside, int by);

#endif
