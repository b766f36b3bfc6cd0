#include "audit/probe.h"

#include "audit/candidates.h"
#include "audit/eigenvalues.h"
#include "audit/judge.h"
#include "audit/matrix_view.h"
#include "audit/norms.h"
#include "audit/orthonormal.h"
#include "base/error.h"
#include "base/plain.h"
#include "describe/ks.h"
#include "detinit_track.h"
#include "number/dtype.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A block with fewer rows or columns has no spectrum to speak of. */
#define LEAST_SIDE 8

/* Weights that the test of the law reads at a time, where it does not read all. */
#define KS_STRETCH 64

static detinit_status no_memory(detinit_error *error)
{
    return error_set(error, DETINIT_NO_MEMORY, "no memory to look at a tensor");
}

/* ------------------------------------------------------------- what is not drawn */

static detinit_status holds_recipe(const detinit_tensorfile *file, const detinit_audit_tensor *t,
                                   const detinit_recipe *recipe, bool *holds, detinit_error *error)
{
    detinit_tracked tracked;
    detinit_verification found;
    const detinit_run alone = {.threads = 1};
    *holds = false;
    detinit_status status = detinit_track(file, t->tensor, recipe, &tracked, error);
    if (status == DETINIT_OK)
        status = detinit_tracked_verify(&tracked, &alone, &found, error);
    *holds = status == DETINIT_OK && found.different == 0;
    return status;
}

/* Whether all weights but 0 are one value, as far as sums tell. */
static bool is_one_value(const detinit_audit_tensor *t)
{
    const double value = t->min == 0 ? t->max : t->min, count = (double)(t->looked_at - t->zeros);
    return !t->sampled && t->zeros > 0 && t->nan + t->infinite == 0 &&
           (t->min == 0 || t->max == 0) && t->std > 0 &&
           fabs(t->mean * (double)t->looked_at / (value * count) - 1) < 1e-9;
}

static detinit_status find_made(const detinit_tensorfile *file, detinit_audit_tensor *t,
                                detinit_error *error)
{
    static const struct {
        detinit_mode mode;
        detinit_axis axis;
    } made[] = {{DETINIT_IDENTITY, DETINIT_FAN_IN_COLS},
                {DETINIT_DIRAC, DETINIT_FAN_IN_COLS},
                {DETINIT_DIRAC, DETINIT_FAN_IN_ROWS}};
    detinit_status status = DETINIT_OK;
    bool holds = false;
    if (!is_one_value(t) || t->tensor->rank > DETINIT_MAX_RANK)
        return DETINIT_OK;
    for (size_t n = 0; n < sizeof made / sizeof *made && !holds && status == DETINIT_OK; n++) {
        detinit_recipe r = candidates_plain(t->tensor);
        r.mode = made[n].mode;
        r.fan_in = made[n].axis;
        r.gain = t->max;
        if (t->max > 0 && detinit_recipe_check(&r, NULL) == DETINIT_OK)
            status = holds_recipe(file, t, &r, &holds, error);
        if (holds) {
            t->origin = DETINIT_ORIGIN_MADE;
            t->recipe = r;
        }
    }
    return status;
}

/* Zeros, and ones in the second of four equal parts: what recurrent layers forget by. */
static detinit_status find_forget_gate(const detinit_tensorfile *file, detinit_audit_tensor *t,
                                       detinit_error *error)
{
    const uint64_t count = t->tensor->count, part = count / 4;
    double last[2], first;
    if (!is_one_value(t) || t->tensor->rank != 1 || count % 4 != 0 || t->zeros != 3 * part)
        return DETINIT_OK;
    detinit_status status = detinit_tensor_values(file, t->tensor, part, 1, &first, error);
    if (status == DETINIT_OK)
        status = detinit_tensor_values(file, t->tensor, 2 * part - 1, 2, last, error);
    if (status != DETINIT_OK || first != t->max || last[0] != t->max || last[1] != 0)
        return status;
    t->origin = DETINIT_ORIGIN_MADE;
    t->recipe = candidates_plain(t->tensor);
    t->recipe.mode = DETINIT_CONSTANT;
    t->recipe.value = 0;
    plain_print(t->also, sizeof t->also, "with %g for the forget gate", t->max);
    return DETINIT_OK;
}

/* ------------------------------------------------------------------ spectrum */

/* A block of a tensor seen as a matrix, in row-major order. */
typedef struct block {
    uint64_t matrix_rows, matrix_cols;
    size_t rows, cols;
    double *values;
} block;

