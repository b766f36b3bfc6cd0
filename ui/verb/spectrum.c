#include "verb/spectrum.h"

#include "base/error.h"
#include "base/progress.h"
#include "describe/theory.h"
#include "system/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Work that is done in parts, none of which is known to take longer: each is so much of the whole.
 */
#define PART ((uint64_t)1000)

/* A condition number below this tells of rounding alone: all directions are stretched alike. */
#define CONDITION_ALIKE 1.05

/* ------------------------------------------------------------- one matrix */

/* Three parts: the matrix, its singular values, its Gram matrix. */
static detinit_status measure(detinit_recipe recipe, bool orthogonal, shared_progress *all,
                              size_t count, double *values, double *gram, detinit_error *error)
{
    detinit_matrix *matrix;
    detinit_run part = progress_share(all, PART);
    recipe.orthogonal = orthogonal;
    recipe.dist = orthogonal ? DETINIT_DIST_OF_MODE : recipe.dist;
    detinit_status status = detinit_matrix_new(&recipe, &part, &matrix, error);
    if (status != DETINIT_OK)
        return status;
    part = progress_share(all, PART);
    status = detinit_matrix_singular_values(matrix, &part, values, error);
    part = progress_share(all, PART);
    if (status == DETINIT_OK)
        status = detinit_matrix_gram(matrix, &part, gram, error);
    /* A normal matrix's Gram matrix is shown over its diagonal's mean: 1 on the diagonal. */
    double trace = 0;
    for (size_t n = 0; n < count; n++)
        trace += gram[n * count + n] / (double)count;
    for (size_t n = 0; n < count * count && !orthogonal && trace > 0; n++)
        gram[n] /= trace;
    detinit_matrix_free(matrix);
    return status;
}

/* The upper left part of a Gram matrix, as much as can be drawn. */
static double *crop(const double *gram, size_t side, size_t kept)
{
    double *out = malloc(kept * kept * sizeof *out);
    for (size_t row = 0; row < kept && out != NULL; row++)
        memcpy(out + row * kept, gram + row * side, kept * sizeof *out);
    return out;
}

static detinit_status make_both(const detinit_recipe *recipe, const detinit_run *run, spectrum *s,
                                double *gram, detinit_error *error)
{
    shared_progress all = {.run = run, .total = 6 * PART};
    detinit_status status = measure(*recipe, false, &all, s->count, s->normal, gram, error);
    if (status != DETINIT_OK)
        return status;
    s->gram_normal = crop(gram, s->count, s->gram_side);
    status = measure(*recipe, true, &all, s->count, s->orthogonal, gram, error);
    if (status != DETINIT_OK)
        return status;
    s->gram_orthogonal = crop(gram, s->count, s->gram_side);
    s->condition_normal = detinit_condition_number(s->normal, s->count);
    s->condition_orthogonal = detinit_condition_number(s->orthogonal, s->count);
    s->gram_deviation = detinit_gram_deviation(gram, s->count);
    if (s->gram_normal != NULL && s->gram_orthogonal != NULL)
        return DETINIT_OK;
    return error_set(error, DETINIT_NO_MEMORY, "not enough memory for a Gram matrix");
}

/* Whether there are such matrices, of a size that can be waited for. */
static detinit_status check(const detinit_recipe *recipe, uint64_t shorter, uint64_t longer,
                            detinit_error *error)
{
    detinit_recipe orthogonal = *recipe;
    orthogonal.orthogonal = true;
    orthogonal.dist = DETINIT_DIST_OF_MODE;
    if (recipe->rank < 2)
        return error_set(error, DETINIT_INVALID,
                         "singular values are those of a matrix; this has %zu dimension%s",
                         recipe->rank, recipe->rank == 1 ? "" : "s");
    if (!detinit_mode_is_drawn(recipe->mode))
        return error_set(error, DETINIT_INVALID,
                         "mode %s draws nothing: normal and orthogonal are compared where one "
                         "recipe draws all",
                         detinit_mode_name(recipe->mode));
    if (recipe->part_count > 0)
        return error_set(error, DETINIT_INVALID,
                         "normal and orthogonal are compared where one recipe draws all");
    if (shorter == 0)
        return error_set(error, DETINIT_INVALID, "an empty tensor has no singular values");
    if (shorter > SPECTRUM_MOST || longer > SPECTRUM_LONGEST)
        return error_set(error, DETINIT_INVALID,
                         "singular values are found up to %llu x %llu; make the matrix smaller",
                         (unsigned long long)SPECTRUM_MOST, (unsigned long long)SPECTRUM_LONGEST);
    if (!memory_allows("a spectrum of this shape", detinit_spectrum_memory(&orthogonal), error))
        return DETINIT_INVALID;
    return DETINIT_OK;
}

