/* See survey_kernel.h. */
#include "kernel/survey_kernel.h"

#include "base/strict.h"
#include "kernel/build.h"

#include <string.h>

/* Four lanes, which compilers map to what registers there are: an extension of GNU C. */
typedef double four __attribute__((vector_size(4 * sizeof(double))));

#define HALF (SURVEY_LANES / 2)

/* Half of the lanes at a time fit the registers of every machine. */
static inline __attribute__((always_inline)) void sum_half(const double *values, size_t count,
                                                           double scale, size_t half,
                                                           double sums[SURVEY_POWERS][SURVEY_LANES])
{
    four s1 = {0}, s2 = {0}, s3 = {0}, s4 = {0};
    for (size_t i = half; i < count; i += SURVEY_LANES) {
        four x, x2;
        memcpy(&x, values + i, sizeof x);
        x = x * scale;
        x2 = x * x;
        s1 += x;
        s2 += x2;
        s3 += x2 * x;
        s4 += x2 * x2;
    }
    memcpy(sums[0] + half, &s1, sizeof s1);
    memcpy(sums[1] + half, &s2, sizeof s2);
    memcpy(sums[2] + half, &s3, sizeof s3);
    memcpy(sums[3] + half, &s4, sizeof s4);
}

static void sum_powers(const double *values, size_t count, double scale,
                       double sums[SURVEY_POWERS][SURVEY_LANES])
{
    sum_half(values, count, scale, 0, sums);
    sum_half(values, count, scale, HALF, sums);
}

static int64_t count_beyond(const double *values, size_t count, double min, double max)
{
    int64_t beyond = 0;
    for (size_t i = 0; i < count; i++)
        beyond += (values[i] < min) | (values[i] > max);
    return beyond;
}

static void find_bins(const double *restrict values, size_t count, double inverse, double zero,
                      double last, int32_t *restrict found)
{
    for (size_t i = 0; i < count; i++) {
        double bin = values[i] * inverse + zero;
        bin = bin < last ? bin : last; /* not-a-number goes here, too */
        bin = bin > 0 ? bin : 0;
        found[i] = (int32_t)bin;
    }
}

const survey_kernel OF_BUILD(survey_kernel) = {
    .sum_powers = sum_powers,
    .count_beyond = count_beyond,
    .find_bins = find_bins,
};
