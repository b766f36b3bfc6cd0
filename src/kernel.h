/*
 * The bulk kernels: many draws at once, the same bits as one at a time.  kernel.c
 * is compiled once for each instruction set; a matrix picks one when it is made.
 *
 * Kernels work on whole vectors.  Where a count is not a multiple of
 * KERNEL_STEP they read and write on up to the next one: arrays have room for
 * that, with any numbers in it.
 */
#ifndef DETINIT_KERNEL_H
#define DETINIT_KERNEL_H

#include "detinit.h"

#define KERNEL_STEP  8
#define KERNEL_CHUNK 512 /* the most draws at a time: what is made of them stays in cache */

typedef struct kernel {
    /* hashed[n] = hash64(first + n): what columns contribute to keys, the same for all rows. */
    void (*hash_indices)(uint64_t first, size_t count, uint64_t *hashed);

    /*
     * out[n] = std times the draw of `dist` (never DETINIT_DIST_OF_MODE) at the
     * address whose key is hash64(unhashed[n]): the key of its row xor the
     * hashed index of its column.  `count` is at most KERNEL_CHUNK.
     */
    void (*draw)(detinit_dist dist, const uint64_t *unhashed, size_t count, double std,
                 double *out);

    /* Rounds `count` weights to `dtype`, exactly `count` of them. */
    void (*encode)(detinit_dtype dtype, const double *weights, size_t count, void *out);
} kernel;

/* The kernels that detinit_isa_available(isa) names. */
const kernel *kernel_for(detinit_isa isa);

#endif
