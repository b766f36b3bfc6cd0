/* Labelled examples to train and to test on: IDX files, or made. */
#ifndef DETINIT_TRAIN_DATASET_H
#define DETINIT_TRAIN_DATASET_H

#include "detinit.h"

/* Where Debian's package dataset-fashion-mnist puts its files. */
#define DATASET_FASHION_MNIST "/usr/share/datasets/fashion-mnist"

typedef struct examples {
    float *inputs;         /* count * features, row-major */
    unsigned char *labels; /* count, each below `classes` */
    size_t count, features, classes;
} examples;

typedef struct dataset {
    examples train, test;
} dataset;

/* Room for so many examples, to be filled, `classes` too; freed by examples_free. */
detinit_status examples_new(size_t count, size_t features, examples *out, detinit_error *error);
void examples_free(examples *e);

/* Whether a directory holds IDX training images, gzipped or not. */
bool dataset_is_in(const char *directory);

/*
 * Reads {train,t10k}-{images-idx3,labels-idx1}-ubyte[.gz] of a directory; pixels become
 * 0 .. 1.  DETINIT_INVALID says what is wrong in which file, DETINIT_IO that it could not
 * be read.  Freed by dataset_free.
 */
detinit_status dataset_read(const char *directory, dataset *out, detinit_error *error);

/* The same of one pair of files; `classes` becomes the largest label + 1. */
detinit_status examples_read(const char *images, const char *labels, examples *out,
                             detinit_error *error);

/*
 * A data set of `features` inputs in `classes` classes, the same for the same seed: each
 * class has a prototype, each example is its class's prototype plus noise, all normal
 * draws of the generator.  Classes take turns.  `spread` is the standard deviation of prototypes
 * where that of the noise is 1: two of them lie spread sqrt(2 features) apart.  Freed by
 * dataset_free.
 */
detinit_status dataset_make(uint64_t seed, size_t features, size_t classes, double spread,
                            size_t train, size_t test, dataset *out, detinit_error *error);

void dataset_free(dataset *d);

#endif
