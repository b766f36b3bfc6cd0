/*
 * Stochastic gradient descent: what shows on real data what training does to initial weights.
 * The order of the examples is drawn from the seed and the same everywhere; for all else see
 * mlp.h on bits.
 */
#ifndef DETINIT_TRAIN_TRAIN_H
#define DETINIT_TRAIN_TRAIN_H

#include "train/mlp.h"

/* Where a training stands. */
typedef struct training_moment {
    size_t epoch;               /* the one under way, from 1; 0: before the first step */
    bool epoch_done;            /* it ends here; true as well before the first step */
    uint64_t steps_done, steps; /* of all epochs */
    double loss;                /* mean over this epoch's examples so far; not a number before */
} training_moment;

/* How to train. */
typedef struct training {
    uint64_t seed; /* of the order of the examples */
    size_t epochs, batch;
    double learning_rate; /* of the first step */
    bool decays;          /* it falls linearly, to 0 after the last step; else it stays */
    /*
     * After each step every weight moves towards its initial value by the step's rate *
     * lambda, and stays there if it was no further away: the proximal step of a penalty
     * lambda |w - w0|.  Biases do not.  0: plain SGD.
     */
    double lambda;
    /*
     * The share of the weights that leave their initial values: after each step the
     * prune_count_of_share(keep) of them that moved furthest keep their change, and all others
     * stand at their initial values again.  What those had moved is remembered, in the place of
     * the weights that `lambda` pulls, so that a weight that is not kept can come to be.  Gradients
     * are those of the network as it stands.  Biases are not counted, and all kept.  1, or 0:
     * plain.
     *
     * The rule that k weights keep their change is DropBack's (arXiv 1806.06949), which forgets
     * the others'; that they are remembered is dynamic pruning with feedback (arXiv 2006.07253).
     */
    double keep;
    /*
     * Called in the thread that trains: before the first step, then `observations` times (at
     * least once) in each epoch at even distances, of which the last is the epoch's end.  The
     * network stands still meanwhile; whoever draws it in another thread copies its weights here.
     * May fail, which ends the training.  May be NULL.
     */
    detinit_status (*observe)(void *context, const training_moment *moment, detinit_error *error);
    void *context;
    size_t observations;
} training;

/*
 * Trains a network in place, in the calling thread, whichever it is.  Its weights at the call
 * are the initial ones to `lambda` and `keep`.  Progress counts steps and is asked after each, so
 * that it cancels within one.  The threads of `run` (0: all) are given to OpenBLAS, which gets its
 * own number back.  DETINIT_NUMERIC where the loss is no longer finite, DETINIT_CANCELLED; the
 * network is then as far as it came.
 */
detinit_status train_network(mlp *net, const examples *train, const training *how,
                             const detinit_run *run, detinit_error *error);

#endif
