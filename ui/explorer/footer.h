/*
 * The keys that work now, in the last line of the screen: as many as there is room for, help and
 * quit always.  A click on one does what the key does.
 */
#ifndef UI_EXPLORER_FOOTER_H
#define UI_EXPLORER_FOOTER_H

#include "text/cell.h"
#include "pane/pane.h"

/* A hint, and the column that its key begins in. */
typedef struct footer_hint {
    key_hint hint;
    int x;
} footer_hint;

/* No pane has more. */
#define FOOTER_MOST 20

typedef struct footer {
    size_t count;
    footer_hint at[FOOTER_MOST];
} footer;

/* What the line shows where it has this place. */
footer footer_make(const model *m, rect area);

void footer_draw(const model *m, cells *c, rect area);

/* The n-th of the keys that a hint names: "+" and "-" of "+/-", Tab of "Tab"; 0 after the last. */
int footer_key(const key_hint *hint, int n);

/* The key that a click at column x is for, or 0. */
int footer_key_at(const model *m, rect area, int x);

#endif
