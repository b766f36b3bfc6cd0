/* Statistics and histogram of a tensor that no recipe made. */
#include "base/error.h"
#include "base/progress.h"
#include "describe/histogram.h"
#include "describe/ks.h"
#include "describe/theory.h"
#include "kernel/kernels.h"
#include "number/address.h"
#include "trained/subject.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A sample is so many stretches of so many numbers; a small tensor is read in such pieces. */
#define STRETCHES ((uint64_t)1024)
#define STRETCH   ((size_t)1024)

/* All of a large tensor is read so many at a time. */
#define CHUNK ((size_t)1 << 16)

/* Stretches of a probe. */
#define PROBES ((uint64_t)8)
#define PROBE  ((size_t)128)

/* More bins are finer than any screen. */
#define BINS_MOST ((size_t)1 << 12)

/* ------------------------------------------------------------------- sample */

/* Where stretch k of `count` begins, of `length` numbers each: one in each equal share. */
static uint64_t stretch_begin(uint64_t total, uint64_t count, size_t length, uint64_t k)
{
    const uint64_t share = total / count;
    return k * share + (share > length ? detinit_hash64(k ^ total) % (share - length + 1) : 0);
}

/* All numbers, or a sample of them; *count of them, to be freed. NULL without memory. */
static double *gather(const tensor_subject *s, uint64_t total, size_t *count, detinit_error *error)
{
    const bool whole = total <= STRETCHES * STRETCH;
    *count = whole ? (size_t)total : STRETCHES * STRETCH;
    double *values = malloc((*count + 1) * sizeof *values);
    detinit_status status = DETINIT_OK;
    if (values == NULL) {
        error_set(error, DETINIT_NO_MEMORY, "not enough memory for a sample of weights");
        return NULL;
    }
    for (size_t at = 0; at < *count && status == DETINIT_OK; at += STRETCH) {
        const size_t length = *count - at < STRETCH ? *count - at : STRETCH;
        status =
            subject_values(s, whole ? at : stretch_begin(total, STRETCHES, STRETCH, at / STRETCH),
                           length, values + at, error);
    }
    if (status == DETINIT_OK)
        return values;
    free(values);
    return NULL;
}

/* ------------------------------------------------------------------ moments */

/* Sums of powers of what is finite, from a centre and in a unit near mean and std. */
typedef struct moments {
    double centre, unit;
    uint64_t count, not_finite;
    long double sums[4];
    double min, max;
    uint64_t min_at, max_at; /* numbers of the tensor */
} moments;

/* `count` numbers, the first of which is number `from`. */
static void add_values(moments *m, const double *values, size_t count, uint64_t from)
{
    double sums[4] = {0};
    for (size_t n = 0; n < count; n++) {
        const double w = values[n], d = (w - m->centre) / m->unit;
        if (!isfinite(w)) {
            m->not_finite++;
            continue;
        }
        m->count++;
        sums[0] += d;
        sums[1] += d * d;
        sums[2] += d * d * d;
        sums[3] += d * d * d * d;
        if (!(w >= m->min)) {
            m->min = w;
            m->min_at = from + n;
        }
        if (!(w <= m->max)) {
            m->max = w;
            m->max_at = from + n;
        }
    }
    for (int k = 0; k < 4; k++)
        m->sums[k] += sums[k];
}

static moments moments_from(double centre, double unit)
{
    return (moments){
        .centre = centre, .unit = unit > 0 && isfinite(unit) ? unit : 1, .min = NAN, .max = NAN};
}

static void fill_statistics(const moments *m, uint64_t cols, detinit_statistics *out)
{
    const double n = (double)m->count;
    const double a = (double)(m->sums[0] / n), b = (double)(m->sums[1] / n),
                 c = (double)(m->sums[2] / n), d = (double)(m->sums[3] / n);
    const double variance = b - a * a > 0 ? b - a * a : 0, std = sqrt(variance);
    *out = (detinit_statistics){.count = m->count + m->not_finite,
                                .overflowed = m->not_finite,
                                .mean = m->centre + m->unit * a,
                                .std = m->unit * std,
                                .min = m->min,
                                .max = m->max,
                                .min_row = m->min_at / cols,
                                .min_col = m->min_at % cols,
                                .max_row = m->max_at / cols,
                                .max_col = m->max_at % cols,
                                .target_skewness = NAN,
                                .target_excess_kurtosis = NAN,
                                .mean_errors = NAN,
                                .std_errors = NAN,
                                .skewness_errors = NAN,
                                .kurtosis_errors = NAN,
                                .ks_distance = NAN,
                                .ks_p = NAN};
    if (m->count > 1 && m->min == m->max) { /* what rounding leaves is no spread */
        out->mean = m->min;
        out->std = 0;
    } else {
        out->skewness = (c - 3 * a * b + 2 * a * a * a) / (variance * std);
        out->excess_kurtosis =
            (d - 4 * a * c + 6 * a * a * b - 3 * a * a * a * a) / (variance * variance) - 3;
    }
    if (m->count < 2)
        out->std = out->skewness = out->excess_kurtosis = NAN;
}

