/*
 * A buffer of cells as SVG.  Blocks, pixels, frames and braille dots are shapes and no letters, so
 * that they meet in every browser, whatever its fonts have.
 */
#ifndef UI_TEXT_SVG_H
#define UI_TEXT_SVG_H

#include "text/cell.h"

#include <stdio.h>

/* False, and nothing is written, where memory fails. */
bool svg_write(FILE *out, const cells *c, bool color, bool light);

#endif
