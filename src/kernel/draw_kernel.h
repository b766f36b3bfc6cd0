/*
 * Many draws at once, the same bits as one at a time.  draw_kernel.c is compiled once
 * for each instruction set; a matrix picks one when it is made.
 *
 * They read and write exactly `count` hashed indices and weights, but for hash_indices.
 */
#ifndef DETINIT_KERNEL_DRAW_KERNEL_H
#define DETINIT_KERNEL_DRAW_KERNEL_H

#include "detinit.h"

#define DRAW_STEP 16

typedef struct draw_kernel {
    /*
     * hashed[n] = hash64(first + n): what columns contribute to keys, the same for
     * all rows.  Writes on to a multiple of DRAW_STEP.
     */
    void (*hash_indices)(uint64_t first, size_t count, uint64_t *hashed);

    /*
     * out[n] = std times the draw of `dist` (never DETINIT_DIST_OF_MODE), cut at `cut` where it
     * is truncated, at the address with the key hash64(row_key ^ hashed[n]), rounded to `dtype`.
     */
    void (*draw)(detinit_dist dist, double cut, uint64_t row_key, const uint64_t *hashed,
                 size_t count, double std, detinit_dtype dtype, void *out);

    /* out[n] = std * draws[n], rounded to `dtype`. */
    void (*scale)(double std, const double *draws, size_t count, detinit_dtype dtype, void *out);
} draw_kernel;

#endif
