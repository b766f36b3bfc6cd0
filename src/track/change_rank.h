/*
 * The effective rank of a change, from some of its rows and columns: see detinit_difference.  The
 * sample is gathered while others go through the weights, and costs no reading of its own.
 */
#ifndef DETINIT_TRACK_CHANGE_RANK_H
#define DETINIT_TRACK_CHANGE_RANK_H

#include "detinit_diff.h"

typedef struct change_rank {
    uint64_t rows, cols;         /* of the matrix */
    size_t row_count, col_count; /* of the sample; 0: there is nothing to be found */
    uint64_t row_at[DETINIT_RANK_LONGER], col_at[DETINIT_RANK_LONGER]; /* ascending */
    double *values; /* b - a where they cross, row by row; 0 where not finite */
} change_rank;

/* Chooses the sample of a tensor.  False without memory.  Ended by change_rank_free. */
bool change_rank_begin(change_rank *r, const detinit_tensor *tensor);
void change_rank_free(change_rank *r);

/* Gathers what consecutive items from number `first` on have of the sample; for any thread, each
 * item once. */
void change_rank_take(change_rank *r, uint64_t first, size_t count, detinit_dtype dtype,
                      const unsigned char *a, const unsigned char *b);

/* The effective rank; 0 where the sample has no change.  False without memory. */
bool change_rank_finish(change_rank *r, double *rank);

/* Whether it is no more than a sample. */
bool change_rank_sampled(const change_rank *r);

#endif
