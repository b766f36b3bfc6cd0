/*
 * A multilayer perceptron and plain stochastic gradient descent, small enough to read:
 * what shows on real data what training does to initial weights.
 *
 * The same seed gives the same network on the same machine with the same OpenBLAS, for
 * the same number of threads: the order of the sums belongs to OpenBLAS, and it differs
 * between thread counts and processors.  Only the initial weights, the order of the
 * examples and the made data set are the same everywhere.
 */
#ifndef DETINIT_TRAIN_H
#define DETINIT_TRAIN_H

#include "dataset.h"
#include "detinit.h"

#define MLP_MAX_LAYERS 8

/*
 * Fully connected layers, ReLU between them, softmax behind the last.  Layer k has the
 * row-major weights weights[first_weight(k)] .. of widths[k + 1] rows (units) and
 * widths[k] columns (inputs), and one bias for each row.  All layers lie behind one
 * another, so that whoever looks at all weights sees one array.
 */
typedef struct mlp {
    size_t layers;
    size_t widths[MLP_MAX_LAYERS + 1];
    size_t weight_count, bias_count;
    float *weights, *biases; /* owned */
} mlp;

/* A network of these layers + 1 widths, all zero; freed by mlp_free. */
detinit_status mlp_new(const size_t *widths, size_t layers, mlp *out, detinit_error *error);
void mlp_free(mlp *net);

/* Where the weights, and the biases, of a layer begin. */
size_t mlp_first_weight(const mlp *net, size_t layer);
size_t mlp_first_bias(const mlp *net, size_t layer);

/* Weights of a layer. */
size_t mlp_layer_count(const mlp *net, size_t layer);

/* The recipe of a layer: `like`, whose layer is `layer` and whose shape is the layer's, float32. */
detinit_recipe mlp_recipe(const mlp *net, size_t layer, const detinit_recipe *like);

/* Gives the weights their initial values, and the biases zero. */
detinit_status mlp_initialize(mlp *net, const detinit_recipe *like, const detinit_run *run,
                              detinit_error *error);

/*
 * The mean cross-entropy over all `batch`, and its gradient: weight_count and bias_count
 * numbers, in the order of the network's.
 */
detinit_status mlp_gradient(const mlp *net, const examples *batch, double *loss,
                            float *weight_gradient, float *bias_gradient, detinit_error *error);

/* How many examples the network puts into their own class; of equal outputs the first counts. */
detinit_status mlp_correct(const mlp *net, const examples *tested, unsigned threads,
                           size_t *correct, detinit_error *error);

/* How to train. */
typedef struct training {
    uint64_t seed; /* of the order of the examples */
    size_t epochs, batch;
    double learning_rate;
    /*
     * After each step every weight moves towards its initial value by learning_rate *
     * lambda, and stays there if it was no further away: the proximal step of a penalty
     * lambda |w - w0|.  Biases do not.  0: plain SGD.
     */
    double lambda;
    /* Called after each epoch, counted from 1, with the mean loss over its steps; may fail,
     * which ends the training.  May be NULL. */
    detinit_status (*epoch_done)(void *context, size_t epoch, double loss, detinit_error *error);
    void *context;
} training;

/*
 * Trains a network in place.  Its weights at the call are the initial ones to `lambda`.
 * Progress counts steps.  The threads of `run` (0: all) are given to OpenBLAS, which gets its
 * own number back.  DETINIT_NUMERIC where the loss is no longer finite, DETINIT_CANCELLED; the
 * network is then as far as it came.
 */
detinit_status train_network(mlp *net, const examples *train, const training *how,
                             const detinit_run *run, detinit_error *error);

#endif