static block block_of(const detinit_tensor *tensor)
{
    const matrix_view m = matrix_view_of(tensor);
    block b = {.matrix_rows = m.rows, .matrix_cols = m.cols};
    const bool tall = b.matrix_rows > b.matrix_cols;
    const uint64_t most_rows = tall ? DETINIT_AUDIT_COLS : DETINIT_AUDIT_ROWS;
    const uint64_t most_cols = tall ? DETINIT_AUDIT_ROWS : DETINIT_AUDIT_COLS;
    b.rows = (size_t)(b.matrix_rows < most_rows ? b.matrix_rows : most_rows);
    b.cols = (size_t)(b.matrix_cols < most_cols ? b.matrix_cols : most_cols);
    return b;
}

/* Rows that are spread over the matrix, and columns from its middle. */
static detinit_status read_block(const detinit_tensorfile *file, const detinit_tensor *tensor,
                                 const block *b, detinit_error *error)
{
    const uint64_t col = (b->matrix_cols - b->cols) / 2;
    detinit_status status = DETINIT_OK;
    for (size_t i = 0; i < b->rows && status == DETINIT_OK; i++) {
        const uint64_t row = b->matrix_rows / b->rows * i;
        status = detinit_tensor_values(file, tensor, row * b->matrix_cols + col, b->cols,
                                       b->values + i * b->cols, error);
    }
    return status;
}

/* The Gram matrix of the shorter side. */
static void fill_gram(const block *b, double *gram)
{
    const bool wide = b->rows <= b->cols;
    const size_t n = wide ? b->rows : b->cols;
    memset(gram, 0, n * n * sizeof *gram);
    for (size_t i = 0; i < n && wide; i++)
        for (size_t j = 0; j <= i; j++)
            for (size_t k = 0; k < b->cols; k++)
                gram[i * n + j] += b->values[i * b->cols + k] * b->values[j * b->cols + k];
    for (size_t k = 0; k < b->rows && !wide; k++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++)
                gram[i * n + j] += b->values[k * n + i] * b->values[k * n + j];
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            gram[i * n + j] = gram[j * n + i];
}

/*
 * The largest eigenvalue of such a Gram matrix is near (sqrt(longer - 1) + sqrt(shorter))^2 in
 * units of the variance, and varies as Tracy and Widom's law of order 1 (Johnstone 2001), whose
 * tail beyond s is below exp(-2/3 s^(3/2)).
 */
static double p_of_largest(double largest, double longer, double shorter)
{
    const double a = sqrt(longer - 1), b = sqrt(shorter);
    const double s = (largest - (a + b) * (a + b)) / ((a + b) * cbrt(1 / a + 1 / b));
    return s > 0 ? exp(-2.0 / 3 * s * sqrt(s)) : 1;
}

static void judge_spectrum(const block *b, const double *values, size_t n, detinit_audit_tensor *t)
{
    double sum = 0, outside = 0, largest = 0;
    for (size_t k = 0; k < n; k++)
        sum += values[k];
    const double std = sqrt(sum / ((double)b->rows * (double)b->cols));
    const detinit_singular_law law = detinit_marchenko_pastur(b->rows, b->cols, std);
    for (size_t k = 0; k < n; k++) {
        outside += values[k] > law.upper * law.upper ? values[k] : 0;
        largest = fmax(largest, values[k]);
    }
    if (!(sum > 0) || !isfinite(sum))
        return;
    t->block_rows = b->rows;
    t->block_cols = b->cols;
    t->outside = outside / sum;
    t->above_edge = sqrt(largest) / law.upper;
    t->spectrum_p = p_of_largest(largest / (std * std), law.longer, law.shorter);
}

static detinit_status find_spectrum(const detinit_tensorfile *file, detinit_audit_tensor *t,
                                    detinit_error *error)
{
    if (t->tensor->rank < 2 || t->nan + t->infinite > 0)
        return DETINIT_OK;
    block b = block_of(t->tensor);
    const size_t n = b.rows < b.cols ? b.rows : b.cols;
    if (n < LEAST_SIDE)
        return DETINIT_OK;
    double *room = malloc((b.rows * b.cols + n * n + 3 * n) * sizeof *room);
    if (room == NULL)
        return no_memory(error);
    b.values = room;
    double *gram = room + b.rows * b.cols, *values = gram + n * n;
    detinit_status status = read_block(file, t->tensor, &b, error);
    if (status == DETINIT_OK) {
        fill_gram(&b, gram);
        if (eigenvalues_of(gram, n, values, values + n))
            judge_spectrum(&b, values, n, t);
    }
    free(room);
    return status;
}