/* The law of independent weights of the std that the recipe promises. */
static detinit_status find_law(const detinit_recipe *recipe, spectrum *s, detinit_error *error)
{
    detinit_recipe normal = *recipe;
    struct theory theory;
    normal.orthogonal = false;
    normal.has_zero_row = false; /* it is one singular value that is 0, or none */
    if (recipe->zero_mean) {
        snprintf(s->no_law, sizeof s->no_law,
                 "no law: Marchenko and Pastur's is of independent weights, and those of a slice "
                 "of mean 0 are not");
        return DETINIT_OK;
    }
    if (!theory_make(&normal, &theory))
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for a law");
    s->law = detinit_marchenko_pastur(s->rows, s->cols, theory.std);
    theory_free(&theory);
    if (!(s->law.upper > 0) || !isfinite(s->law.upper))
        snprintf(s->no_law, sizeof s->no_law, "no law: the weights' std is 0 or overflows");
    return DETINIT_OK;
}

detinit_status spectrum_make(const detinit_recipe *recipe, const detinit_run *run, spectrum *out,
                             detinit_error *error)
{
    *out = (spectrum){.count = 0};
    detinit_recipe_layer_shape(recipe, &out->rows, &out->cols);
    const uint64_t shorter = out->rows < out->cols ? out->rows : out->cols;
    const uint64_t longer = out->rows < out->cols ? out->cols : out->rows;
    detinit_status status = check(recipe, shorter, longer, error);
    if (status != DETINIT_OK)
        return status;
    out->count = (size_t)shorter;
    out->gram_side = out->count < GRAM_MOST ? out->count : GRAM_MOST;
    out->normal = malloc(out->count * sizeof *out->normal);
    out->orthogonal = malloc(out->count * sizeof *out->orthogonal);
    double *gram = calloc(out->count * out->count, sizeof *gram);
    if (out->normal == NULL || out->orthogonal == NULL || gram == NULL)
        status = error_set(error, DETINIT_NO_MEMORY, "not enough memory for a spectrum");
    if (status == DETINIT_OK)
        status = find_law(recipe, out, error);
    if (status == DETINIT_OK)
        status = make_both(recipe, run, out, gram, error);
    free(gram);
    return status;
}

void spectrum_free(spectrum *s)
{
    free(s->normal);
    free(s->orthogonal);
    free(s->gram_normal);
    free(s->gram_orthogonal);
    *s = (spectrum){.count = 0};
}

size_t spectrum_beyond(const spectrum *s)
{
    size_t beyond = 0;
    for (size_t n = 0; n < s->count; n++)
        beyond += s->normal[n] < s->law.lower || s->normal[n] > s->law.upper;
    return beyond;
}

/* -------------------------------------------------------------- histograms */

/* As many bins as have about as many values each. */
static size_t bins_for(size_t count)
{
    const size_t bins = 2 * (size_t)ceil(sqrt((double)count));
    return bins < SPECTRUM_BINS ? bins : SPECTRUM_BINS;
}

static void count_values(spectrum_bins *b, const double *values, size_t count)
{
    for (size_t n = 0; n < count; n++) {
        size_t bin = b->bins;
        while (bin > 0 && values[n] < b->edges[bin - 1])
            bin--;
        if (bin > 0 && values[n] <= b->edges[b->bins])
            b->counts[bin - 1]++;
    }
}

void spectrum_histogram(const spectrum *s, spectrum_bins *out)
{
    const bool has_law = s->no_law[0] == '\0';
    const double least = s->normal[s->count - 1], most = s->normal[0];
    const double low = has_law ? fmin(least, s->law.lower) : least;
    const double high = has_law ? fmax(most, s->law.upper) : most;
    *out = (spectrum_bins){.bins = bins_for(s->count)};
    for (size_t n = 0; n <= out->bins; n++)
        out->edges[n] = low + (high - low) * ((double)n / (double)out->bins);
    out->edges[out->bins] = high;
    count_values(out, s->normal, s->count);
    for (size_t n = 0; n < out->bins; n++)
        out->expected[n] =
            has_law ? (double)s->count * (detinit_singular_cdf(&s->law, out->edges[n + 1]) -
                                          detinit_singular_cdf(&s->law, out->edges[n]))
                    : NAN;
}

