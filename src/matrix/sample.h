/*
 * The reproducible sample of a large matrix: stretches of consecutive weights at
 * places hashed from the shape, the same for every seed, none overlapping another.
 */
#ifndef DETINIT_MATRIX_SAMPLE_H
#define DETINIT_MATRIX_SAMPLE_H

#include "detinit.h"

/* Stretches are windows of `rows` x `cols` weights, consecutive in storage order. */
struct sample {
    size_t rows, cols;
    uint64_t stretches;
    uint64_t matrix_rows, matrix_cols;
    uint64_t bands; /* of `rows` rows each */
    uint64_t slots; /* of `cols` columns each in a band */
};

/* The sample of a matrix of more than DETINIT_KS_COUNT weights: at most that many. */
struct sample sample_of(const detinit_recipe *recipe);

/* Where stretch k < stretches begins. */
void sample_place(const struct sample *sample, uint64_t k, uint64_t *row, uint64_t *col);

/* Weights in the whole sample. */
size_t sample_count(const struct sample *sample);

#endif
