/*
 * What a training run has told of its weights, step by step: the lines of JSON that a Tracker of
 * the Python package writes (python/detinit/torch/tracker.py), and those that are made of
 * checkpoints (trained/measuring.h).  Pure data, for one thread.
 */
#ifndef UI_TRAINED_HISTORY_H
#define UI_TRAINED_HISTORY_H

#include "detinit.h"

#include <jansson.h>
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
    /* Of the weights themselves, whatever they began as: what a Tracker does not tell. */
    HISTORY_NORM, /* the root of the sum of their squares */
    HISTORY_STD,
    HISTORY_SPECTRAL, /* the largest singular value, to a percent or so, from below */
    HISTORY_FIGURES
} history_figure;

/* "awake", "mean_delta": as the lines name it. */
const char *history_figure_name(history_figure figure);

typedef struct history_point {
    uint64_t step, weights, changed;
    double threshold, awake; /* of all weights; both NAN where it is not known what they were */
    bool sampled;            /* norm and std of some tensors are estimates */
    /* The checkpoint that it was measured in: its size, and when it was written last, in
     * nanoseconds; 0: none is told. */
    uint64_t bytes;
    int64_t modified;
} history_point;

/* A tensor; at[figure][n] is of point n, NAN where that does not tell it. */
typedef struct history_layer {
    char *name;       /* owned */
    uint64_t weights; /* how many it has, as told or as its figures say; 0: not known yet */
    double *at[HISTORY_FIGURES];
} history_layer;

/* All zero is an empty one. */
typedef struct history {
    history_point *points; /* by ascending steps */
    size_t count, room;
    history_layer *layers; /* in the order in which they were first told of */
    size_t layer_count;
    bool tells[HISTORY_FIGURES]; /* of any tensor, ever */
} history;

/*
 * Takes a line; `text` need not end in 0.  A step that is not behind the last one means that the
 * run was taken up there again: the points from it on go.  A line that is wrong changes nothing:
 * DETINIT_IO, with a sentence that says what was expected.
 */
detinit_status history_add(history *h, const char *text, size_t length, detinit_error *error);

/* The same of a line that was read already, and stays the caller's. */
detinit_status history_add_json(history *h, const json_t *line, detinit_error *error);

/* What the line of a point told, and no more; NULL without memory. */
json_t *history_json(const history *h, size_t point);

/* Whether the line of a point told of a tensor. */
bool history_is_told(const history_layer *layer, size_t point);

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

/* The same figure of all tensors together, at a point; NAN where there is none. */
double history_of_all(const history *h, history_figure figure, size_t point);

#endif
