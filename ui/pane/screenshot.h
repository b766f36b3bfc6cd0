/* A picture that is to be drawn, and what must be there before it is. */
#ifndef UI_PANE_SCREENSHOT_H
#define UI_PANE_SCREENSHOT_H

#include "model/model.h"

typedef struct screenshot {
    int pane; /* drawn alone, by its number; -1: the whole screen */
    int width, height;
} screenshot;

/* Whether all that it shows is there; the pieces that are not. */
bool screenshot_ready(const model *m, const screenshot *s);
unsigned screenshot_missing(const model *m, const screenshot *s);

#endif
