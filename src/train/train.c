#include "train/train.h"

#include "base/error.h"
#include "base/progress.h"
#include "train/product.h"
#include "train/prune.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The layer that the order of the examples is drawn from: one that no network reaches. */
#define SHUFFLE_LAYER (UINT64_MAX - 3)

/* All that training holds beside the network. */
typedef struct trainer {
    mlp *net;
    const examples *train;
    const training *how;
    const detinit_run *run;
    mlp_room room;
    size_t *order;  /* of the examples in this epoch */
    float *initial; /* weights; NULL where nothing goes back to them */
    float *moved;   /* weights as if all were kept; NULL where all are */
    examples batch; /* gathered */
    float *weight_gradient, *bias_gradient;
    training_moment moment;
} trainer;

static void trainer_free(trainer *t)
{
    mlp_room_free(&t->room);
    examples_free(&t->batch);
    free(t->order);
    free(t->initial);
    free(t->moved);
    free(t->weight_gradient);
    free(t->bias_gradient);
}

/* The network's weights as they are, in room of their own; NULL without memory. */
static float *copied_weights(const mlp *net)
{
    float *copy = malloc(net->weight_count * sizeof *copy);
    if (copy != NULL)
        memcpy(copy, net->weights, net->weight_count * sizeof *copy);
    return copy;
}

/* On a failure what there is already is for trainer_free. */
static detinit_status trainer_allocate(trainer *t, detinit_error *error)
{
    const mlp *net = t->net;
    size_t batch = t->how->batch < t->train->count ? t->how->batch : t->train->count;
    bool limits = t->how->keep > 0 && t->how->keep < 1, goes_back = limits || t->how->lambda > 0;
    detinit_status status = examples_new(batch, t->train->features, &t->batch, error);
    if (status == DETINIT_OK)
        status = mlp_room_new(net, batch, &t->room, error);
    if (status != DETINIT_OK)
        return status;
    t->order = malloc(t->train->count * sizeof *t->order);
    t->weight_gradient = malloc(net->weight_count * sizeof *t->weight_gradient);
    t->bias_gradient = malloc(net->bias_count * sizeof *t->bias_gradient);
    t->initial = goes_back ? copied_weights(net) : NULL;
    t->moved = limits ? copied_weights(net) : NULL;
    if (t->order == NULL || t->weight_gradient == NULL || t->bias_gradient == NULL ||
        (goes_back && t->initial == NULL) || (limits && t->moved == NULL))
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory to train the network");
    return DETINIT_OK;
}

/* Fisher and Yates's shuffle; its draws are hashes of seed, epoch and place. */
static void shuffle(size_t *order, size_t count, uint64_t seed, uint64_t epoch)
{
    for (size_t n = 0; n < count; n++)
        order[n] = n;
    for (size_t n = count; n > 1; n--) {
        const uint64_t place[] = {SHUFFLE_LAYER, epoch, n};
        size_t other = (size_t)(detinit_u01(detinit_key(seed, place, 3)) * (double)n);
        size_t kept = order[n - 1];
        order[n - 1] = order[other];
        order[other] = kept;
    }
}

/* The examples of one step: `rows` of them from place `first` of the order. */
static void gather(trainer *t, size_t first, size_t rows)
{
    size_t features = t->train->features;
    t->batch.count = rows;
    for (size_t r = 0; r < rows; r++) {
        size_t from = t->order[first + r];
        memcpy(t->batch.inputs + r * features, t->train->inputs + from * features,
               features * sizeof *t->batch.inputs);
        t->batch.labels[r] = t->train->labels[from];
    }
}

static void descend(float *values, const float *slope, size_t count, float rate)
{
    for (size_t n = 0; n < count; n++)
        values[n] -= rate * slope[n];
}

/* Moves every weight by `pull` towards its initial value, and not past it. */
static void shrink(float *weights, const float *initial, size_t count, float pull)
{
    for (size_t n = 0; n < count; n++) {
        float change = weights[n] - initial[n];
        float kept = fabsf(change) - pull;
        weights[n] = kept <= 0 ? initial[n] : initial[n] + copysignf(kept, change);
    }
}

