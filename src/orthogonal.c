/*
 * Householder QR in a fixed order of operations, on the transpose: what LAPACK
 * calls a column is here a row of contiguous memory.
 */
#include "orthogonal.h"

#include "error.h"
#include "strict.h"

#include <math.h>
#include <stdlib.h>

/* Partial sums of a dot product: part n takes the elements n, n + 8, n + 16, ... */
#define PARTS 8

static double dot(const double *x, const double *y, size_t count)
{
    double sum[PARTS] = {0};
    size_t n = 0;
    for (; n + PARTS <= count; n += PARTS)
        for (size_t p = 0; p < PARTS; p++)
            sum[p] += x[n + p] * y[n + p];
    for (size_t p = 0; n + p < count; p++)
        sum[p] += x[n + p] * y[n + p];
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

/* y -= tau (v . y) v */
static void reflect(const double *v, double tau, double *y, size_t count)
{
    double factor = tau * dot(v, y, count);
    for (size_t n = 0; n < count; n++)
        y[n] -= factor * v[n];
}

/*
 * Turns x into the reflector v that maps it to (r, 0, 0, ...), with v[0] = 1.
 * Returns tau, 0 where x is zero, and r in *diagonal.
 */
static double make_reflector(double *x, size_t count, double *diagonal)
{
    double norm = __builtin_sqrt(dot(x, x, count));
    if (norm == 0) {
        *diagonal = 0;
        x[0] = 1;
        return 0;
    }
    double r = x[0] > 0 ? -norm : norm;
    double head = x[0] - r, tau = -head / r;
    for (size_t n = 1; n < count; n++)
        x[n] /= head;
    x[0] = 1;
    *diagonal = r;
    return tau;
}

/* Factors the `cols` columns of `rows` contiguous numbers, then makes the first columns of Q. */
static void factor_columns(double *q, size_t rows, size_t cols, double gain, double *tau,
                           double *diagonal)
{
    for (size_t k = 0; k < cols; k++) {
        double *v = q + k * rows + k;
        tau[k] = make_reflector(v, rows - k, &diagonal[k]);
        for (size_t c = k + 1; c < cols; c++)
            reflect(v, tau[k], q + c * rows + k, rows - k);
    }
    for (size_t k = cols; k-- > 0;) {
        double *v = q + k * rows + k;
        for (size_t c = k + 1; c < cols; c++)
            reflect(v, tau[k], q + c * rows + k, rows - k);
        for (size_t n = 1; n < rows - k; n++)
            v[n] *= -tau[k];
        v[0] = 1 - tau[k];
        for (size_t n = 0; n < k; n++)
            q[k * rows + n] = 0;
    }
    for (size_t k = 0; k < cols; k++) {
        double factor = copysign(gain, diagonal[k]);
        for (size_t n = 0; n < rows; n++)
            q[k * rows + n] *= factor;
    }
}

static void transpose(const double *from, size_t rows, size_t cols, double *to)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            to[c * rows + r] = from[r * cols + c];
}

uint64_t orthogonal_scratch(uint64_t rows, uint64_t cols)
{
    if (rows > UINT64_MAX / 32 / cols)
        return UINT64_MAX;
    return 8 * rows * cols + 16 * (rows < cols ? rows : cols);
}

detinit_status orthogonal_factor(double *a, size_t rows, size_t cols, double gain,
                                 const detinit_run *run, detinit_error *error)
{
    (void)run;
    size_t shorter = rows < cols ? rows : cols, longer = rows < cols ? cols : rows;
    double *columns = rows < cols ? a : malloc(rows * cols * sizeof *columns);
    double *tau = malloc(2 * shorter * sizeof *tau);
    detinit_status status = DETINIT_OK;
    if (columns == NULL || tau == NULL) {
        status = error_set(error, DETINIT_NO_MEMORY, "not enough memory to factor %zu x %zu", rows,
                           cols);
    } else {
        if (rows >= cols)
            transpose(a, rows, cols, columns);
        factor_columns(columns, longer, shorter, gain, tau, tau + shorter);
        if (rows >= cols)
            transpose(columns, cols, rows, a);
    }
    if (columns != a)
        free(columns);
    free(tau);
    return status;
}
