/*
 * Trains the showcase's network on request, on one thread: reads one training a line,
 *
 *     SEED EPOCHS BATCH RATE LAMBDA KEEP
 *
 * with a rate that falls to 0, and answers with its test accuracy, 0 .. 1, on a line.  The data
 * are read once, and no pruning is measured, so that many seeds take a bearable time; what comes
 * out is what `detinit showcase --threads 1` says of the same training.  bench_keep.py drives it.
 */
#include "detinit_network.h"
#include "train/train.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn static void fail(const detinit_error *error)
{
    fprintf(stderr, "bench_keep: %s\n", error->message);
    exit(EXIT_FAILURE);
}

static void check(detinit_status status, const detinit_error *error)
{
    if (status != DETINIT_OK)
        fail(error);
}

static double accuracy_of(const training *how, const dataset *data)
{
    static const size_t widths[] = {784, 256, 128, 10};
    const detinit_run run = {.threads = 1};
    detinit_recipe like = detinit_recipe_matrix(how->seed, 0, 1, 1);
    detinit_network recipes;
    detinit_error error;
    size_t correct;
    mlp net;
    like.dtype = DETINIT_FLOAT32;
    check(detinit_network_layers("784-256-128-10", &like, &recipes, &error), &error);
    check(mlp_new(widths, 3, &net, &error), &error);
    check(mlp_initialize(&net, &recipes, &run, &error), &error);
    check(train_network(&net, &data->train, how, &run, &error), &error);
    check(mlp_correct(&net, &data->test, 1, &correct, &error), &error);
    mlp_free(&net);
    detinit_network_free(&recipes);
    return (double)correct / (double)data->test.count;
}

int main(int argc, char **argv)
{
    dataset data;
    detinit_error error;
    training how = {.decays = true};
    check(dataset_read(argc > 1 ? argv[1] : DATASET_FASHION_MNIST, &data, &error), &error);
    while (scanf("%" SCNu64 " %zu %zu %lf %lf %lf", &how.seed, &how.epochs, &how.batch,
                 &how.learning_rate, &how.lambda, &how.keep) == 6) {
        printf("%.4f\n", accuracy_of(&how, &data));
        fflush(stdout);
    }
    dataset_free(&data);
    return EXIT_SUCCESS;
}
