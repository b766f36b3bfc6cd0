/*
 * The whole screen: the header, the panes or the help page, and the last line with messages,
 * progress, or the keys that work now.
 */
#ifndef UI_EXPLORER_SCREEN_H
#define UI_EXPLORER_SCREEN_H

#include "text/cell.h"
#include "model/model.h"
#include "pane/motion.h"
#include "pane/screenshot.h"
#include "detinit.h"

/* Draws all of it into the buffer, whatever its size. */
void screen_draw(const model *m, cells *c);

/* Draws one pane alone over the whole buffer. */
void screen_draw_pane(const model *m, cells *c, int number);

/*
 * Takes a new size, or a model that has changed: which pieces are shown, and what is looked at
 * scrolled so that the cursor shows.
 */
void screen_fit(model *m, int width, int height);

/*
 * Draws the screen as it would look in that size, but for messages and progress, which are of the
 * moment; false without memory. Freed by cells_free.
 */
bool screenshot_draw(const model *m, const screenshot *s, cells *c);

/*
 * The key that a click at a place of the screen is for, or 0: the last line names keys, and so do
 * lessons.
 */
int screen_key_at(const model *m, int x, int y);

/* The mouse was pressed at a place: of the list of lessons it takes the one there into focus. */
void screen_point(model *m, int x, int y);

/* Moves the cursor of the pane in focus, or the help page. */
void screen_move(model *m, motion by);

/*
 * Opens the help page where a text is explained or else first stands; and goes on to another place
 * of it, `by` places on. False, with a sentence, and nothing changed, where it is nowhere.
 */
bool screen_find(model *m, const char *text, detinit_error *error);
bool screen_next_hit(model *m, int by, detinit_error *error);

/* So many turns of the wheel down at a place: moves the pane that is there, or what lies over it.
 */
void screen_wheel(model *m, int x, int y, int turns);

#endif
