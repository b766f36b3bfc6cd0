/* A model that watches a file: a history made of a formula, the same on every machine. */
#ifndef TESTS_WATCH_SAMPLE_H
#define TESTS_WATCH_SAMPLE_H

#include "model/model.h"

#include <stdio.h>

/* Adds the line of a step: the share awake of layer n grows with it, the faster the larger n is. */
static inline bool sample_line(history *h, unsigned step, unsigned layers)
{
    char line[16384];
    int length = snprintf(line, sizeof line,
                          "{\"step\": %u, \"threshold\": 0.001, \"weights\": %u, \"changed\": %u, "
                          "\"awake\": %.17g, \"tensors\": {",
                          step, 1024 * layers, step / 2 * layers, step / 2 / 1024.0);
    static const char *const kinds[] = {"self_attn.q_proj", "mlp.down_proj", "norm"};
    for (unsigned n = 0; n < layers; n++) {
        const unsigned changed = step * (n + 1) / layers;
        length += snprintf(line + length, sizeof line - (size_t)length,
                           "%s\"model.layers.%u.%s.weight\": {\"awake\": %.17g, "
                           "\"changed\": %u, \"mean_delta\": %.17g, \"max_delta\": %.17g, "
                           "\"decay\": %s, \"norm\": %.17g, \"std\": %.17g, "
                           "\"spectral\": %s}",
                           n > 0 ? ", " : "", n / 3, kinds[n % 3], changed / 1024.0, changed,
                           step / 65536.0, step / 8192.0, n % 2 == 0 ? "0.96875" : "null",
                           16 + step / 256.0 + n, 0.5 + step / 16384.0,
                           n % 3 == 2   ? "null"
                           : n % 3 == 1 ? "2.25"
                                        : "1.5");
    }
    length += snprintf(line + length, sizeof line - (size_t)length, "}}");
    return history_add(h, line, (size_t)length, NULL) == DETINIT_OK;
}

/* Adds the line of a checkpoint of two tensors, of whose initial weights nobody knows. */
static inline bool sample_checkpoint(history *h, unsigned step)
{
    char line[600];
    const int length = snprintf(
        line, sizeof line,
        "{\"step\": %u, \"weights\": 33554944, \"sampled\": true, \"tensors\": {"
        "\"fc.weight\": {\"weights\": 33554432, \"norm\": %.17g, \"std\": %.17g, "
        "\"spectral\": null}, \"fc.bias\": {\"weights\": 512, \"norm\": %.17g, \"std\": 0.25, "
        "\"spectral\": 1.5}}}",
        step, 120 - 2048.0 / (step + 32), 0.0625 - 1.0 / (step + 64), step / 256.0);
    return history_add(h, line, (size_t)length, NULL) == DETINIT_OK;
}

/* A folder of checkpoints, followed. */
static inline bool sample_checkpoints(model *m)
{
    bool good = true;
    snprintf(m->watch.path, sizeof m->watch.path, "runs/7b");
    snprintf(m->watch.line, sizeof m->watch.line, "detinit watch runs/7b");
    for (unsigned n = 1; n <= 16; n++)
        good = sample_checkpoint(&m->watch.history, 64 * n) && good;
    m->watch.looked = m->watch.there = true;
    m->watch.number = 1;
    return good;
}

/* So many lines, 64 steps apart, of so many layers, which are 30 at most; 0 lines: a file that is
 * not there yet. */
static inline bool sample_watch(model *m, unsigned lines, unsigned layers)
{
    bool good = true;
    snprintf(m->watch.path, sizeof m->watch.path, "runs/awake.jsonl");
    snprintf(m->watch.line, sizeof m->watch.line, "detinit watch runs/awake.jsonl");
    for (unsigned n = 0; n < lines; n++)
        good = sample_line(&m->watch.history, 64 * n, layers) && good;
    m->watch.looked = true;
    m->watch.there = lines > 0;
    m->watch.rate = 12.5;
    m->watch.number = 1;
    return good;
}

#endif
