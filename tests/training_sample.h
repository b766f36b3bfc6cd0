/* A made network, as if it had been trained: the same on every machine, without a training. */
#ifndef TESTS_TRAINING_SAMPLE_H
#define TESTS_TRAINING_SAMPLE_H

#include "trained/trained_network.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLE_POINTS = 60, SAMPLE_EPOCHS = 3, SAMPLE_STEPS = 141 };

/* How far weight `n` of a layer has come when a share `moved` of the way is done. */
static inline double sample_delta(size_t layer, size_t n, double moved)
{
    static const double reach[] = {0.01, 0.02, 0.08};
    const uint64_t first[] = {layer, n, 0}, second[] = {layer, n, 1};
    double a = detinit_gaussian(7, first, 3), b = detinit_gaussian(7, second, 3);
    if (n % 50 >= 46) /* some inputs tell nothing */
        return 0;
    return fabs(a * b) * reach[layer] * sqrt(moved);
}

/* Lets a share of the way be done, at this point of SAMPLE_POINTS. */
static inline void sample_point(trained_network *t, size_t point)
{
    for (size_t k = 0; k < t->layer_count; k++) {
        trained_layer *layer = &t->layers[k];
        for (size_t n = 0; n < layer->total; n++)
            layer->held[n] = sample_delta(k, n, (double)point / SAMPLE_POINTS);
        trained_layer_clear(layer);
        trained_layer_add(layer, layer->held, layer->total);
    }
    trained_network_finish(t);
    t->step = point * SAMPLE_STEPS / SAMPLE_POINTS;
    t->epoch = point * SAMPLE_EPOCHS / SAMPLE_POINTS;
    if (t->steps > 0)
        trained_add_point(t);
}

static inline void sample_measure(trained_network *t)
{
    static const trained_pruning levels[] = {
        {-1, 0, {0.8295, 0.8295, 0.8295}},
        {0, 488, {0.8295, 0.8295, 0.829}},
        {0x1p-7, 4331, {0.8300, 0.7995, 0.8260}},
    };
    for (size_t n = 0; n < sizeof levels / sizeof levels[0]; n++) {
        trained_pruning level = levels[n];
        trained_set_threshold(t, level.threshold);
        level.sleeping = n == 0 ? 0 : t->total - t->awake;
        trained_add_pruning(t, &level);
    }
}

/*
 * The network 100-50-20-5 after so many points of SAMPLE_POINTS, at the end with prunings that were
 * measured, or as from a file, where `from_file`.  Freed by trained_network_free.
 */
static inline trained_network *sample_network(size_t points, bool from_file)
{
    static const size_t widths[] = {100, 50, 20, 5};
    static const trained_epoch epochs[] = {
        {NAN, 0.193}, {1.0357, 0.766}, {0.5138, 0.827}, {0.4275, 0.8295}};
    trained_network *t = trained_network_new(3, from_file ? 0 : SAMPLE_EPOCHS);
    if (t == NULL)
        return NULL;
    snprintf(t->source, sizeof t->source,
             from_file ? "net.safetensors" : "100-50-20-5 on made data");
    snprintf(t->recipe, sizeof t->recipe, from_file ? "recipes of its manifest" : "seed 42, he");
    snprintf(t->command, sizeof t->command,
             from_file ? "detinit analyze net.safetensors"
                       : "detinit showcase --seed 42 --mode he --small");
    for (size_t k = 0; k < 3; k++) {
        char name[8];
        snprintf(name, sizeof name, "fc%zu", k + 1);
        if (!trained_layer_shape(&t->layers[k], name, widths[k + 1], widths[k],
                                 widths[k + 1] * widths[k]))
            return NULL;
    }
    t->layers[0].picture_rows = t->layers[0].picture_cols = 10; /* as if they were images */
    if (!from_file) {
        t->steps = SAMPLE_STEPS;
        memcpy(t->epoch_rows, epochs, sizeof epochs);
    }
    for (size_t point = from_file ? points : 0; point <= points; point++)
        sample_point(t, point);
    t->ended = from_file || points == SAMPLE_POINTS;
    if (t->ended && !from_file)
        sample_measure(t);
    return t;
}

#endif
