/*
 * A trained network beside its initial weights, as the Training pane knows it: how far each
 * weight is from where it began, so that any threshold is answered at once.  Pure data.
 *
 * A weight is awake where |w - w0| > threshold, and where it is no longer finite; the others
 * sleep.
 */
#ifndef UI_TRAINED_TRAINED_NETWORK_H
#define UI_TRAINED_TRAINED_NETWORK_H

#include "trained/threshold.h"

/*
 * Edges of |w - w0|: 0, then 2^LOWEST and up in equal sixteenths of each octave, the steps of
 * detinit_threshold_auto.
 */
#define TRAINED_LOWEST  (-40)
#define TRAINED_OCTAVES 48
#define TRAINED_EDGES   (2 + 16 * TRAINED_OCTAVES)

/* Differences that are held one by one, in all of a network: 64 MB of them. */
#define TRAINED_HELD ((size_t)1 << 23)

/* Most points of the curves over the steps. */
#define TRAINED_POINTS 160

typedef struct trained_layer {
    char *name;                    /* owned */
    uint64_t rows, cols, total;    /* of the tensor seen as a matrix */
    uint64_t above[TRAINED_EDGES]; /* weights with |w - w0| beyond each edge */
    /* Every row_step-th row and every col_step-th column of |w - w0|; infinity: not finite. */
    size_t held_rows, held_cols;
    uint64_t row_step, col_step;
    double *held; /* owned, row-major */
    /* It lies behind one another as pictures of this size: images' weights, kernels; 0: no such. */
    size_t picture_rows, picture_cols;
    uint64_t awake; /* at the threshold that was set */
} trained_layer;

typedef struct trained_epoch {
    double loss;     /* mean over its steps; not a number before training */
    double accuracy; /* on the test set, 0 .. 1 */
} trained_epoch;

/* What pruning the weights that sleep at a threshold does to the accuracy. */
typedef struct trained_pruning {
    double threshold; /* -1: none sleep */
    uint64_t sleeping;
    double accuracy[DETINIT_PRUNE_COUNT]; /* on the test set, 0 .. 1 */
} trained_pruning;

#define TRAINED_PRUNINGS 8

typedef struct trained_network {
    char source[160];  /* "784-256-128-10 on Fashion-MNIST", or the file's path */
    char recipe[96];   /* "seed 42, he", or where the recipes come from */
    char command[512]; /* the command line that shows the same, but for the threshold */
    bool of_view;      /* a file whose recipe was that of the view */
    bool exact;        /* all differences are held: any threshold is counted exactly */
    double threshold;  /* as trained_set_threshold took it */
    uint64_t total, awake;
    double asleep_change; /* the share of all (w - w0)^2 that sleeping weights hold; NAN: unknown */
    size_t layer_count;
    trained_layer *layers;
    /* Of a network that was trained here; else steps is 0: */
    uint64_t step, steps;
    double keep; /* share of the weights that may leave their initial values; 1: all */
    size_t epoch, epochs;
    trained_epoch *epoch_rows; /* epochs + 1, the first before training */
    size_t offered, stride;    /* points that the curves were offered; they take every stride-th */
    size_t point_count;
    uint64_t point_steps[TRAINED_POINTS];
    uint32_t *point_above; /* [TRAINED_POINTS][layer_count][TRAINED_EDGES] */
    bool ended;            /* no step will follow */
    size_t pruning_count;
    trained_pruning prunings[TRAINED_PRUNINGS]; /* measured after training, by threshold */
} trained_network;

/* Layers all zero, to be filled in; `epochs` is 0 for a file. NULL without memory. */
trained_network *trained_network_new(size_t layer_count, size_t epochs);
trained_network *trained_network_copy(const trained_network *t);
void trained_network_free(trained_network *t);

/*
 * Gives a layer its shape and room for what it holds: all of it, or, beyond `most`, every so
 * many rows and columns.  False without memory.
 */
bool trained_layer_shape(trained_layer *layer, const char *name, uint64_t rows, uint64_t cols,
                         size_t most);

/*
 * Notes what pictures a layer's recipe makes of it: kernels of (out, in, h, w), and 28 x 28 of rows
 * of 784, the images of MNIST and its like.
 */
void trained_layer_pictures(trained_layer *layer, const detinit_recipe *recipe);

/* Forgets what a layer counted, and counts `count` differences. */
void trained_layer_clear(trained_layer *layer);
void trained_layer_add(trained_layer *layer, const double *deltas, size_t count);

/* Ends the counting of all layers: sums up, and sees whether all is held. */
void trained_network_finish(trained_network *t);

/*
 * Offers the layers' counts to the curves, as a point at t->step.  Where there is no more room
 * every second point goes, and of those to come only every second is taken.
 */
void trained_add_point(trained_network *t);

/* Puts a measured pruning in its place, in the place of one of the same threshold. */
void trained_add_pruning(trained_network *t, const trained_pruning *pruning);

/* The measured pruning of that many sleeping weights, or NULL. */
const trained_pruning *trained_find_pruning(const trained_network *t, uint64_t sleeping);

/* The edge number `n`, and the largest one that is not above a threshold. */
double trained_edge(size_t n);
size_t trained_edge_below(double threshold);

/* Counts who is awake. Where not all is held, at the edge at or below the threshold instead. */
void trained_set_threshold(trained_network *t, double threshold);

/* The share of a layer, or of all for layer_count, that was awake at a point: 0 .. 1. */
double trained_point_share(const trained_network *t, size_t point, size_t layer);

/*
 * The threshold that is asked for; where none was, auto for a file, 0 for a training that sets
 * weights back, and for any other one that stays where it is while weights wake up.
 */
double trained_wanted_threshold(const trained_network *t, threshold_choice choice);

/* The smallest threshold at which the share sleeps; the largest where none is large enough. */
double trained_threshold_of_share(const trained_network *t, double share);

/* What detinit_threshold_auto finds. */
double trained_threshold_auto(const trained_network *t);

/* A quarter of an octave up or down, onto the edges; 0 lies below the lowest step that counts. */
double trained_threshold_step(const trained_network *t, int by);

#endif