/* Lets only those weights that moved furthest leave their initial values. */
static bool keep_furthest(const trainer *t)
{
    mlp *net = t->net;
    size_t kept = prune_count_of_share(t->how->keep, net->weight_count);
    return prune_weights(DETINIT_PRUNE_INIT, t->moved, t->initial, net->weight_count,
                         net->weight_count - kept, net->weights, NULL) == DETINIT_OK;
}

/*
 * One step of SGD on the gathered examples; returns their summed loss, infinity where the step led
 * to weights that are not finite and cannot be ordered.
 */
static double step(const trainer *t)
{
    mlp *net = t->net;
    float *weights = t->moved != NULL ? t->moved : net->weights;
    double rate = t->how->learning_rate;
    if (t->how->decays)
        rate *= 1 - (double)t->moment.steps_done / (double)t->moment.steps;
    double loss = mlp_gradient(net, &t->room, &t->batch, t->weight_gradient, t->bias_gradient);
    descend(weights, t->weight_gradient, net->weight_count, (float)rate);
    descend(net->biases, t->bias_gradient, net->bias_count, (float)rate);
    if (t->how->lambda > 0)
        shrink(weights, t->initial, net->weight_count, (float)(rate * t->how->lambda));
    return t->moved == NULL || keep_furthest(t) ? loss : INFINITY;
}

static detinit_status observe(const trainer *t, detinit_error *error)
{
    return t->how->observe != NULL ? t->how->observe(t->how->context, &t->moment, error)
                                   : DETINIT_OK;
}

/* Whether one of `parts` even shares of `count` ends with number n, from 1. */
static bool ends_share(size_t n, size_t count, size_t parts)
{
    double each = (double)parts / (double)count;
    return n == count || (size_t)(each * (double)n) > (size_t)(each * (double)(n - 1));
}

static detinit_status train_epoch(trainer *t, detinit_error *error)
{
    size_t count = t->train->count, batch = t->room.rows, steps = (count + batch - 1) / batch;
    double loss = 0;
    shuffle(t->order, count, t->how->seed, t->moment.epoch);
    for (size_t n = 1; n <= steps; n++) {
        size_t first = (n - 1) * batch, end = n < steps ? first + batch : count;
        gather(t, first, end - first);
        loss += step(t);
        t->moment.steps_done++;
        t->moment.loss = loss / (double)end;
        t->moment.epoch_done = n == steps;
        if (!isfinite(loss))
            return error_set(error, DETINIT_NUMERIC,
                             "the loss is no longer finite after %" PRIu64
                             " steps: expected a smaller learning rate than %g",
                             t->moment.steps_done, t->how->learning_rate);
        detinit_status status = progress_tell(t->run, t->moment.steps_done, t->moment.steps, error);
        if (status == DETINIT_OK && ends_share(n, steps, t->how->observations))
            status = observe(t, error);
        if (status != DETINIT_OK)
            return status;
    }
    return DETINIT_OK;
}

static detinit_status train_epochs(trainer *t, detinit_error *error)
{
    size_t count = t->train->count, batch = t->room.rows;
    t->moment = (training_moment){
        .epoch_done = true,
        .steps = (uint64_t)t->how->epochs * ((count + batch - 1) / batch),
        .loss = NAN,
    };
    detinit_status status = observe(t, error);
    while (status == DETINIT_OK && t->moment.epoch < t->how->epochs) {
        t->moment.epoch++;
        status = train_epoch(t, error);
    }
    return status;
}

detinit_status train_network(mlp *net, const examples *train, const training *how,
                             const detinit_run *run, detinit_error *error)
{
    trainer t = {.net = net, .train = train, .how = how, .run = run};
    int before;
    detinit_status status = mlp_check_fit(net, train, error);
    if (status == DETINIT_OK && how->batch == 0)
        status = error_set(error, DETINIT_INVALID, "expected at least 1 example in a step");
    if (status == DETINIT_OK)
        status = trainer_allocate(&t, error);
    if (status == DETINIT_OK)
        status = product_begin(run, &before, error);
    if (status == DETINIT_OK) {
        status = train_epochs(&t, error);
        product_end(before);
    }
    trainer_free(&t);
    return status;
}
