/* Pieces of a few thousand weights beside others: what all who compare weights find in them. */
#ifndef DETINIT_TRACK_PIECE_H
#define DETINIT_TRACK_PIECE_H

#include "detinit_track.h"
#include "kernel/kernels.h"

#include <stdatomic.h>

/* CHANGE_PIECE consecutive weights, or the last ones of the tensor. */
typedef struct piece {
    uint64_t first;
    size_t count;
    const unsigned char *initial, *trained;
} piece;

/* How they are compared: all zero but for what is told of the pass. */
typedef struct piece_comparison {
    const change_kernel *kernel;
    detinit_dtype dtype;
    double threshold;
    /* Of a max_delta that was found: smaller ones are not looked for. */
    atomic_uint_fast64_t max_bits;
} piece_comparison;

/* What is counted in pieces, beside sums. */
typedef struct piece_figures {
    uint64_t changed, unchanged, not_finite;
    double max_delta;
    uint64_t max_position, first_difference; /* UINT64_MAX: there is none */
    uint64_t histogram[DETINIT_CHANGE_BINS];
} piece_figures;

/* The bin of an |w - w0| below infinity. */
size_t piece_bin(double delta);

double piece_sum_lanes(const double *lanes, size_t count);

/* How many weights are compared at once: with zeros behind them up to a whole number of steps. */
size_t piece_padded(size_t count);

/* The same piece with zeros behind it, in two rooms of CHANGE_PIECE doubles that are all zero. */
piece piece_with_zeros(const piece *p, detinit_dtype dtype, void *initial, void *trained);

/*
 * Adds what the kernel's `compare` found in a piece of which all |w - w0| are within its range,
 * padded by zeros: the bins, and a larger |w - w0| than any before.
 */
void piece_take(piece_comparison *c, const piece *p, size_t padded, const change_piece *found,
                piece_figures *out);

/* Adds one finite |w - w0|, and its place. */
void piece_take_delta(double delta, uint64_t place, piece_figures *out);

/* Where the first weight lies whose bits are not the same; there is one. */
uint64_t piece_first_difference(const piece_comparison *c, const piece *p);

/* Adds what lies behind. */
void piece_join(piece_figures *to, const piece_figures *behind);

#endif
