/* The loop in which track/effect.c multiplies, compiled once for each instruction set. */
#ifndef DETINIT_KERNEL_EFFECT_KERNEL_H
#define DETINIT_KERNEL_EFFECT_KERNEL_H

#include <stddef.h>

/* Sums that run side by side, in registers. */
#define EFFECT_LANES ((size_t)16)

typedef struct effect_kernel {
    /*
     * y[lane] += factors[0] x[rows[0]][lane], then factors[1] x[rows[1]][lane], ...: `count` of
     * them, each product rounded and then each sum.
     */
    void (*add_products)(const double *factors, const unsigned char *rows, size_t count,
                         const double (*x)[EFFECT_LANES], double y[EFFECT_LANES]);
} effect_kernel;

#endif
