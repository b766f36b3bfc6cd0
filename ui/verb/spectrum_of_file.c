/* Singular values of a tensor of a file, beside those of an orthogonal matrix of the same norm. */
#include "verb/spectrum_of_file.h"

#include "base/error.h"
#include "base/progress.h"
#include "describe/spectrum.h"
#include "system/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PART ((uint64_t)1000)

static detinit_status check(const tensor_subject *s, const detinit_recipe *shape, uint64_t shorter,
                            uint64_t longer, detinit_error *error)
{
    if (shape->rank < 2)
        return error_set(error, DETINIT_INVALID,
                         "singular values are those of a matrix; this has %zu dimension%s",
                         shape->rank, shape->rank == 1 ? "" : "s");
    if (!s->tensor->weights)
        return error_set(error, DETINIT_INVALID, "singular values are those of weights; this is %s",
                         s->tensor->type);
    if (shorter == 0)
        return error_set(error, DETINIT_INVALID, "an empty tensor has no singular values");
    if (shorter > SPECTRUM_MOST || longer > SPECTRUM_LONGEST)
        return error_set(error, DETINIT_INVALID, "singular values are found up to %llu x %llu",
                         (unsigned long long)SPECTRUM_MOST, (unsigned long long)SPECTRUM_LONGEST);
    return memory_allows("a spectrum of this shape", detinit_spectrum_memory(shape), error)
               ? DETINIT_OK
               : DETINIT_INVALID;
}

static detinit_status make_room(spectrum *out, double **values, double **gram, detinit_error *error)
{
    const size_t side = out->gram_side;
    out->normal = malloc(out->count * sizeof *out->normal);
    out->orthogonal = malloc(out->count * sizeof *out->orthogonal);
    out->gram_normal = malloc(side * side * sizeof *out->gram_normal);
    out->gram_orthogonal = calloc(side * side, sizeof *out->gram_orthogonal);
    *values = malloc((size_t)(out->rows * out->cols) * sizeof **values);
    *gram = calloc(out->count * out->count, sizeof **gram);
    if (out->normal != NULL && out->orthogonal != NULL && out->gram_normal != NULL &&
        out->gram_orthogonal != NULL && *values != NULL && *gram != NULL)
        return DETINIT_OK;
    return error_set(error, DETINIT_NO_MEMORY, "not enough memory for a spectrum");
}

/* The upper left part of the Gram matrix over the mean of its diagonal. */
static void take_gram(spectrum *out, const double *gram)
{
    double trace = 0;
    for (size_t n = 0; n < out->count; n++)
        trace += gram[n * out->count + n] / (double)out->count;
    for (size_t row = 0; row < out->gram_side; row++) {
        out->gram_orthogonal[row * out->gram_side + row] = 1;
        for (size_t col = 0; col < out->gram_side; col++)
            out->gram_normal[row * out->gram_side + col] =
                gram[row * out->count + col] / (trace > 0 ? trace : 1);
    }
}

/* Of an orthogonal matrix of the same norm all are one, and of chance the law is of its std. */
static void compare(spectrum *out, double mean, double std)
{
    double square = 0, beyond = 0;
    for (size_t n = 0; n < out->count; n++)
        square += out->normal[n] * out->normal[n];
    for (size_t n = 0; n < out->count; n++)
        out->orthogonal[n] = sqrt(square / (double)out->count);
    out->condition_normal = detinit_condition_number(out->normal, out->count);
    out->condition_orthogonal = 1;
    out->law = detinit_marchenko_pastur(out->rows, out->cols, sqrt(std * std + mean * mean));
    if (!(out->law.upper > 0) || !isfinite(out->law.upper))
        snprintf(out->no_law, sizeof out->no_law, "no law: the weights' std is 0");
    for (size_t n = 0; n < out->count; n++)
        beyond += out->normal[n] > out->law.upper ? out->normal[n] * out->normal[n] : 0;
    out->share_beyond = square > 0 ? beyond / square : 0;
}

static void find_moments(const double *values, size_t count, double *mean, double *std)
{
    double sum = 0, square = 0;
    for (size_t n = 0; n < count; n++)
        sum += values[n];
    *mean = sum / (double)count;
    for (size_t n = 0; n < count; n++)
        square += (values[n] - *mean) * (values[n] - *mean);
    *std = sqrt(square / (double)count);
}

static detinit_status measure(const tensor_subject *s, const detinit_run *run, spectrum *out,
                              double *values, double *gram, detinit_error *error)
{
    shared_progress all = {.run = run, .total = 2 * PART};
    const size_t count = (size_t)(out->rows * out->cols);
    double mean, std;
    detinit_status status = subject_values(s, 0, count, values, error);
    if (status != DETINIT_OK)
        return status;
    find_moments(values, count, &mean, &std);
    detinit_run part = progress_share(&all, PART);
    status = spectrum_gram_of_values(values, out->rows, out->cols, &part, gram, error);
    part = progress_share(&all, PART);
    if (status == DETINIT_OK)
        status = spectrum_of_values(values, out->rows, out->cols, &part, out->normal, error);
    if (status == DETINIT_OK) {
        take_gram(out, gram);
        compare(out, mean, std);
    }
    return status;
}

detinit_status spectrum_make_of_file(const tensor_subject *s, const detinit_recipe *shape,
                                     const detinit_run *run, spectrum *out, detinit_error *error)
{
    double *values = NULL, *gram = NULL;
    *out = (spectrum){.count = 0};
    detinit_recipe_layer_shape(shape, &out->rows, &out->cols);
    const uint64_t shorter = out->rows < out->cols ? out->rows : out->cols;
    const uint64_t longer = out->rows < out->cols ? out->cols : out->rows;
    detinit_status status = check(s, shape, shorter, longer, error);
    if (status != DETINIT_OK)
        return status;
    out->count = (size_t)shorter;
    out->gram_side = out->count < GRAM_MOST ? out->count : GRAM_MOST;
    status = make_room(out, &values, &gram, error);
    if (status == DETINIT_OK)
        status = measure(s, run, out, values, gram, error);
    free(values);
    free(gram);
    return status;
}
