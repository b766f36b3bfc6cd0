#include "verb/showcase_report.h"

#include "detinit_pack.h"
#include "text/grouped.h"
#include "verb/report_value.h"

#include <stdio.h>

/* ------------------------------------------------------------------- texts */

static double percent(uint64_t part, uint64_t whole)
{
    return 100 * (double)part / (double)whole;
}

void showcase_print_heading(const settings *s, const showcase_result *r)
{
    const mlp *net = &r->net;
    if (!s->output.quiet)
        printf("SHOWCASE (seed=%llu, network=%s, mode=%s, float32)\n"
               "============================================================\n",
               (unsigned long long)s->recipe.seed, r->widths, detinit_mode_name(s->recipe.mode));
    if (r->missing)
        printf("Nothing in %s (Debian's package\n"
               "dataset-fashion-mnist), hence on data made by the program.\n",
               DATASET_FASHION_MNIST);
    printf("Data:     %s, %zu examples to train on, %zu to test on\n"
           "Network:  %zu weights, %zu biases that begin at 0\n"
           "Training: SGD, %llu examples a step, learning rate %g%s\n",
           r->directory != NULL ? r->directory : "made from the seed", r->data.train.count,
           r->data.test.count, net->weight_count, net->bias_count,
           (unsigned long long)s->training.batch, s->training.learning_rate,
           s->training.schedule == SCHEDULE_LINEAR ? " falling to 0" : "");
    if (s->training.lambda > 0)
        printf("          after each step weights move back by rate * %g (lambda)\n",
               s->training.lambda);
    if (r->keep < 1)
        printf("          %.3g %% of the weights keep their change, those that moved furthest\n"
               "          (keep); all others stand at their initial values at every step\n",
               100 * r->keep);
    printf("Bits:     initial weights are the same everywhere; products are OpenBLAS's, on %u\n"
           "          thread%s, and may differ a little on another machine or other --threads\n",
           r->threads, r->threads == 1 ? "" : "s");
    puts("\n  epoch  mean loss  test accuracy");
    fflush(stdout);
}

void showcase_print_epoch(const showcase_result *r, size_t epoch)
{
    const showcase_epoch *e = &r->epochs[epoch];
    if (epoch == 0)
        printf("  %5s  %9s  %11.2f %%\n", "none", "", 100 * e->accuracy);
    else
        printf("  %5zu  %9.4f  %11.2f %%\n", epoch, e->loss, 100 * e->accuracy);
    fflush(stdout);
}

static void print_layers(const showcase_result *r)
{
    const showcase_level *asked = showcase_asked(r);
    printf("\nChanged by more than %.3g\n  layer      shape     weights   changed\n",
           asked->threshold);
    for (size_t k = 0; k < r->net.layers; k++) {
        char shape[48];
        size_t count = mlp_layer_count(&r->net, k);
        snprintf(shape, sizeof shape, "%zu x %zu", r->net.widths[k + 1], r->net.widths[k]);
        printf("  %-5s %11s %10zu %7.1f %%\n", r->network.layers[k].name, shape, count,
               percent(count - r->layer_sleeping[k], count));
    }
}

static const char *level_text(const showcase_level *level, char *buffer, size_t size)
{
    if (level->threshold < 0)
        snprintf(buffer, size, "none: the trained network");
    else if (level->threshold == 0)
        snprintf(buffer, size, "unchanged exactly");
    else
        snprintf(buffer, size, "changed by at most %.3g", level->threshold);
    return buffer;
}

/* What each way costs, in points of accuracy. */
static void print_losses(const showcase_result *r)
{
    static const char *const ways[DETINIT_PRUNE_COUNT] = {"set back", "zeroed", "smallest zeroed"};
    const showcase_level *asked = showcase_asked(r);
    double trained = r->epochs[r->epoch_count].accuracy;
    printf("  At %.1f %%:", percent(asked->sleeping, r->net.weight_count));
    for (int way = 0; way < DETINIT_PRUNE_COUNT; way++)
        printf("%s %s %+.2f", way > 0 ? "," : "", ways[way],
               100 * (asked->accuracy[way] - trained));
    puts(" points.\n  All figures were measured in this run; other data may give others.");
}

static void print_levels(const showcase_result *r)
{
    printf("\nTest accuracy in %% after pruning, biases as trained\n"
           "  %-30s%7s %9s %9s %11s\n  %-30s%7s %9s %9s %11s\n",
           "weights called sleeping", "share", "sleeping", "sleeping", "as many of", "", "",
           "set back", "zeroed", "smallest |w|");
    for (size_t n = 0; n < SHOWCASE_LEVELS; n++) {
        const showcase_level *level = &r->levels[n];
        char text[64];
        if (showcase_repeats(r, n))
            continue;
        printf("%c %-30s%5.1f %% %9.2f %9.2f %11.2f\n", level->asked ? '>' : ' ',
               level_text(level, text, sizeof text), percent(level->sleeping, r->net.weight_count),
               100 * level->accuracy[DETINIT_PRUNE_INIT], 100 * level->accuracy[DETINIT_PRUNE_ZERO],
               100 * level->accuracy[DETINIT_PRUNE_MAGNITUDE]);
    }
    printf("  > is the share asked for, %s. Set back: to the initial value, which the\n"
           "  seed makes again. The last column zeroes the weights nearest to 0 instead.\n",
           showcase_sets_back(r) == showcase_asked(r)->sleeping ? "--keep" : "--sparsity");
    print_losses(r);
}