/* The same of the sample that comes first; its places are those of the sample. */
static detinit_statistics statistics_of(const double *values, size_t count)
{
    detinit_statistics rough, fine;
    moments m = moments_from(0, 1);
    for (size_t n = 0; n < count && m.count == 0; n++)
        if (isfinite(values[n]))
            m = moments_from(values[n], fabs(values[n]));
    add_values(&m, values, count, 0);
    fill_statistics(&m, 1, &rough);
    m = moments_from(rough.mean, rough.std);
    add_values(&m, values, count, 0);
    fill_statistics(&m, 1, &fine);
    return fine;
}

detinit_recipe subject_law(const detinit_recipe *shape, double mean, double std,
                           detinit_dtype dtype)
{
    detinit_recipe law = detinit_recipe_tensor(0, 0, shape->rank, shape->shape);
    law.dtype = dtype;
    law.mode = DETINIT_NORMAL;
    law.std = std;
    law.mean = mean;
    if (std > 0 && isfinite(std) && detinit_recipe_check(&law, NULL) == DETINIT_OK)
        return law;
    law.mode = DETINIT_CONSTANT;
    law.std = 0.02;
    law.mean = 0;
    law.value = isfinite(mean) ? mean : 0;
    return law;
}

/* ------------------------------------------------------------------ a survey */

typedef struct surveying {
    const tensor_subject *s;
    uint64_t total, cols;
    double *sample;
    size_t sampled;
    struct theory theory;
    struct bins bins;
    uint64_t *counts;
    const survey_kernel *kernel;
} surveying;

/* Bins as wide as the theory has them, over all that was sampled and a little more. */
static struct bins bins_over(const struct theory *theory, uint64_t count, double min, double max)
{
    struct bins b = histogram_bins(theory, count);
    if (!isfinite(min) || !isfinite(max))
        return b;
    const double room = (max - min) / 4, low = min - room, high = max + room;
    while ((high - low) / b.width > (double)BINS_MOST)
        b.width *= 2;
    b.zero = -floor(low / b.width);
    b.bins = (size_t)(floor(high / b.width) + b.zero) + 1;
    return b;
}

static size_t keep_finite(double *values, size_t count)
{
    size_t kept = 0;
    for (size_t n = 0; n < count; n++)
        if (isfinite(values[n]))
            values[kept++] = values[n];
    return kept;
}

/* Uses `values` up. */
static bool count_values(surveying *y, double *values, size_t count)
{
    uint32_t *counts = calloc(y->bins.bins, sizeof *counts);
    if (counts == NULL)
        return false;
    histogram_count(&y->bins, values, keep_finite(values, count), counts, y->kernel);
    for (size_t n = 0; n < y->bins.bins; n++)
        y->counts[n] += counts[n];
    free(counts);
    return true;
}

static detinit_status no_memory(detinit_error *error)
{
    return error_set(error, DETINIT_NO_MEMORY, "not enough memory for statistics");
}

/* Every number of the tensor. */
static detinit_status survey_all(surveying *y, moments *m, const detinit_run *run,
                                 detinit_error *error)
{
    double *values = malloc(CHUNK * sizeof *values);
    detinit_status status = values != NULL ? DETINIT_OK : no_memory(error);
    for (uint64_t at = 0; at < y->total && status == DETINIT_OK; at += CHUNK) {
        const size_t length = y->total - at < CHUNK ? (size_t)(y->total - at) : CHUNK;
        status = subject_values(y->s, at, length, values, error);
        if (status != DETINIT_OK)
            break;
        add_values(m, values, length, at);
        if (!count_values(y, values, length))
            status = no_memory(error);
        else
            status = progress_tell(run, at + length, y->total, error);
    }
    free(values);
    return status;
}

/* The stretches of the sample, whose places in the tensor are known. */
static detinit_status survey_sample(surveying *y, moments *m, detinit_error *error)
{
    double copy[STRETCH];
    for (size_t at = 0; at < y->sampled; at += STRETCH) {
        const size_t length = y->sampled - at < STRETCH ? y->sampled - at : STRETCH;
        const bool whole = y->sampled == y->total;
        memcpy(copy, y->sample + at, length * sizeof copy[0]);
        add_values(m, copy, length,
                   whole ? at : stretch_begin(y->total, STRETCHES, STRETCH, at / STRETCH));
        if (!count_values(y, copy, length))
            return no_memory(error);
    }
    return DETINIT_OK;
}

