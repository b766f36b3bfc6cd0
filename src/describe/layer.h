/*
 * Weights at work in a layer, drawn as they are needed: a batch that goes through it is all that
 * is held.
 *
 * Values of a batch lie unit by unit: that of unit u and input n at [u * lanes + n], where lanes
 * is the batch, rounded up to a multiple of LAYER_LANES.
 */
#ifndef DETINIT_DESCRIBE_LAYER_H
#define DETINIT_DESCRIBE_LAYER_H

#include "base/names.h"
#include "detinit.h"
#include "kernel/orthogonal_kernel.h"

#define LAYER_LANES PANEL

extern const name_table normalization_names; /* in propagation.c */

/* What layer normalization adds to variances: PyTorch's eps. */
#define NORMALIZATION_EPS 1e-5

/* Units that are made together: the tasks of threads. */
#define LAYER_UNITS ((size_t)32)

/* What is drawn beside weights, for numbers of its own: see detinit_describe.h. */
typedef enum layer_use {
    LAYER_INPUTS,
    LAYER_BIASES,
    LAYER_TOP_GRADIENT,
    LAYER_TRAINING_INPUTS,
    LAYER_TRAINING_TARGETS
} layer_use;

/* The standard normal at the address (2^64 - 1, use, n, unit), which no weight has. */
double layer_normal(uint64_t seed, layer_use use, uint64_t n, uint64_t unit);

/*
 * The scheme of a recipe in a layer of so many inputs and outputs: a float64 matrix with the fans
 * of this shape.  A kernel's scheme is that of its centre.  DETINIT_INVALID of a fused one, and
 * where the recipe is not valid.
 */
detinit_status layer_recipe(const detinit_recipe *recipe, size_t inputs, size_t outputs,
                            detinit_recipe *out, detinit_error *error);

typedef struct layer_pass {
    const detinit_matrix *matrix; /* what weights are drawn from; NULL where they are held */
    const double *held;           /* weight (row, col) at [row * stride + col] */
    size_t stride;
    bool turned;  /* the units that are made are the matrix's columns, not its rows */
    size_t depth; /* what each of them sums over */
    size_t lanes;
    const orthogonal_kernel *kernel;
} layer_pass;

/*
 * From `units` of y, which begins with unit `first`, takes their sums of weights times x, term by
 * term in order: the bits do not depend on how units are shared out, nor on the kernel.
 */
void layer_subtract(const layer_pass *pass, size_t first, size_t units, const double *x, double *y);

#endif
