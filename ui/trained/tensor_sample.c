#include "trained/tensor_sample.h"

#include "trained/subject.h"

#include <math.h>
#include <stdlib.h>

/* A sample is so many stretches of so many numbers. */
#define STRETCHES ((uint64_t)16)
#define STRETCH   ((size_t)256)

/* An orthogonal matrix is made whole: only one of so many weights at most. */
#define ORTHOGONAL_MOST ((uint64_t)1 << 18)

/* Reads `values` of a sample with the subject's face. Returns how many; 0 where it cannot. */
static size_t read_sample(const tensor_subject *s, double *values)
{
    const uint64_t total = tensor_value_count(s->tensor), share = total / STRETCHES;
    const bool whole = total <= STRETCHES * STRETCH;
    if (whole)
        return subject_values(s, 0, (size_t)total, values, NULL) == DETINIT_OK ? (size_t)total : 0;
    for (uint64_t k = 0; k < STRETCHES; k++) {
        const uint64_t first = k * share + detinit_hash64(k ^ total) % (share - STRETCH + 1);
        if (subject_values(s, first, STRETCH, values + k * STRETCH, NULL) != DETINIT_OK)
            return 0;
    }
    return STRETCHES * STRETCH;
}

static void find_std(const double *values, size_t count, tensor_figures *out)
{
    double mean = 0, square = 0;
    size_t finite = 0;
    for (size_t n = 0; n < count; n++)
        if (isfinite(values[n])) {
            const double before = values[n] - mean; /* Welford 1962 */
            mean += before / (double)++finite;
            square += before * (values[n] - mean);
        }
    out->not_finite = finite < count;
    out->std = finite > 1 ? sqrt(square / (double)finite) : NAN;
}

static void find_awake(tensor_subject *s, double *values, double threshold, const detinit_run *run,
                       tensor_figures *out)
{
    uint64_t count;
    size_t awake = 0;
    const bool quick = !s->recipe->orthogonal ||
                       (detinit_recipe_count(s->recipe, &count) && count <= ORTHOGONAL_MOST);
    if (!quick || detinit_matrix_new(s->recipe, run, &s->initial, NULL) != DETINIT_OK)
        return;
    s->face = FACE_CHANGE;
    const size_t read = read_sample(s, values);
    for (size_t n = 0; n < read; n++)
        awake += fabs(values[n]) <= threshold ? 0 : 1;
    out->awake = read > 0 ? (double)awake / (double)read : NAN;
    detinit_matrix_free(s->initial);
}

tensor_figures tensor_sample(opened_file *file, size_t tensor, double threshold,
                             const detinit_run *run)
{
    const detinit_tracked *tracked = checkpoint_find(&file->held, tensor);
    tensor_subject s = {.file = file,
                        .tensor = detinit_tensorfile_tensor(file->held.file, tensor),
                        .recipe = tracked != NULL ? &tracked->recipe : NULL};
    tensor_figures out = {.there = true, .std = NAN, .awake = NAN, .threshold = threshold};
    double values[STRETCHES * STRETCH];
    const size_t count = read_sample(&s, values);
    out.sampled = tensor_value_count(s.tensor) > STRETCHES * STRETCH;
    find_std(values, count, &out);
    if (s.recipe != NULL && count > 0)
        find_awake(&s, values, threshold, run, &out);
    return out;
}
