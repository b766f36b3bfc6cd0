/*
 * The bulk kernels: many draws at once, the same bits as one at a time.  kernel.c
 * is compiled once for each instruction set; a matrix picks one when it is made.
 */
#ifndef DETINIT_KERNEL_H
#define DETINIT_KERNEL_H

#include "detinit.h"

typedef struct kernel {
    /* hashed[n] = hash64(first + n): what columns contribute to keys, the same for all rows. */
    void (*hash_indices)(uint64_t first, size_t count, uint64_t *hashed);

    /* keys[n]: row_key folded with the index hashed[n] stands for. */
    void (*fold_row)(uint64_t row_key, const uint64_t *hashed, size_t count, uint64_t *keys);

    /* out[n] = the draw of `dist` (never DETINIT_DIST_OF_MODE) at the address with keys[n]. */
    void (*draw)(detinit_dist dist, const uint64_t *keys, size_t count, double *out);

    /* out[n] = std * draws[n], rounded to `dtype`; `out` may be `draws` for float64. */
    void (*scale)(double std, const double *draws, size_t count, detinit_dtype dtype, void *out);
} kernel;

/* The kernels that detinit_isa_available(isa) names. */
const kernel *kernel_for(detinit_isa isa);

#endif
