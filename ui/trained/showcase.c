#include "trained/showcase.h"

#include "detinit_network.h"
#include "base/error.h"
#include "base/progress.h"
#include "train/product.h"
#include "train/prune.h"
#include "option/refuse.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The made data: they go with the network 100-50-20-5 of 6,100 weights. */
enum { MADE_FEATURES = 100, MADE_CLASSES = 5, MADE_TRAIN = 6000, MADE_TEST = 2000 };

/* Two prototypes are about 0.25 sqrt(200) = 3.5 apart, so that some examples are beyond telling. */
#define MADE_SPREAD 0.25

void showcase_free(showcase_result *r)
{
    dataset_free(&r->data);
    detinit_network_free(&r->network);
    mlp_free(&r->net);
    free(r->initial);
    free(r->epochs);
    *r = (showcase_result){0};
}

/* ------------------------------------------------------------- preparation */

detinit_status showcase_find_data(const training_settings *how, uint64_t seed,
                                  const char *installed, showcase_result *r, detinit_error *error)
{
    r->missing = !how->small && how->data == NULL && !dataset_is_in(installed);
    if (how->small || r->missing)
        return dataset_make(seed, MADE_FEATURES, MADE_CLASSES, MADE_SPREAD, MADE_TRAIN, MADE_TEST,
                            &r->data, error);
    r->directory = how->data != NULL ? how->data : installed;
    return refuse_file(dataset_read(r->directory, &r->data, error), error);
}

/* The network that goes with the data, and its initial weights. */
static detinit_status make_network(const detinit_recipe *recipe, showcase_result *r,
                                   const detinit_run *run, detinit_error *error)
{
    const examples *e = &r->data.train;
    const size_t large[] = {e->features, 256, 128, e->classes};
    const size_t small[] = {e->features, 50, 20, e->classes};
    const size_t *widths = r->directory != NULL ? large : small;
    detinit_recipe like = *recipe;
    like.dtype = DETINIT_FLOAT32;
    snprintf(r->widths, sizeof r->widths, "%zu-%zu-%zu-%zu", widths[0], widths[1], widths[2],
             widths[3]);
    detinit_status status = detinit_network_layers(r->widths, &like, &r->network, error);
    if (status == DETINIT_OK)
        status = mlp_new(widths, 3, &r->net, error);
    if (status == DETINIT_OK)
        status = mlp_initialize(&r->net, &r->network, run, error);
    return status;
}

