/*
 * A deep network of equal ReLU layers: what the race of schemes is run on.  Beside mlp.h it stands
 * because its figures are promised: products are added in one order here, so that they are the
 * same bits on every machine and for every number of threads.
 */
#ifndef DETINIT_TRAIN_DEEP_H
#define DETINIT_TRAIN_DEEP_H

#include "train/dataset.h"

#define DEEP_MOST_LAYERS 64

/* Examples that go through the layers at once: never more or fewer. */
#define DEEP_BATCH 32

/*
 * `depth` ReLU layers of `width` units, and a last one of `classes` without ReLU: depth + 1
 * matrices, each of fan_out rows, behind one another in `weights`, and a bias for each unit.  What
 * flows through them lies beside: unit by unit, DEEP_BATCH values each.
 */
typedef struct deep {
    size_t features, width, depth, classes;
    size_t weight_count, bias_count;
    float *weights, *initial, *slopes;   /* weight_count each; owned, as all below */
    float *biases, *bias_slopes;         /* bias_count each */
    float *values[DEEP_MOST_LAYERS + 2]; /* 0: the inputs; k: what layer k gives, behind ReLU */
    float *errors[2];                    /* d loss / d outputs of two layers, in turn */
    float *turned;                       /* inputs of a layer, example by example */
} deep;

/* A network of zeros, freed by deep_free; DETINIT_INVALID for a shape that it cannot have. */
detinit_status deep_new(size_t features, size_t width, size_t depth, size_t classes, deep *out,
                        detinit_error *error);
void deep_free(deep *net);

/* Rows and columns of layer k's matrix, from 0, and where its weights begin. */
size_t deep_rows(const deep *net, size_t k);
size_t deep_cols(const deep *net, size_t k);
size_t deep_first(const deep *net, size_t k);

/*
 * Gives every layer the weights of a recipe `like` this one: of its own shape, of the layer that
 * it is from 0, as float32; biases become zero.
 */
detinit_status deep_initialize(deep *net, const detinit_recipe *like, detinit_error *error);

/* Takes DEEP_BATCH examples, by their places, as the network's inputs. */
void deep_take(deep *net, const examples *from, const size_t places[DEEP_BATCH]);

/* Sends the inputs through all layers: values[1] .. values[depth + 1]. */
void deep_forward(deep *net);

/*
 * The mean cross-entropy of what deep_forward gave, and its gradient, in slopes and bias_slopes.
 * The outputs, values[depth + 1], are gone then.
 */
double deep_backward(deep *net, const unsigned char labels[DEEP_BATCH]);

/*
 * The Euclidean length of the gradient of all weights.  Without that of the biases: the last of
 * these is of the same size whatever reaches the weights.
 */
double deep_gradient_norm(const deep *net);

/* A step of plain SGD along the gradient. */
void deep_step(deep *net, double rate);

/* How many of the DEEP_BATCH outputs are largest for their label; of equal ones the first counts.
 */
size_t deep_correct(const deep *net, const unsigned char labels[DEEP_BATCH]);

/* The root mean square of what layer k gives, k = 1 .. depth + 1. */
double deep_signal(const deep *net, size_t k);

/* The share of weights that lie more than `threshold` from where they began. */
double deep_share_awake(const deep *net, double threshold);

#endif
