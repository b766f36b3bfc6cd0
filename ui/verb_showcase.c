/* The command showcase: says what the showcase measures. */
#include "option.h"
#include "progress.h"
#include "refuse.h"
#include "showcase.h"
#include "verb.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static bool check(const settings *s, detinit_error *error)
{
    static const option_id given_by_network[] = {OPTION_LAYER, OPTION_ROWS, OPTION_COLS,
                                                 OPTION_FAN_IN, OPTION_DTYPE};
    for (size_t n = 0; n < sizeof given_by_network / sizeof given_by_network[0]; n++)
        if (s->given[given_by_network[n]])
            return refuse(error,
                          "--%s: does not go with the command showcase, whose network "
                          "sets it",
                          options[given_by_network[n]].name);
    if (s->small && s->data != NULL)
        return refuse(error, "--small: has data of its own; leave --data out");
    if (s->format == OUTPUT_CSV)
        return refuse(error, "--format: showcase prints text or json");
    return true;
}

/* ------------------------------------------------------------------- texts */

static double percent(size_t part, size_t whole)
{
    return 100 * (double)part / (double)whole;
}

static void print_heading(const settings *s, const showcase_result *r)
{
    const mlp *net = &r->net;
    if (!s->quiet)
        printf("SHOWCASE (seed=%llu, network=%s, mode=%s, float32)\n"
               "============================================================\n",
               (unsigned long long)s->recipe.seed, r->widths, detinit_mode_name(s->recipe.mode));
    if (r->missing)
        printf("Nothing in %s (Debian's package\n"
               "dataset-fashion-mnist), hence on data made by the program.\n",
               DATASET_FASHION_MNIST);
    printf("Data:     %s, %zu examples to train on, %zu to test on\n"
           "Network:  %zu weights, %zu biases that begin at 0\n"
           "Training: SGD, learning rate %g, %llu examples a step",
           r->directory != NULL ? r->directory : "made from the seed", r->data.train.count,
           r->data.test.count, net->weight_count, net->bias_count, s->learning_rate,
           (unsigned long long)s->batch);
    if (s->lambda > 0)
        printf(", lambda %g", s->lambda);
    puts("\n\n  epoch  mean loss  test accuracy");
    fflush(stdout);
}

/* What looking on at the training needs: the bar makes way for the line of an epoch. */
typedef struct onlooker {
    progress bar;
    bool prints;
} onlooker;

