/*
 * Singular values and Gram matrices, by LAPACK and BLAS.  A row-major matrix is
 * its own transpose to them, which has the same singular values.
 */
#include "detinit_describe.h"
#include "describe/bidiagonal.h"
#include "describe/blas.h"
#include "describe/spectrum.h"
#include "base/error.h"
#include "base/progress.h"

#include <cblas.h>
#include <inttypes.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SIDE ((uint64_t)INT32_MAX)

/* Multiplications between two reports of progress: a fraction of a second. */
#define STRIDE ((size_t)1 << 29)

/*
 * The shape as LAPACK sees it: column-major, the columns of the matrix running along a column.
 * The matrix is the tensor as its layer has it, whose weights lie as those of the tensor do.
 */
struct shape {
    lapack_int rows, cols, shorter;
};

static bool fits(uint64_t rows, uint64_t cols, struct shape *shape)
{
    if (rows > MAX_SIDE || cols > MAX_SIDE)
        return false;
    shape->rows = (lapack_int)cols;
    shape->cols = (lapack_int)rows;
    shape->shorter = (lapack_int)(rows < cols ? rows : cols);
    return true;
}

static detinit_status check_shape(uint64_t rows, uint64_t cols, struct shape *shape,
                                  detinit_error *error)
{
    if (fits(rows, cols, shape) && shape->shorter > 0)
        return DETINIT_OK;
    return error_set(error, DETINIT_INVALID,
                     "expected 1 .. 2^31 - 1 rows and columns for LAPACK, got %" PRIu64
                     " x %" PRIu64,
                     rows, cols);
}

/* The matrix, its singular values and the workspace for them. */
uint64_t detinit_spectrum_memory(const detinit_recipe *recipe)
{
    struct shape shape = {0};
    uint64_t rows, cols, count, held = recipe->orthogonal ? detinit_matrix_memory(recipe) : 0;
    detinit_recipe_layer_shape(recipe, &rows, &cols);
    if (!detinit_recipe_count(recipe, &count) || !fits(rows, cols, &shape) ||
        count > UINT64_MAX / 32)
        return UINT64_MAX;
    uint64_t workspace = bidiagonal_workspace((size_t)shape.rows, (size_t)shape.cols);
    uint64_t needed = (count + workspace + (uint64_t)shape.shorter) * sizeof(double);
    return held > UINT64_MAX - needed ? UINT64_MAX : held + needed;
}

/* ------------------------------------------------------------- the weights */

struct reading {
    double *values;
    uint64_t cols;
};

static void copy_block(void *context, const detinit_block *block, void *partial)
{
    const struct reading *reading = context;
    (void)partial;
    memcpy(reading->values + block->row * reading->cols + block->col, block->values,
           block->rows * block->cols * sizeof(double));
}

static detinit_status check_finite(const double *values, size_t count, detinit_error *error)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return error_set(error, DETINIT_NUMERIC,
                             "expected finite weights: the storage type cannot hold some of them");
    return DETINIT_OK;
}

/* All stored weights, widened; to be freed by the caller. */
static detinit_status read_matrix(const detinit_matrix *matrix, const detinit_run *run,
                                  double **out, detinit_error *error)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(matrix);
    struct reading reading = {.cols = detinit_recipe_cols(recipe)};
    detinit_sink sink = {.needs_values = true, .map = copy_block, .context = &reading};
    detinit_run quiet = run != NULL ? *run : (detinit_run){0};
    uint64_t count = 0;
    quiet.progress = NULL;
    if (detinit_recipe_count(recipe, &count) && count <= PTRDIFF_MAX / sizeof(double))
        reading.values = malloc((size_t)count * sizeof(double));
    if (reading.values == NULL)
        return error_set(error, DETINIT_NO_MEMORY,
                         "not enough memory for a matrix of %" PRIu64 " x %" PRIu64,
                         detinit_recipe_rows(recipe), reading.cols);
    detinit_status status = progress_tell(run, 0, 1, error);
    if (status == DETINIT_OK)
        status = detinit_matrix_stream(matrix, &quiet, &sink, error);
    if (status == DETINIT_OK)
        status = progress_tell(run, 0, 1, error);
    if (status != DETINIT_OK) {
        free(reading.values);
        return status;
    }
    *out = reading.values;
    return DETINIT_OK;
}

/* BLAS for values of which it can make something; ended by blas_end(before). */
static detinit_status begin(const double *values, uint64_t rows, uint64_t cols,
                            const detinit_run *run, struct shape *shape, int *before,
                            detinit_error *error)
{
    detinit_status status = check_shape(rows, cols, shape, error);
    if (status == DETINIT_OK)
        status = check_finite(values, (size_t)(rows * cols), error);
    return status == DETINIT_OK ? blas_begin(run, before, error) : status;
}

