/* Singular values of a product of matrices: a batch of unit vectors that goes through them. */
#include "detinit_describe.h"

#include "base/error.h"
#include "base/threads.h"
#include "describe/bidiagonal.h"
#include "describe/blas.h"
#include "describe/layer.h"
#include "kernel/kernels.h"
#include "matrix/matrix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A matrix's share of progress; the singular values have as much as all of them. */
#define SHARE ((uint64_t)1000)

typedef struct product {
    size_t width, lanes;
    layer_pass pass;
    double *x, *next; /* width * lanes */
} product;

static size_t lanes_of(size_t width)
{
    return (width + LAYER_LANES - 1) / LAYER_LANES * LAYER_LANES;
}

uint64_t detinit_product_memory(const detinit_recipe *recipe, size_t width)
{
    detinit_recipe layer;
    if (layer_recipe(recipe, width, width, &layer, NULL) != DETINIT_OK)
        return 0;
    const uint64_t batches = 2 * (uint64_t)width * lanes_of(width);
    return (batches + bidiagonal_workspace(width, width)) * sizeof(double) +
           detinit_matrix_memory(&layer);
}

/* Minus the sums: a sign changes no singular value. */
static void multiply_block(void *context, uint64_t block)
{
    const product *p = context;
    const size_t first = (size_t)block * LAYER_UNITS;
    const size_t units = p->width - first < LAYER_UNITS ? p->width - first : LAYER_UNITS;
    double *y = p->next + first * p->lanes;
    memset(y, 0, units * p->lanes * sizeof *y);
    layer_subtract(&p->pass, first, units, p->x, y);
}

static detinit_status multiply_by(product *p, const detinit_recipe *recipe,
                                  shared_progress *progress, detinit_error *error)
{
    detinit_matrix *matrix;
    detinit_run rest;
    detinit_status status = matrix_new_in_share(recipe, progress, SHARE, &matrix, &rest, error);
    if (status != DETINIT_OK)
        return status;
    p->pass.matrix = matrix;
    status =
        threads_run(&rest, (p->width + LAYER_UNITS - 1) / LAYER_UNITS, multiply_block, p, error);
    detinit_matrix_free(matrix);
    double *made = p->next;
    p->next = p->x;
    p->x = made;
    return status;
}

/* Packs the product, and checks that it is finite. */
static detinit_status pack(const product *p, detinit_error *error)
{
    for (size_t unit = 0; unit < p->width; unit++)
        for (size_t n = 0; n < p->width; n++) {
            const double value = p->x[unit * p->lanes + n];
            if (!isfinite(value))
                return error_set(error, DETINIT_NUMERIC,
                                 "expected a finite product: it is beyond binary64");
            p->x[unit * p->width + n] = value;
        }
    return DETINIT_OK;
}

static detinit_status values_of(const product *p, const detinit_run *run, double *values,
                                detinit_error *error)
{
    int before;
    detinit_status status = pack(p, error);
    if (status == DETINIT_OK)
        status = blas_begin(run, &before, error);
    if (status != DETINIT_OK)
        return status;
    status = bidiagonal_singular_values(p->x, p->width, p->width, run, p->next, error);
    blas_end(before);
    if (status == DETINIT_OK)
        memcpy(values, p->next, p->width * sizeof *values);
    return status;
}

detinit_status detinit_product_singular_values(const detinit_recipe *recipe, size_t width,
                                               unsigned factors, const detinit_run *run,
                                               double *values, detinit_error *error)
{
    product p = {.width = width, .lanes = lanes_of(width)};
    shared_progress progress = {.run = run, .total = 2 * factors * SHARE};
    detinit_recipe layer;
    if (width < 1 || width > DETINIT_SIGNAL_MOST_WIDTH)
        return error_set(error, DETINIT_INVALID, "expected a width of 1 to %zu, got %zu",
                         DETINIT_SIGNAL_MOST_WIDTH, width);
    if (factors < 1 || factors > DETINIT_SIGNAL_MOST_DEPTH)
        return error_set(error, DETINIT_INVALID, "expected 1 to %zu factors, got %u",
                         DETINIT_SIGNAL_MOST_DEPTH, factors);
    detinit_status status = layer_recipe(recipe, width, width, &layer, error);
    if (status != DETINIT_OK)
        return status;
    p.pass = (layer_pass){.turned = layer.fan_in == DETINIT_FAN_IN_ROWS,
                          .depth = width,
                          .lanes = p.lanes,
                          .kernel = kernels_for(run)->orthogonal};
    p.x = calloc(width * p.lanes, sizeof(double));
    p.next = malloc(width * p.lanes * sizeof(double));
    if (p.x == NULL || p.next == NULL)
        status = error_set(error, DETINIT_NO_MEMORY, "not enough memory for a product of %zu x %zu",
                           width, width);
    for (size_t n = 0; n < width && status == DETINIT_OK; n++)
        p.x[n * p.lanes + n] = 1;
    for (unsigned k = 0; k < factors && status == DETINIT_OK; k++) {
        status = multiply_by(&p, &layer, &progress, error);
        layer.layer++;
    }
    if (status == DETINIT_OK) {
        const detinit_run rest = progress_share(&progress, factors * SHARE);
        status = values_of(&p, &rest, values, error);
    }
    free(p.x);
    free(p.next);
    return status;
}