static void print_epoch(void *context, const showcase_result *r, const training_moment *moment)
{
    onlooker *o = context;
    const showcase_epoch *e = &r->epochs[moment->epoch];
    if (!moment->epoch_done || !o->prints)
        return;
    progress_end(&o->bar);
    if (moment->epoch == 0)
        printf("  %5s  %9s  %11.2f %%\n", "none", "", 100 * e->accuracy);
    else
        printf("  %5zu  %9.4f  %11.2f %%\n", moment->epoch, e->loss, 100 * e->accuracy);
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

static void print_levels(const showcase_result *r)
{
    printf("\nTest accuracy in %% after pruning, biases as trained\n"
           "  %-30s%7s %9s %9s %11s\n  %-30s%7s %9s %9s %11s\n",
           "weights called sleeping", "share", "sleeping", "sleeping", "as many of", "", "",
           "set back", "zeroed", "smallest |w|");
    for (size_t n = 0; n < SHOWCASE_LEVELS; n++) {
        const showcase_level *level = &r->levels[n];
        char text[64];
        printf("%c %-30s%5.1f %% %9.2f %9.2f %11.2f\n", level->asked ? '>' : ' ',
               level_text(level, text, sizeof text), percent(level->sleeping, r->net.weight_count),
               100 * level->accuracy[PRUNE_TO_INIT], 100 * level->accuracy[PRUNE_TO_ZERO],
               100 * level->accuracy[PRUNE_BY_MAGNITUDE]);
    }
    puts("  > is the share asked for, --sparsity. Set back: to the initial value, which the\n"
         "  seed makes again. The last column zeroes the weights nearest to 0 instead.\n"
         "  All figures were measured in this run; other data may give others.");
}

/* -------------------------------------------------------------------- JSON */

static json_t *real_or_null(double value)
{
    return value == value ? json_real(value) : json_null();
}

static json_t *epochs_json(const showcase_result *r)
{
    json_t *epochs = json_array();
    for (size_t n = 0; n <= r->epoch_count; n++)
        json_array_append_new(epochs, json_pack("{s:I, s:o, s:f}", "epoch", (json_int_t)n, "loss",
                                                real_or_null(r->epochs[n].loss), "accuracy",
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
        json_array_append_new(levels, json_pack("{s:o, s:b, s:I, s:f, s:{s:f, s:f, s:f}}",
                                                "threshold", threshold, "asked_for", level->asked,
                                                "sleeping", (json_int_t)level->sleeping, "share",
                                                percent(level->sleeping, r->net.weight_count) / 100,
                                                "accuracy", "init", level->accuracy[PRUNE_TO_INIT],
                                                "zero", level->accuracy[PRUNE_TO_ZERO], "magnitude",
                                                level->accuracy[PRUNE_BY_MAGNITUDE]));
    }
    return levels;
}

static detinit_status print_json(const settings *s, const showcase_result *r, detinit_error *error)
{
    char seed[24];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)s->recipe.seed);
    json_t *root =
        json_pack("{s:o, s:s, s:s, s:s?, s:I, s:I, s:I, s:I, s:f, s:I, s:f, s:o, s:o, s:o}", "seed",
                  s->recipe.seed <= (uint64_t)1 << 53 ? json_integer((json_int_t)s->recipe.seed)
                                                      : json_string(seed),
                  "network", r->widths, "mode", detinit_mode_name(s->recipe.mode), "data",
                  r->directory, "train_examples", (json_int_t)r->data.train.count, "test_examples",
                  (json_int_t)r->data.test.count, "weights", (json_int_t)r->net.weight_count,
                  "biases", (json_int_t)r->net.bias_count, "learning_rate", s->learning_rate,
                  "batch", (json_int_t)s->batch, "lambda", s->lambda, "epochs", epochs_json(r),
                  "layers", layers_json(r), "pruning", levels_json(r));
    bool printed = root != NULL && json_dumpf(root, stdout, JSON_INDENT(2)) == 0;
    json_decref(root);
    if (printed) {
        putchar('\n');
        return DETINIT_OK;
    }
    refuse(error, "the result could not be written as JSON");
    return error->status = DETINIT_IO;
}

/* Trains and prunes; prints epochs as they are done. */
static detinit_status train_and_prune(const settings *s, showcase_result *r, detinit_error *error)
{
    onlooker o = {.prints = s->format == OUTPUT_TEXT};
    showcase_watcher watcher = {print_epoch, &o};
    detinit_run run = progress_run(&o.bar, "training", s);
    detinit_status status = showcase_train(s, r, &watcher, &run, error);
    progress_end(&o.bar);
    if (status != DETINIT_OK)
        return status;
    run = progress_run(&o.bar, "pruning", s);
    status = showcase_prune(s, r, &run, error);
    progress_end(&o.bar);
    return status;
}

/* Trains, prunes and saves, and prints text as it goes. `writer` is NULL where nothing is saved. */
static detinit_status run(const settings *s, showcase_result *r, detinit_tensorwriter *writer,
                          detinit_error *error)
{
    uint64_t bytes = 0;
    bool text = s->format == OUTPUT_TEXT;
    if (text)
        print_heading(s, r);
    detinit_status status = train_and_prune(s, r, error);
    if (status != DETINIT_OK) {
        detinit_tensorwriter_abandon(writer);
        return status;
    }
    if (text) {
        print_layers(r);
        print_levels(r);
    }
    if (writer != NULL)
        status = showcase_save(r, writer, &bytes, error);
    if (status == DETINIT_OK && writer != NULL && text)
        printf("\nSaved the trained network: %s (%llu bytes)\n", s->save,
               (unsigned long long)bytes);
    return status == DETINIT_OK && !text ? print_json(s, r, error) : status;
}

detinit_status verb_showcase(const settings *s, detinit_error *error)
{
    showcase_result r = {0};
    detinit_tensorwriter *writer = NULL;
    detinit_run start = {.threads = (unsigned)s->threads};
    if (!check(s, error))
        return DETINIT_INVALID;
    detinit_status status = showcase_prepare(s, &r, &start, error);
    if (status == DETINIT_OK && s->save != NULL)
        status = showcase_open_file(s, &r, &writer, error);
    if (status == DETINIT_OK)
        status = run(s, &r, writer, error);
    showcase_free(&r);
    return status;
}