/* ----------------------------------------------------------------------- law */

/* All weights, or stretches that are spread over the tensor, without zeros; *count of them. */
static detinit_status read_sample(const detinit_tensorfile *file, const detinit_tensor *tensor,
                                  double *values, size_t *count, detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    size_t left = 0;
    *count = (size_t)tensor->count;
    if (tensor->count <= DETINIT_AUDIT_KS_COUNT) {
        status = detinit_tensor_values(file, tensor, 0, *count, values, error);
    } else {
        const size_t stretches = DETINIT_AUDIT_KS_COUNT / KS_STRETCH;
        const uint64_t share = tensor->count / stretches;
        for (size_t k = 0; k < stretches && status == DETINIT_OK; k++)
            status = detinit_tensor_values(file, tensor, k * share + (share - KS_STRETCH) / 2,
                                           KS_STRETCH, values + k * KS_STRETCH, error);
        *count = DETINIT_AUDIT_KS_COUNT;
    }
    for (size_t i = 0; i < *count; i++)
        if (values[i] != 0)
            values[left++] = values[i];
    *count = left;
    return status;
}

/* Uniforms of generators in a type of 16 bits step by its last bit. */
static double grain_of(detinit_dtype dtype)
{
    return dtype == DETINIT_FLOAT64 ? 0 : ldexp(1, -dtype_fraction_bits(dtype) - 1);
}

static detinit_status test_law(const struct theory *theory, const detinit_tensorfile *file,
                               double level, detinit_audit_tensor *t, detinit_error *error)
{
    const detinit_run alone = {.threads = 1};
    const size_t most = DETINIT_AUDIT_KS_COUNT;
    size_t count = t->tensor->count < most ? (size_t)t->tensor->count : most;
    double *values = malloc((count + 1) * sizeof *values), distance = 0;
    if (values == NULL)
        return no_memory(error);
    detinit_status status = read_sample(file, t->tensor, values, &count, error);
    if (status == DETINIT_OK && count > 0)
        status = ks_distance(theory, values, count, &alone, &distance, error);
    free(values);
    if (status != DETINIT_OK || count == 0)
        return status;
    t->ks_count = count;
    t->ks_distance = distance;
    t->ks_p = ks_probability(fmax(0, distance - grain_of(t->tensor->dtype)), count);
    if (!t->recipe.orthogonal && (t->ks_p < level || judge_shape(theory, t) < level))
        t->origin = DETINIT_ORIGIN_NONE;
    return DETINIT_OK;
}

static detinit_status find_law(const detinit_tensorfile *file, double level,
                               detinit_audit_tensor *t, detinit_error *error)
{
    struct theory theory;
    if (t->nan + t->infinite > 0 || t->recipe.rank != t->tensor->rank || !(t->std > 0))
        return DETINIT_OK;
    if (!theory_make(&t->recipe, &theory))
        return no_memory(error);
    detinit_status status = DETINIT_OK;
    if (theory.law_count > 0)
        status = test_law(&theory, file, level, t, error);
    theory_free(&theory);
    return status;
}

detinit_status probe_tensor(const detinit_tensorfile *file, double level, detinit_audit_tensor *t,
                            detinit_error *error)
{
    bool blocks = false;
    if (t->origin == DETINIT_ORIGIN_NO_WEIGHTS || t->origin == DETINIT_ORIGIN_MADE)
        return DETINIT_OK;
    detinit_status status = find_made(file, t, error);
    if (status == DETINIT_OK && t->origin != DETINIT_ORIGIN_MADE)
        status = find_forget_gate(file, t, error);
    if (status != DETINIT_OK || t->origin == DETINIT_ORIGIN_MADE)
        return status;
    status = find_spectrum(file, t, error);
    if (status == DETINIT_OK)
        status = orthonormal_find(file, t, &blocks, error);
    if (status == DETINIT_OK && t->origin != DETINIT_ORIGIN_FEW && !blocks)
        status = find_law(file, level, t, error);
    if (status == DETINIT_OK)
        status = norms_find(file, t, error);
    if ((t->spectrum_p < level || t->norms_p < level) && !t->recipe.orthogonal &&
        t->origin != DETINIT_ORIGIN_FEW)
        t->origin = DETINIT_ORIGIN_NONE;
    return status;
}