void product_histogram(const product_spectrum *p, spectrum_bins *out)
{
    const double low = fmax(p->normal[PRODUCT_WIDTH - 1], p->normal[0] * SPECTRUM_ROUNDING);
    const double high = fmax(p->normal[0], detinit_product_upper(p->factors));
    *out = (spectrum_bins){.bins = bins_for(PRODUCT_WIDTH)};
    for (size_t n = 0; n <= out->bins; n++)
        out->edges[n] = low * pow(high / low, (double)n / (double)out->bins);
    out->edges[out->bins] = high;
    count_values(out, p->normal, PRODUCT_WIDTH);
    for (size_t n = 0; n < out->bins; n++)
        out->expected[n] =
            (double)PRODUCT_WIDTH * (detinit_product_cdf(p->factors, out->edges[n + 1]) -
                                     detinit_product_cdf(p->factors, out->edges[n]));
}

/* ---------------------------------------------------------------- products */

/* A recipe of sigma 1, orthogonal or not, so that no product overflows; sigma is what it had. */
static detinit_status normalize(const detinit_recipe *recipe, bool orthogonal, detinit_recipe *out,
                                double *sigma, detinit_error *error)
{
    *out = *recipe;
    out->orthogonal = orthogonal;
    out->dist = orthogonal ? DETINIT_DIST_OF_MODE : out->dist;
    if (!detinit_recipe_sigma_w(out, PRODUCT_WIDTH, sigma))
        return error_set(error, DETINIT_INVALID,
                         "products are of weights that are drawn, by one recipe, and have no mean");
    out->gain /= *sigma;
    if (!isfinite(*sigma) || !(out->gain > 0) || !isfinite(out->gain))
        return error_set(error, DETINIT_NUMERIC, "products are of weights whose std is in range");
    return DETINIT_OK;
}

static detinit_status multiply(const detinit_recipe *recipe, bool orthogonal, unsigned factors,
                               shared_progress *all, double *values, double *sigma,
                               detinit_error *error)
{
    detinit_recipe layers;
    detinit_status status = normalize(recipe, orthogonal, &layers, sigma, error);
    const detinit_run part = progress_share(all, PART);
    if (status != DETINIT_OK)
        return status;
    if (!memory_allows("a product of matrices", detinit_product_memory(&layers, PRODUCT_WIDTH),
                       error))
        return DETINIT_INVALID;
    return detinit_product_singular_values(&layers, PRODUCT_WIDTH, factors, &part, values, error);
}

detinit_status product_make(const detinit_recipe *recipe, unsigned factors, const detinit_run *run,
                            product_spectrum *out, detinit_error *error)
{
    shared_progress all = {.run = run, .total = 2 * PART};
    *out = (product_spectrum){.factors = factors};
    detinit_status status =
        multiply(recipe, false, factors, &all, out->normal, &out->sigma_normal, error);
    if (status == DETINIT_OK)
        status =
            multiply(recipe, true, factors, &all, out->orthogonal, &out->sigma_orthogonal, error);
    if (status != DETINIT_OK)
        return status;
    out->condition_normal = detinit_condition_number(out->normal, PRODUCT_WIDTH);
    out->condition_orthogonal = detinit_condition_number(out->orthogonal, PRODUCT_WIDTH);
    for (size_t n = 0; n < PRODUCT_WIDTH; n++)
        out->rounded += out->normal[n] < SPECTRUM_ROUNDING * out->normal[0];
    return DETINIT_OK;
}

/* ------------------------------------------------------------------- words */

/* "405", "2e13" */
static const char *times_text(double value, const char *format, char *buffer, size_t size)
{
    char digits[32];
    snprintf(digits, sizeof digits, value < 1e6 ? format : "%.0e", value);
    const char *sign = strchr(digits, '+');
    const int before = sign != NULL ? (int)(sign - digits) : (int)strlen(digits);
    snprintf(buffer, size, "%.*s%s", before, digits, sign != NULL ? sign + 1 : "");
    return buffer;
}

static bool is_rounding(double condition)
{
    return !(condition <= 1 / SPECTRUM_ROUNDING);
}

const char *condition_text(double condition, char buffer[SPECTRUM_TEXT])
{
    if (is_rounding(condition))
        snprintf(buffer, SPECTRUM_TEXT, "over 1e15");
    else
        times_text(condition, "%.4g", buffer, SPECTRUM_TEXT);
    return buffer;
}

const char *condition_words(double condition, char buffer[SPECTRUM_TEXT])
{
    char times[32];
    if (is_rounding(condition))
        snprintf(buffer, SPECTRUM_TEXT, "flattens some directions to nothing");
    else if (condition < CONDITION_ALIKE)
        snprintf(buffer, SPECTRUM_TEXT, "stretches all directions alike");
    else
        snprintf(buffer, SPECTRUM_TEXT, "stretches some directions %s times more than others",
                 times_text(condition, condition < 10 ? "%.1f" : "%.0f", times, sizeof times));
    return buffer;
}
