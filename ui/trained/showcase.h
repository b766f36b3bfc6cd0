/*
 * The showcase: a network gets its initial weights, is trained on real data, and is pruned
 * three ways, each of which is measured.  Nothing is printed here.
 */
#ifndef UI_TRAINED_SHOWCASE_H
#define UI_TRAINED_SHOWCASE_H

#include "train/dataset.h"
#include "detinit_pack.h"
#include "trained/threshold.h"
#include "train/train.h"

/* The share of weights that is pruned where the user names none, and where all are kept. */
#define SHOWCASE_SPARSITY 0.623

#define SHOWCASE_LEVELS 6

/* How often in an epoch an observer is called. */
#define SHOWCASE_OBSERVATIONS 20

/* One choice of the weights that are called sleeping, and what pruning them does. */
typedef struct showcase_level {
    bool asked;       /* the share that was asked for; else a threshold */
    double threshold; /* the largest |w - w0| of a sleeping weight; -1: none sleep */
    size_t sleeping;  /* weights */
    double accuracy[DETINIT_PRUNE_COUNT]; /* on the test set, 0 .. 1, by what pruning does */
} showcase_level;

typedef struct showcase_epoch {
    double loss;     /* mean over its steps; not a number before training */
    double accuracy; /* on the test set, 0 .. 1 */
} showcase_epoch;

typedef struct showcase_result {
    const char *directory; /* of the data, or NULL: they are made; lives as long as training.data */
    bool missing;          /* made because nothing is installed */
    unsigned threads;      /* OpenBLAS's, which its sums depend on */
    dataset data;
    char widths[80];         /* "784-256-128-10" */
    detinit_network network; /* names and recipes of its layers, in order */
    mlp net;                 /* trained by showcase_train */
    float *initial;          /* weights, as net.weights was before */
    double keep;             /* share of the weights that may leave them; 1: all */
    size_t epoch_count;
    showcase_epoch *epochs;                 /* epoch_count + 1: the first is before training */
    showcase_level levels[SHOWCASE_LEVELS]; /* in the order of how many weights sleep */
    size_t layer_sleeping[MLP_MAX_LAYERS];  /* at the level that was asked for */
    detinit_packing packing;                /* at the same level */
    bool unpacks;                           /* to the same bits */
} showcase_result;

/*
 * Observes a network while it is trained: called in the thread that trains, before the first
 * step and SHOWCASE_OBSERVATIONS times in each epoch, of which the last is the epoch's end
 * (moment->epoch_done; its loss and accuracy are then in r->epochs[moment->epoch]).  Nothing in
 * `r` moves during the call: r->net.weights are the weights of this moment, r->initial the
 * initial ones, r->net.weight_count each.  Who draws them in another thread copies them here.
 */
typedef struct showcase_observer {
    void (*observe)(void *context, const showcase_result *r, const training_moment *moment);
    void *context;
} showcase_observer;

/*
 * The three steps, to be taken in this order on a zeroed result; freed by showcase_free,
 * also where one fails.  Data and initialized network; the training; the pruning, which
 * leaves the trained network as it is.  They print nothing and may run in any thread, beside
 * whatever does not touch `r` and `how`.  `run` gives the threads; training and pruning report
 * progress to it, and it cancels them soon (DETINIT_CANCELLED).  `observer` may be NULL.
 */
detinit_status showcase_prepare(const training_settings *how, const detinit_recipe *recipe,
                                showcase_result *r, const detinit_run *run, detinit_error *error);
detinit_status showcase_train(const training_settings *how, uint64_t seed, showcase_result *r,
                              const showcase_observer *observer, const detinit_run *run,
                              detinit_error *error);
detinit_status showcase_prune(threshold_choice choice, showcase_result *r, const detinit_run *run,
                              detinit_error *error);

/*
 * The accuracies after pruning level->sleeping weights each way, into the level; likewise in any
 * thread, also of a network whose training was cancelled.
 */
detinit_status showcase_measure(const showcase_result *r, showcase_level *level,
                                const detinit_run *run, detinit_error *error);

/*
 * The first part of showcase_prepare: reads the directory that --data names, or `installed` where
 * there is something in it, or makes data: that is what --small asks for, and what is left where
 * nothing is installed (r->missing).
 */
detinit_status showcase_find_data(const training_settings *how, uint64_t seed,
                                  const char *installed, showcase_result *r, detinit_error *error);

/*
 * Opens a .safetensors file (before the training, which would be lost else), and puts the
 * trained network into it: fc1, fc1.bias, fc2, ..., and the manifest, so that `detinit analyze`
 * and the like know it.  showcase_save ends the writer in any case; *bytes gets the size.  While a
 * pipe's reader is waited for, `run`, which must outlive the writer, can cancel both.
 */
detinit_status showcase_open_file(const char *path, const showcase_result *r,
                                  const detinit_run *run, detinit_tensorwriter **out,
                                  detinit_error *error);
detinit_status showcase_save(const showcase_result *r, detinit_tensorwriter *writer,
                             uint64_t *bytes, detinit_error *error);

/*
 * Packs the trained network at the level that was asked for, unpacks it, and compares the
 * result with the network whose sleeping weights are set back: r->packing, r->unpacks.
 * `trained` is the file that showcase_save wrote, or NULL where none is left that can be read.  All
 * other files lie in a directory of their own below TMPDIR, which is gone when this returns.
 */
detinit_status showcase_pack(showcase_result *r, const char *trained, const detinit_run *run,
                             detinit_error *error);

void showcase_free(showcase_result *r);

/* The level that was asked for. */
const showcase_level *showcase_asked(const showcase_result *r);

/* How many weights the training itself set back at every step, by its `keep`. */
size_t showcase_sets_back(const showcase_result *r);

/* Whether level n prunes the very weights that the one before it does, and need not be told. */
bool showcase_repeats(const showcase_result *r, size_t n);

#endif
