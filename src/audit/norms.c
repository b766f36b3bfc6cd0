#include "audit/norms.h"

#include "audit/matrix_view.h"
#include "base/error.h"

#include <math.h>
#include <stdlib.h>

#define SQRT_HALF 0.70710678118654752440

/* Weights that are read, in whole rows, at most. */
#define MOST_WEIGHTS ((uint64_t)1 << 18)

/* Vectors that are compared, and the weights of each, at least. */
#define LEAST_VECTORS 8
#define LEAST_LENGTH  16

/* Sums over the weights of one row or column. */
typedef struct vector {
    double sum, square;
} vector;

static void add(vector *rows, vector *cols, const double *values, size_t row, size_t count)
{
    for (size_t j = 0; j < count; j++) {
        const double square = values[j] * values[j];
        rows[row].sum += values[j];
        rows[row].square += square;
        cols[j].sum += values[j];
        cols[j].square += square;
    }
}

/* Rows that are spread over the matrix. */
static detinit_status read_rows(const detinit_tensorfile *file, const detinit_tensor *tensor,
                                matrix_view m, size_t count, vector *rows, vector *cols,
                                detinit_error *error)
{
    double *values = malloc((size_t)m.cols * sizeof *values);
    detinit_status status = DETINIT_OK;
    if (values == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory to look at a tensor");
    for (size_t i = 0; i < count && status == DETINIT_OK; i++) {
        status = detinit_tensor_values(file, tensor, m.rows / count * i * m.cols, (size_t)m.cols,
                                       values, error);
        if (status == DETINIT_OK)
            add(rows, cols, values, i, (size_t)m.cols);
    }
    free(values);
    return status;
}

/* P(X >= x) of a chi square, of any number of degrees of freedom (Wilson and Hilferty 1931). */
static double chi_square_above(double x, double freedom)
{
    const double part = 2 / (9 * freedom);
    return 0.5 * erfc((cbrt(x / freedom) - (1 - part)) / sqrt(part) * SQRT_HALF);
}

/*
 * The means of `count` vectors of `length` independent weights, in their standard errors, and how
 * much their mean squares differ from that of all: the sum of squares of either is a chi square,
 * but for the tails of a mean square, whose kurtosis is 3 + 12 / length of normal weights.  The
 * lesser chance; vectors of zeros are left out.
 */
static double p_of_vectors(const vector *vectors, size_t count, double length, double mean,
                           double square, double kurtosis)
{
    double of_means = 0, of_squares = 0, left = 0;
    const double variance = square - mean * mean;
    for (size_t n = 0; n < count; n++) {
        const double off = vectors[n].sum / length - mean;
        const double excess = vectors[n].square / length / square - 1;
        if (vectors[n].square == 0)
            continue;
        left++;
        of_means += off * off / (variance / length);
        of_squares += excess * excess / ((kurtosis - 1) / length);
    }
    if (left < LEAST_VECTORS || length < LEAST_LENGTH)
        return 1;
    const double tails = 1 + 6 / length;
    return fmin(chi_square_above(of_means, left - 1),
                chi_square_above(of_squares / tails, (left - 1) / tails));
}

detinit_status norms_find(const detinit_tensorfile *file, detinit_audit_tensor *t,
                          detinit_error *error)
{
    if (t->tensor->rank < 2 || t->nan + t->infinite > 0 || !(t->std > 0))
        return DETINIT_OK;
    const matrix_view m = matrix_view_of(t->tensor);
    if (m.cols > MOST_WEIGHTS / LEAST_VECTORS || m.cols < LEAST_VECTORS || m.rows < LEAST_VECTORS)
        return DETINIT_OK;
    const size_t most = (size_t)(MOST_WEIGHTS / m.cols);
    const size_t count = m.rows < most ? (size_t)m.rows : most, cols = (size_t)m.cols;
    vector *rows = calloc(count + cols, sizeof *rows);
    if (rows == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "no memory to look at a tensor");
    double sum = 0, square = 0;
    detinit_status status = read_rows(file, t->tensor, m, count, rows, rows + count, error);
    for (size_t n = 0; n < count; n++) {
        sum += rows[n].sum / ((double)count * (double)cols);
        square += rows[n].square / ((double)count * (double)cols);
    }
    if (status == DETINIT_OK && square > 0) {
        const double kurtosis = t->excess_kurtosis + 3;
        t->norms_p = fmin(p_of_vectors(rows, count, (double)cols, sum, square, kurtosis),
                          p_of_vectors(rows + count, cols, (double)count, sum, square, kurtosis));
    }
    free(rows);
    return status;
}
