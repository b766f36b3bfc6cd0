#include "describe/histogram.h"

#include "detinit_describe.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Fewer weights than this are shown in bins as wide as if there were so many. */
#define FEWEST 64.0

/* Bins on either side of 0; more would be finer than the eye and slower than the cache. */
#define MAX_SIDE 16384.0

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

/* Freedman and Diaconis (1981), with the quartiles of the theory. */
struct bins histogram_bins(const struct theory *theory, detinit_dtype dtype, uint64_t count)
{
    double n = (double)count > FEWEST ? (double)count : FEWEST;
    double iqr = 2 * (theory_quantile(theory, 0.75) / theory->std);
    /* Rounding moves a weight by half of it at most, to the least subnormal number. */
    double reach = theory->reach * (dtype == DETINIT_FLOAT64 ? 1 : 2);
    double width = fmax(2 * iqr / cbrt(n), reach / (MAX_SIDE - 2));
    struct bins bins = {.zero = (size_t)(reach / width) + 2};
    bins.bins = 2 * bins.zero;
    bins.width = shorten(fmax(width * theory->std, DBL_MIN));
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
    const double inverse = 1 / bins->width, zero = (double)bins->zero;
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

static double edge(const struct bins *bins, size_t k)
{
    return ((double)k - (double)bins->zero) * bins->width;
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
