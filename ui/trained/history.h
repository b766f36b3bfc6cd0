/*
 * What a training run has told of its weights, step by step: the lines of JSON that a Tracker of
 * the Python package writes (python/detinit/torch/tracker.py).  Pure data, for one thread.
 */
#ifndef UI_TRAINED_HISTORY_H
#define UI_TRAINED_HISTORY_H

#include "detinit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a line says of each tensor. */
typedef enum history_figure {
    HISTORY_AWAKE,      /* the share of weights with |w - w0| above the threshold, 0 .. 1 */
    HISTORY_CHANGED,    /* and how many they are */
    HISTORY_MEAN_DELTA, /* of |w - w0| */
    HISTORY_MAX_DELTA,
    HISTORY_DECAY, /* the c for which c w0 fits w best */
    HISTORY_FIGURES
} history_figure;

/* "awake", "mean_delta": as the lines name it. */
const char *history_figure_name(history_figure figure);

typedef struct history_point {
    uint64_t step, weights, changed;
    double threshold, awake; /* of all weights */
} history_point;

/* A tensor; at[figure][n] is of point n, NAN where that does not tell it. */
typedef struct history_layer {
    char *name;       /* owned */
    uint64_t weights; /* how many it has, as its figures say; 0 while all of them sleep */
    double *at[HISTORY_FIGURES];
} history_layer;

/* All zero is an empty one. */
typedef struct history {
    history_point *points; /* by ascending steps */
    size_t count, room;
    history_layer *layers; /* in the order in which they were first told of */
    size_t layer_count;
} history;

/*
 * Takes a line; `text` need not end in 0.  A step that is not behind the last one means that the
 * run was taken up there again: the points from it on go.  A line that is wrong changes nothing:
 * DETINIT_IO, with a sentence that says what was expected.
 */
detinit_status history_add(history *h, const char *text, size_t length, detinit_error *error);

/* Adds the points of another, likewise; false, and `to` as it was or with some of them, without
 * memory. */
bool history_join(history *to, const history *from);

/* What it holds is freed; it is empty then. */
void history_clear(history *h);

/*
 * Bytes that all names begin with, up to a point, and end with, from a point on: "model.layers."
 * and ".weight".  What is between them is never empty.
 */
void history_common(const history *h, size_t *before, size_t *behind);

/* Whether any line tells this of any tensor. */
bool history_tells(const history *h, history_figure figure);

#endif