detinit_status showcase_prepare(const training_settings *how, const detinit_recipe *recipe,
                                showcase_result *r, const detinit_run *run, detinit_error *error)
{
    detinit_status status = showcase_find_data(how, recipe->seed, DATASET_FASHION_MNIST, r, error);
    if (status == DETINIT_OK)
        status = make_network(recipe, r, run, error);
    if (status != DETINIT_OK)
        return status;
    r->threads = product_threads(run);
    r->keep = how->keep;
    r->epoch_count = (size_t)how->epochs;
    r->epochs = calloc(r->epoch_count + 1, sizeof *r->epochs);
    r->initial = malloc(r->net.weight_count * sizeof *r->initial);
    if (r->initial == NULL || r->epochs == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for the showcase");
    memcpy(r->initial, r->net.weights, r->net.weight_count * sizeof *r->initial);
    return DETINIT_OK;
}

/* ---------------------------------------------------------------- training */

static detinit_status measure(const showcase_result *r, const mlp *net, const detinit_run *run,
                              double *accuracy, detinit_error *error)
{
    size_t correct = 0;
    detinit_status status = mlp_correct(net, &r->data.test, run->threads, &correct, error);
    *accuracy = (double)correct / (double)r->data.test.count;
    return status;
}

/* A training, and who observes it. */
typedef struct observed {
    showcase_result *result;
    const showcase_observer *observer;
    const detinit_run *run;
} observed;

static detinit_status observe(void *context, const training_moment *moment, detinit_error *error)
{
    const observed *o = context;
    showcase_result *r = o->result;
    detinit_status status = DETINIT_OK;
    if (moment->epoch_done) {
        showcase_epoch *e = &r->epochs[moment->epoch];
        e->loss = moment->loss;
        status = measure(r, &r->net, o->run, &e->accuracy, error);
    }
    if (status == DETINIT_OK && o->observer != NULL)
        o->observer->observe(o->observer->context, r, moment);
    return status;
}

detinit_status showcase_train(const training_settings *how, uint64_t seed, showcase_result *r,
                              const showcase_observer *observer, const detinit_run *run,
                              detinit_error *error)
{
    observed o = {r, observer, run};
    const training plan = {.seed = seed,
                           .epochs = r->epoch_count,
                           .batch = (size_t)how->batch,
                           .learning_rate = how->learning_rate,
                           .decays = how->schedule == SCHEDULE_LINEAR,
                           .lambda = how->lambda,
                           .keep = how->keep,
                           .observe = observe,
                           .context = &o,
                           .observations = SHOWCASE_OBSERVATIONS};
    return train_network(&r->net, &r->data.train, &plan, run, error);
}

/* ----------------------------------------------------------------- pruning */

static int by_sleeping(const void *a, const void *b)
{
    const showcase_level *left = a, *right = b;
    if (left->sleeping != right->sleeping)
        return left->sleeping < right->sleeping ? -1 : 1;
    if (left->asked != right->asked && left->sleeping > 0)
        return left->asked ? -1 : 1; /* those that repeat it come behind it */
    return left->threshold < right->threshold ? -1 : left->threshold > right->threshold;
}

size_t showcase_sets_back(const showcase_result *r)
{
    return r->net.weight_count - prune_count_of_share(r->keep, r->net.weight_count);
}

/* How many weights are to sleep: what the user says, or all that the training set back. */
static size_t asked_count(threshold_choice choice, const showcase_result *r)
{
    if (choice.kind != THRESHOLD_SHARE && r->keep < 1)
        return showcase_sets_back(r);
    const double share = choice.kind == THRESHOLD_SHARE ? choice.value : SHOWCASE_SPARSITY;
    return prune_count_of_share(share, r->net.weight_count);
}

/* Chooses the levels: fixed thresholds, and the share that was asked for. */
static detinit_status choose_levels(threshold_choice choice, showcase_result *r,
                                    detinit_error *error)
{
    static const double thresholds[SHOWCASE_LEVELS - 1] = {-1, 0, 1e-5, 1e-3, 1e-2};
    const float *weights = r->net.weights;
    size_t count = r->net.weight_count;
    showcase_level asked = {.asked = true};
    detinit_status status = prune_kth_distance(weights, r->initial, count, asked_count(choice, r),
                                               &asked.threshold, error);
    if (status != DETINIT_OK)
        return status;
    asked.sleeping = prune_count_within(weights, r->initial, count, asked.threshold);
    for (size_t n = 0; n < SHOWCASE_LEVELS - 1; n++)
        r->levels[n] = (showcase_level){
            .threshold = thresholds[n],
            .sleeping = prune_count_within(weights, r->initial, count, thresholds[n])};
    r->levels[SHOWCASE_LEVELS - 1] = asked;
    qsort(r->levels, SHOWCASE_LEVELS, sizeof r->levels[0], by_sleeping);
    return DETINIT_OK;
}

detinit_status showcase_measure(const showcase_result *r, showcase_level *level,
                                const detinit_run *run, detinit_error *error)
{
    mlp pruned = r->net; /* its biases are the trained ones */
    detinit_status status = DETINIT_OK;
    pruned.weights = malloc(pruned.weight_count * sizeof *pruned.weights);
    if (pruned.weights == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for the showcase");
    for (int way = 0; way < DETINIT_PRUNE_COUNT && status == DETINIT_OK; way++) {
        status = prune_weights((detinit_prune)way, r->net.weights, r->initial, r->net.weight_count,
                               level->sleeping, pruned.weights, error);
        if (status == DETINIT_OK)
            status = measure(r, &pruned, run, &level->accuracy[way], error);
    }
    free(pruned.weights);
    return status;
}

const showcase_level *showcase_asked(const showcase_result *r)
{
    size_t n = 0;
    while (!r->levels[n].asked && n + 1 < SHOWCASE_LEVELS)
        n++;
    return &r->levels[n];
}

bool showcase_repeats(const showcase_result *r, size_t n)
{
    return n > 0 && r->levels[n].sleeping > 0 && r->levels[n].sleeping == r->levels[n - 1].sleeping;
}

static void count_layers(showcase_result *r)
{
    double threshold = showcase_asked(r)->threshold;
    for (size_t k = 0; k < r->net.layers; k++) {
        size_t first = mlp_first_weight(&r->net, k);
        r->layer_sleeping[k] = prune_count_within(r->net.weights + first, r->initial + first,
                                                  mlp_layer_count(&r->net, k), threshold);
    }
}

detinit_status showcase_prune(threshold_choice choice, showcase_result *r, const detinit_run *run,
                              detinit_error *error)
{
    detinit_status status = choose_levels(choice, r, error);
    if (status != DETINIT_OK)
        return status;
    count_layers(r);
    for (size_t n = 0; n < SHOWCASE_LEVELS && status == DETINIT_OK; n++) {
        if (showcase_repeats(r, n))
            memcpy(r->levels[n].accuracy, r->levels[n - 1].accuracy, sizeof r->levels[n].accuracy);
        else
            status = showcase_measure(r, &r->levels[n], run, error);
        if (status == DETINIT_OK)
            status = progress_tell(run, n + 1, SHOWCASE_LEVELS, error);
    }
    return status;
}