/* --------------------------------------------------------- singular values */

detinit_status spectrum_of_values(double *values, uint64_t rows, uint64_t cols,
                                  const detinit_run *run, double *singular, detinit_error *error)
{
    struct shape shape = {0};
    int before;
    detinit_status status = begin(values, rows, cols, run, &shape, &before, error);
    if (status != DETINIT_OK)
        return status;
    status = bidiagonal_singular_values(values, (size_t)shape.rows, (size_t)shape.cols, run,
                                        singular, error);
    blas_end(before);
    return status;
}

detinit_status detinit_matrix_singular_values(const detinit_matrix *matrix, const detinit_run *run,
                                              double *values, detinit_error *error)
{
    struct shape shape = {0};
    double *weights = NULL, *singular = NULL;
    uint64_t rows, cols;
    detinit_recipe_layer_shape(detinit_matrix_recipe(matrix), &rows, &cols);
    detinit_status status = check_shape(rows, cols, &shape, error);
    if (status == DETINIT_OK)
        status = read_matrix(matrix, run, &weights, error);
    if (status != DETINIT_OK)
        return status;
    singular = malloc((size_t)shape.shorter * sizeof *singular);
    if (singular == NULL)
        status = error_set(error, DETINIT_NO_MEMORY, "not enough memory for singular values");
    else
        status = spectrum_of_values(weights, rows, cols, run, singular, error);
    if (status == DETINIT_OK) {
        memcpy(values, singular, (size_t)shape.shorter * sizeof *singular);
        progress_tell(run, 1, 1, NULL); /* too late to refuse */
    }
    free(singular);
    free(weights);
    return status;
}

/* ------------------------------------------------------------ Gram matrices */

/* BLAS fills the upper triangle. */
static void mirror(double *gram, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            gram[i * n + j] = gram[j * n + i];
}

/* The upper triangle of the products of the shorter side's vectors, stretch by stretch of them. */
static detinit_status multiply(const struct shape *shape, const double *weights,
                               const detinit_run *run, double *gram, detinit_error *error)
{
    bool wide = shape->rows >= shape->cols;
    size_t side = (size_t)shape->shorter, cols = (size_t)shape->rows;
    size_t longer = wide ? cols : (size_t)shape->cols, stretch = 1 + STRIDE / (side * side);
    for (size_t i = 0; i < longer; i += stretch) {
        size_t length = longer - i < stretch ? longer - i : stretch;
        if (i > 0 && progress_tell(run, i, longer, error) != DETINIT_OK)
            return DETINIT_CANCELLED;
        cblas_dsyrk(CblasRowMajor, CblasUpper, wide ? CblasNoTrans : CblasTrans, shape->shorter,
                    (int)length, 1, weights + (wide ? i : i * cols), shape->rows, i > 0, gram,
                    shape->shorter);
    }
    return DETINIT_OK;
}

detinit_status spectrum_gram_of_values(const double *values, uint64_t rows, uint64_t cols,
                                       const detinit_run *run, double *gram, detinit_error *error)
{
    struct shape shape = {0};
    int before;
    detinit_status status = begin(values, rows, cols, run, &shape, &before, error);
    if (status != DETINIT_OK)
        return status;
    status = multiply(&shape, values, run, gram, error);
    blas_end(before);
    if (status == DETINIT_OK)
        mirror(gram, (size_t)shape.shorter);
    return status;
}

detinit_status detinit_matrix_gram(const detinit_matrix *matrix, const detinit_run *run,
                                   double *gram, detinit_error *error)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(matrix);
    double gain = detinit_recipe_orthogonal_gain(recipe), *weights = NULL;
    struct shape shape = {0};
    uint64_t rows, cols;
    detinit_recipe_layer_shape(recipe, &rows, &cols);
    detinit_status status = check_shape(rows, cols, &shape, error);
    if (status == DETINIT_OK)
        status = read_matrix(matrix, run, &weights, error);
    if (status != DETINIT_OK)
        return status;
    size_t count = (size_t)shape.rows * (size_t)shape.cols;
    for (size_t i = 0; i < count; i++)
        weights[i] /= gain; /* before squaring, which a large gain would not survive */
    status = spectrum_gram_of_values(weights, rows, cols, run, gram, error);
    free(weights);
    if (status == DETINIT_OK)
        progress_tell(run, 1, 1, NULL); /* too late to refuse */
    return status;
}
