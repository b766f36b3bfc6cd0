/* The parts of the Signal pane: curves in one file, what layers look like and the phase map in
 * others. */
#ifndef UI_PANE_PANE_SIGNAL_H
#define UI_PANE_PANE_SIGNAL_H

#include "model/model.h"
#include "pane/motion.h"
#include "text/cell.h"

/* What is looked at. */
typedef struct signal_look {
    size_t back; /* layers from the last to the chosen one */
} signal_look;

/* A scheme, as far as it is known. */
typedef struct signal_scheme {
    detinit_mode mode;
    const char *name;
    unsigned role; /* its hue */
    unsigned attributes;
    bool mine;               /* the recipe's */
    const signal_data *data; /* NULL: still to come, or refused */
    bool follows;        /* it is of weights of another size, until what is asked for is there */
    const char *refusal; /* "" where it is not refused */
} signal_scheme;

/* All schemes, in their order; what they hold is the model's. */
void signal_schemes(const model *m, signal_scheme all[DETINIT_SCHEME_COUNT]);

/* The recipe's; of a recipe that draws nothing there is none: NULL. */
const signal_scheme *signal_mine(const signal_scheme all[DETINIT_SCHEME_COUNT]);

/* The layer that is looked at, from 0. */
size_t signal_layer(const model *m);

/* "14 %", "< 1 %", "0": of what is saturated or dead. Returns buffer. */
const char *signal_share(double share, char buffer[16]);

/* Of a layer what its histogram tells: the share that is saturated, or else dead. */
double signal_lost(const signal_data *d, size_t layer);

/*
 * A histogram in `columns` bins, the highest of them 1; but one of more than SIGNAL_CUT times the
 * next, as ReLU's zeros are, is cut, so that the others are seen.
 */
#define SIGNAL_CUT 2
void signal_histogram(const signal_data *d, size_t layer, int columns, double *heights);

/* ------------------------------------------------------------------ curves */

/* What has a curve. */
typedef enum signal_curve { CURVE_STD, CURVE_GRADIENT, CURVE_ALIKE, CURVE_COUNT } signal_curve;

/*
 * A figure by layer below its heading: of all schemes, the recipe's on top, or of the recipe's
 * alone.  What theory expects are dots.  `named`: their names are told.
 */
void signal_curve_draw(const model *m, cells *c, rect area, signal_curve which, bool all,
                       bool named);

/* The view of curves, with a table of the schemes. */
void signal_curves_draw(const model *m, cells *c, rect inside);

/* The scheme whose row of the table is at a place of the screen; -1: none is. */
int signal_curves_scheme_at(rect inside, int y);

/* ----------------------------------------------------------------- layers */

/* The view of histograms. */
void signal_layers_draw(const model *m, cells *c, rect inside);

/* -------------------------------------------------------------- phase map */

void signal_phase_draw(const model *m, cells *c, rect inside);

/* Moves the scheme's point, by which the recipe becomes one of mode normal with another std; or to
 * a place of the screen. */
void signal_phase_move(model *m, motion by);
void signal_phase_click(model *m, rect inside, int x, int y);

#endif