/* Of the sample, which this uses up. */
static detinit_status test(surveying *y, const detinit_run *run, detinit_statistics *t,
                           detinit_error *error)
{
    const size_t drawn = ks_drop_certain(&y->theory, y->sample, keep_finite(y->sample, y->sampled));
    if (y->theory.law_count == 0 || drawn < 2 || t->min == t->max)
        return DETINIT_OK;
    const detinit_status status =
        ks_distance(&y->theory, y->sample, drawn, run, &t->ks_distance, error);
    if (status == DETINIT_OK) {
        t->ks_count = drawn;
        t->ks_p = ks_probability(t->ks_distance, drawn);
    }
    return status;
}

static detinit_status survey(surveying *y, bool exact, const detinit_run *run, detinit_survey *out,
                             detinit_error *error)
{
    const detinit_statistics known = statistics_of(y->sample, y->sampled);
    moments m = moments_from(isfinite(known.mean) ? known.mean : 0, known.std);
    const bool all = exact && y->sampled < y->total;
    y->kernel = kernels_for(run)->survey;
    y->bins = bins_over(&y->theory, all ? y->total : y->sampled, known.min, known.max);
    y->counts = calloc(y->bins.bins, sizeof *y->counts);
    detinit_status status = y->counts == NULL ? no_memory(error)
                            : all             ? survey_all(y, &m, run, error)
                                              : survey_sample(y, &m, error);
    if (status != DETINIT_OK)
        return status;
    fill_statistics(&m, y->cols, &out->statistics);
    out->statistics.sampled = !all && y->sampled < y->total;
    out->statistics.target_mean = y->theory.mean;
    out->statistics.target_std = y->theory.std;
    status = test(y, run, &out->statistics, error);
    if (status == DETINIT_OK)
        status = histogram_make(&y->bins, y->counts, &y->theory, &out->histogram, error);
    return status;
}

/* An audit's word where it has one, else a law of the same mean and std. */
static detinit_status find_law(const surveying *y, const detinit_recipe *shape,
                               const detinit_run *run, likely_law *law, detinit_error *error)
{
    const tensor_subject *s = y->s;
    const detinit_statistics known = statistics_of(y->sample, y->sampled);
    const detinit_run quiet = {.threads = run != NULL ? run->threads : 0};
    detinit_audit_tensor found;
    *law = (likely_law){.recipe =
                            subject_law(shape, known.mean, known.std,
                                        s->tensor->weights ? s->tensor->dtype : DETINIT_FLOAT64)};
    if (s->face != FACE_TRAINED || !s->tensor->weights || s->tensor->count == 0)
        return DETINIT_OK;
    const detinit_status status =
        detinit_audit_one(s->file->held.file, s->tensor, false, &quiet, &found, error);
    if (status != DETINIT_OK)
        return status;
    law->audited = true;
    law->origin = found.origin;
    detinit_audit_words(&found, law->words);
    if (found.origin <= DETINIT_ORIGIN_MADE &&
        detinit_recipe_check(&found.recipe, NULL) == DETINIT_OK)
        law->recipe = found.recipe;
    return DETINIT_OK;
}

detinit_status subject_survey(const tensor_subject *s, const detinit_recipe *promised, bool exact,
                              const detinit_run *run, detinit_survey *out, likely_law *law,
                              detinit_error *error)
{
    surveying y = {.s = s, .total = tensor_value_count(s->tensor)};
    detinit_status status = DETINIT_OK;
    const uint64_t cols = detinit_recipe_cols(promised);
    y.cols = cols > 0 ? cols : 1;
    y.sample = gather(s, y.total, &y.sampled, error);
    if (y.sample == NULL)
        return error->status;
    if (law != NULL)
        status = find_law(&y, promised, run, law, error);
    if (status == DETINIT_OK && !theory_make(law != NULL ? &law->recipe : promised, &y.theory))
        status = no_memory(error);
    else if (status == DETINIT_OK) {
        status = survey(&y, exact, run, out, error);
        theory_free(&y.theory);
    }
    free(y.counts);
    free(y.sample);
    return status;
}

void subject_probe(const tensor_subject *s, double *mean, double *std)
{
    const uint64_t total = tensor_value_count(s->tensor);
    double values[PROBES * PROBE];
    size_t count = 0;
    const bool whole = total <= PROBES * PROBE;
    for (uint64_t k = 0; k < (whole ? 1 : PROBES); k++) {
        const size_t length = whole ? (size_t)total : PROBE;
        if (subject_values(s, whole ? 0 : stretch_begin(total, PROBES, PROBE, k), length,
                           values + count, NULL) == DETINIT_OK)
            count += length;
    }
    const detinit_statistics known = statistics_of(values, count);
    *mean = isfinite(known.mean) ? known.mean : 0;
    *std = known.count - known.overflowed > 1 ? known.std : 0;
}
