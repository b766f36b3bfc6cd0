/* Where cursor keys go. */
#ifndef UI_PANE_MOTION_H
#define UI_PANE_MOTION_H

#include <limits.h>
#include <stdint.h>

/* So many rows, pages of rows and columns, back where below 0. */
typedef struct motion {
    int rows, pages, cols;
} motion;

/* As far as there are rows or columns. */
#define MOTION_TO_FIRST INT_MIN
#define MOTION_TO_LAST  INT_MAX

/* A place moved by so many steps of `jump` places, within 0 .. total - 1. */
uint64_t motion_apply(uint64_t place, int by, uint64_t jump, uint64_t total);

#endif