void showcase_print_pruning(const showcase_result *r)
{
    print_layers(r);
    print_levels(r);
}

void showcase_print_packing(const showcase_result *r)
{
    const detinit_packing *p = &r->packing;
    char packed[32], dense[32];
    printf("\nPacked at that share: %s bytes instead of %s, %.1f %%: biases, changed weights,\n"
           "  a bit for each weight. Unpacked: %s.\n",
           grouped(p->bytes, packed), grouped(p->dense_bytes, dense),
           percent(p->bytes, p->dense_bytes),
           r->unpacks ? "sleeping weights set back, every bit the same"
                      : "not the network with sleeping weights set back");
}

/* -------------------------------------------------------------------- JSON */

static json_t *epochs_json(const showcase_result *r)
{
    json_t *epochs = json_array();
    for (size_t n = 0; n <= r->epoch_count; n++)
        json_array_append_new(epochs, json_pack("{s:I, s:o, s:f}", "epoch", (json_int_t)n, "loss",
                                                report_real(r->epochs[n].loss), "accuracy",
                                                r->epochs[n].accuracy));
    return epochs;
}

static json_t *layers_json(const showcase_result *r)
{
    json_t *layers = json_array();
    for (size_t k = 0; k < r->net.layers; k++) {
        size_t count = mlp_layer_count(&r->net, k);
        json_array_append_new(
            layers,
            json_pack("{s:s, s:[I,I], s:I, s:I}", "name", r->network.layers[k].name, "shape",
                      (json_int_t)r->net.widths[k + 1], (json_int_t)r->net.widths[k], "weights",
                      (json_int_t)count, "changed", (json_int_t)(count - r->layer_sleeping[k])));
    }
    return layers;
}

static json_t *levels_json(const showcase_result *r)
{
    json_t *levels = json_array();
    for (size_t n = 0; n < SHOWCASE_LEVELS; n++) {
        const showcase_level *level = &r->levels[n];
        json_t *threshold = level->threshold < 0 ? json_null() : json_real(level->threshold);
        json_array_append_new(
            levels,
            json_pack("{s:o, s:b, s:I, s:f, s:{s:f, s:f, s:f}}", "threshold", threshold,
                      "asked_for", level->asked, "sleeping", (json_int_t)level->sleeping, "share",
                      percent(level->sleeping, r->net.weight_count) / 100, "accuracy",
                      detinit_prune_name(DETINIT_PRUNE_INIT), level->accuracy[DETINIT_PRUNE_INIT],
                      detinit_prune_name(DETINIT_PRUNE_ZERO), level->accuracy[DETINIT_PRUNE_ZERO],
                      detinit_prune_name(DETINIT_PRUNE_MAGNITUDE),
                      level->accuracy[DETINIT_PRUNE_MAGNITUDE]));
    }
    return levels;
}

static json_t *packing_json(const showcase_result *r)
{
    const detinit_packing *p = &r->packing;
    return json_pack("{s:f, s:I, s:I, s:I, s:b}", "threshold", p->threshold, "stored_weights",
                     (json_int_t)p->stored_weights, "dense_bytes", (json_int_t)p->dense_bytes,
                     "bytes", (json_int_t)p->bytes, "unpacks_to_the_same_bits", r->unpacks);
}

static json_t *root_json(const settings *s, const showcase_result *r)
{
    json_t *root = json_pack(
        "{s:o, s:s, s:s, s:s?, s:b, s:I, s:I, s:I, s:I}", "seed", report_whole(s->recipe.seed),
        "network", r->widths, "mode", detinit_mode_name(s->recipe.mode), "data", r->directory,
        "fallback", r->missing, "train_examples", (json_int_t)r->data.train.count, "test_examples",
        (json_int_t)r->data.test.count, "weights", (json_int_t)r->net.weight_count, "biases",
        (json_int_t)r->net.bias_count);
    json_t *how =
        json_pack("{s:f, s:s, s:I, s:f, s:f, s:I}", "learning_rate", s->training.learning_rate,
                  "schedule", s->training.schedule == SCHEDULE_LINEAR ? "linear" : "constant",
                  "batch", (json_int_t)s->training.batch, "lambda", s->training.lambda, "keep",
                  s->training.keep, "threads", (json_int_t)r->threads);
    json_t *results =
        json_pack("{s:o, s:o, s:o, s:o}", "epochs", epochs_json(r), "layers", layers_json(r),
                  "pruning", levels_json(r), "packing", packing_json(r));
    if (json_object_update(root, how) != 0 || json_object_update(root, results) != 0) {
        json_decref(root);
        root = NULL;
    }
    json_decref(how);
    json_decref(results);
    return root;
}

detinit_status showcase_print_json(const settings *s, const showcase_result *r,
                                   detinit_error *error)
{
    return report_print(root_json(s, r), error);
}
