/*
 * The loops in which orthogonal.c spends its time, compiled once for each
 * instruction set.
 *
 * Matrices lie in columns: entry (r, c) at [r + c * stride].  Row counts
 * are multiples of PANEL, where not said otherwise: orthogonal.c pads with zeros.
 * Each result is one chain of roundings that these comments fix; vector widths
 * and tiles only decide how many chains run side by side.
 */
#ifndef DETINIT_KERNEL_ORTHOGONAL_KERNEL_H
#define DETINIT_KERNEL_ORTHOGONAL_KERNEL_H

#include <stddef.h>

#define PANEL ((size_t)32) /* columns that are factored together */

typedef struct orthogonal_kernel {
    /*
     * C -= A B, C of rows x cols, A of rows x depth: each entry of C becomes
     * ((c - a_0 b_0) - a_1 b_1) - ... in order of depth.
     */
    void (*subtract_product)(size_t rows, size_t cols, size_t depth, const double *a,
                             size_t a_stride, const double *b, size_t b_stride, double *c,
                             size_t c_stride);

    /*
     * dots[c] = x . column c of Y, for `cols` columns.  Eight partial sums: part p
     * takes rows p, p + 8, p + 16, ... in order; then
     * ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)).
     */
    void (*dot_columns)(size_t rows, size_t cols, const double *x, const double *y, size_t y_stride,
                        double *dots);

    /* Column c of Y -= factors[c] x. */
    void (*subtract_multiples)(size_t rows, size_t cols, const double *x, const double *factors,
                               double *y, size_t y_stride);

    /* Entry (c, r) of `to` = entry (r, c) of `from`.  Fast for few columns; any counts. */
    void (*transpose)(size_t rows, size_t cols, const double *from, size_t from_stride, double *to,
                      size_t to_stride);
} orthogonal_kernel;

#endif
