/* Pictures of one size side by side, each below its number, in reading order. */
#ifndef UI_TEXT_TILES_H
#define UI_TEXT_TILES_H

#include "text/cell.h"

typedef struct tiles {
    rect area;
    size_t rows, cols;       /* places of a picture */
    uint64_t count, current; /* pictures, and the one that is to be seen */
    size_t group;            /* a line holds whole groups of so many where one fits; 1: any */
    /* Found by tiles_fit: */
    size_t block, zoom;  /* places that a pixel stands for, or pixels of a place */
    size_t high, wide;   /* pixels of a tile */
    size_t across, down; /* tiles that are shown */
    uint64_t first;      /* the number of the first of them */
} tiles;

/*
 * Finds how tiles lie: a place is drawn by zoom_least pixels a side, and up to zoom_most where all
 * pictures fit; large pictures are made smaller.  False where there is no room for one.
 */
bool tiles_fit(tiles *t, size_t zoom_least, size_t zoom_most);

/* How many are shown. */
size_t tiles_shown(const tiles *t);

/* The upper left cell of the n-th that is shown, below its number. */
void tiles_place(const tiles *t, size_t n, int *x, int *y);

/* The picture drawn at a place of the screen, and the first place of it there; false: none is. */
bool tiles_at(const tiles *t, int x, int y, uint64_t *number, size_t *row, size_t *col);

/* The value of one place of a picture, counted row by row. */
typedef double tile_value(const void *data, size_t place);

/* The mean of the values that a pixel of a picture stands for. */
double tiles_mean(const tiles *t, int row, int col, tile_value *value, const void *data);

#endif
