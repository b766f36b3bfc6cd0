#include "describe/histogram.h"

#include "detinit_describe.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Fewer weights than this are shown in bins as wide as if there were so many. */
#define FEWEST 64.0

/* Twice as many bins at most; more would be finer than the eye and slower than the cache. */
#define MAX_SIDE 16384.0

/* Bins between the ends of weights that are not drawn. */
#define FIXED_BINS 32.0

/* Bins are no narrower than this part of the weight that is farthest from 0. */
#define NARROWEST 0x1p-40

/* A width of this many significant bits has all its multiples, the edges, without rounding. */
#define WIDTH_BITS 30

/* Indices of bins are made for so many weights at a time. */
#define CHUNK 1024

static double shorten(double width)
{
    int exponent;
    double fraction = frexp(width, &exponent);
    return ldexp(nearbyint(ldexp(fraction, WIDTH_BITS)), exponent - WIDTH_BITS);
}

/* The distance between the quartiles of what is drawn, in `unit`: the mean over the laws. */
static double quartiles_apart(const struct theory *theory, double unit)
{
    double sum = 0, share = 0;
    for (size_t n = 0; n < theory->law_count; n++) {
        struct law law = theory->laws[n].law;
        law.centre = 0;
        sum += theory->laws[n].share * 2 * (law_quantile(&law, 0.75) / unit);
        share += theory->laws[n].share;
    }
    return share > 0 ? sum / share : 0;
}

/* An end as it is stored, unless that is infinite. */
static double stored_end(const struct theory *theory, double end)
{
    const double stored = rounding_of(&theory->rounding, end);
    return isfinite(stored) ? stored : end;
}

/* A mean of more stds is infinite in these. */
#define FARTHEST 0x1p+900

/* What widths are reckoned in: the std, or, of a value that is certain, its magnitude. */
static double unit_of(const struct theory *theory)
{
    const double value = fabs(theory->mean);
    const double least = value / FARTHEST;
    return theory->std > 0 ? fmax(theory->std, least) : value > 0 ? value : 1;
}

/* Freedman and Diaconis (1981), with the quartiles of the theory. */
struct bins histogram_bins(const struct theory *theory, uint64_t count)
{
    if (theory->law_count + theory->atom_count == 0)
        return (struct bins){.bins = 1, .width = 1};
    const double n = (double)count > FEWEST ? (double)count : FEWEST, unit = unit_of(theory);
    /* Rounding keeps the order of weights, so that it takes none farther than the ends. */
    const double below = -fmin(theory->low, stored_end(theory, theory->low)) / unit;
    const double above = fmax(theory->high, stored_end(theory, theory->high)) / unit;
    double width = 2 * quartiles_apart(theory, unit) / cbrt(n);
    if (theory->law_count == 0)
        width = fmax(above + below, 1) / FIXED_BINS;
    width = fmax(width, (above + below) / 2 / (MAX_SIDE - 2));
    width = fmax(width, NARROWEST * fmax(fabs(above), fabs(below)));
    struct bins bins = {.zero = trunc(below / width) + 2};
    bins.bins = (size_t)(bins.zero + trunc(above / width) + 2);
    bins.width = shorten(fmax(width * unit, DBL_MIN));
    return bins;
}

/* Four at a time: loads need not wait for the stores before them. */
static void add_found(const int32_t *found, size_t count, uint32_t *counts)
{
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        int32_t a = found[i], b = found[i + 1], c = found[i + 2], d = found[i + 3];
        counts[a]++;
        counts[b]++;
        counts[c]++;
        counts[d]++;
    }
    for (; i < count; i++)
        counts[found[i]]++;
}

void histogram_count(const struct bins *bins, const double *values, size_t count, uint32_t *counts,
                     const survey_kernel *kernel)
{
    const double inverse = 1 / bins->width, zero = bins->zero;
    const double last = (double)(bins->bins - 1);
    int32_t found[CHUNK];
    for (size_t from = 0; from < count; from += CHUNK) {
        size_t length = count - from < CHUNK ? count - from : CHUNK;
        kernel->find_bins(values + from, length, inverse, zero, last, found);
        add_found(found, length, counts);
    }
}

static detinit_status allocate(detinit_histogram *histogram, detinit_error *error)
{
    size_t bins = histogram->bins;
    histogram->edges = malloc((bins + 1) * sizeof *histogram->edges);
    histogram->counts = malloc(bins * sizeof *histogram->counts);
    histogram->expected = malloc(bins * sizeof *histogram->expected);
    if (histogram->edges != NULL && histogram->counts != NULL && histogram->expected != NULL)
        return DETINIT_OK;
    histogram_free(histogram);
    return error_set(error, DETINIT_NO_MEMORY, "no memory for a histogram of %zu bins", bins);
}

/* Finite, though a recipe may ask for more. */
static double edge(const struct bins *bins, size_t k)
{
    return fmax(-DBL_MAX, fmin(DBL_MAX, ((double)k - bins->zero) * bins->width));
}

detinit_status histogram_make(const struct bins *bins, const uint64_t *counts,
                              const struct theory *theory, detinit_histogram *out,
                              detinit_error *error)
{
    size_t first = 0, end = bins->bins;
    double total = 0;
    while (first + 1 < end && counts[first] == 0)
        first++;
    while (end > first + 1 && counts[end - 1] == 0)
        end--;
    out->bins = end - first;
    if (allocate(out, error) != DETINIT_OK)
        return DETINIT_NO_MEMORY;
    for (size_t k = first; k < end; k++)
        total += (double)counts[k];
    for (size_t k = 0; k <= out->bins; k++)
        out->edges[k] = edge(bins, first + k);
    memcpy(out->counts, counts + first, out->bins * sizeof *counts);
    for (size_t k = 0; k < out->bins; k++)
        out->expected[k] = total * theory_between(theory, out->edges[k], out->edges[k + 1]);
    return DETINIT_OK;
}

void histogram_free(detinit_histogram *histogram)
{
    free(histogram->edges);
    free(histogram->counts);
    free(histogram->expected);
    memset(histogram, 0, sizeof *histogram);
}
