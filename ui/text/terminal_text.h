/* Characters and looks as bytes that terminals understand. */
#ifndef UI_TEXT_TERMINAL_TEXT_H
#define UI_TEXT_TERMINAL_TEXT_H

#include "text/palette.h"

#include <stdio.h>

/* A character in UTF-8; nothing for CELL_TAKEN. */
void terminal_rune(FILE *out, uint32_t rune);

/* The escape sequence (SGR) of a look, made where there are so many colours: PALETTE_DIRECT or 256.
 */
void terminal_look(FILE *out, const look *l, int colors);

/*
 * What turns one frame into the next on a terminal of 24-bit colours, the cursor left wherever;
 * `before` NULL, or of another size: all of it.
 */
void terminal_difference(FILE *out, const cells *before, const cells *now, bool light);

#endif
