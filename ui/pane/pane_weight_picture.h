/* A part of the Weight pane: its draw as a picture, and the draws that were rejected before it. */
#ifndef UI_PANE_PANE_WEIGHT_PICTURE_H
#define UI_PANE_PANE_WEIGHT_PICTURE_H

#include "text/cell.h"
#include "model/model.h"

/* No picture is smaller; a circle alone, without the bell curve, may be lower. */
#define WEIGHT_PICTURE_WIDTH  20
#define WEIGHT_PICTURE_HEIGHT 9
#define WEIGHT_CIRCLE_HEIGHT  6

/*
 * Of a normal draw the circle of radius r with the point at theta, to scale, and below it the bell
 * curve, both over the same axis of z; of a uniform one its place on the line.
 */
void weight_picture_draw(const model *m, cells *c, rect area, const detinit_trace *t);

/* The attempt n of a weight's draws, n < t->attempt: u1, r and theta, z. */
typedef struct weight_attempt {
    double r, theta, z;
} weight_attempt;

weight_attempt weight_attempt_at(const detinit_trace *t, uint64_t n);

#endif
