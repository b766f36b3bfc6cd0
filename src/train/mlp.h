/*
 * A multilayer perceptron, small enough to read.  Its products come from OpenBLAS, which
 * adds in another order with another number of threads and on another processor: what is
 * computed here is the same bits again only on the same machine, for the same number of
 * threads, and as long as nobody else changes OpenBLAS's threads, which the whole process
 * shares.  Only the initial weights are the same everywhere.
 */
#ifndef DETINIT_TRAIN_MLP_H
#define DETINIT_TRAIN_MLP_H

#include "train/dataset.h"
#include "detinit_track.h"

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

/*
 * A network of these layers + 1 widths, all zero; freed by mlp_free.  DETINIT_NOT_BUILT where
 * detinit is configured without products.
 */
detinit_status mlp_new(const size_t *widths, size_t layers, mlp *out, detinit_error *error);
void mlp_free(mlp *net);

/* Where the weights, and the biases, of a layer begin. */
size_t mlp_first_weight(const mlp *net, size_t layer);
size_t mlp_first_bias(const mlp *net, size_t layer);

/* Weights of a layer. */
size_t mlp_layer_count(const mlp *net, size_t layer);

/*
 * Gives the weights the initial values that a network's recipes make, layer by layer, and the
 * biases zero.  DETINIT_INVALID where `recipes` has other layers or another type than float32.
 */
detinit_status mlp_initialize(mlp *net, const detinit_network *recipes, const detinit_run *run,
                              detinit_error *error);

/* Whether the network can take these examples; else DETINIT_INVALID says why not. */
detinit_status mlp_check_fit(const mlp *net, const examples *e, detinit_error *error);

/* Room for what flows through the layers, and back, of up to `rows` examples. */
typedef struct mlp_room {
    size_t rows;
    float *outputs[MLP_MAX_LAYERS]; /* of layer k, rows x widths[k + 1] */
    float *errors[MLP_MAX_LAYERS];  /* d loss / d output before ReLU */
} mlp_room;

detinit_status mlp_room_new(const mlp *net, size_t rows, mlp_room *out, detinit_error *error);
void mlp_room_free(mlp_room *room);

/*
 * The summed cross-entropy of a batch that fits network and room, and the gradient of its
 * mean: weight_count and bias_count numbers, in the order of the network's.
 */
double mlp_gradient(const mlp *net, const mlp_room *room, const examples *batch,
                    float *weight_gradient, float *bias_gradient);

/* How many examples the network puts into their own class; of equal outputs the first counts. */
detinit_status mlp_correct(const mlp *net, const examples *tested, unsigned threads,
                           size_t *correct, detinit_error *error);

#endif
