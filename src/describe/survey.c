#include "describe/survey.h"

#include "detinit_describe.h"
#include "kernel/kernels.h"
#include "base/error.h"
#include "base/progress.h"
#include "describe/histogram.h"
#include "describe/ks.h"
#include "matrix/matrix.h"
#include "matrix/sample.h"
#include "describe/statistics.h"
#include "describe/theory.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Weights are made for the test in pieces of so many at most: as many as a stretch of a sample. */
#define PIECE ((size_t)1024)

struct survey {
    const detinit_matrix *matrix;
    struct theory theory;
    struct bins bins;
    struct tally_unit unit;
    const survey_kernel *kernel;
    struct tally tally;
    uint64_t underflowed;
    uint64_t *counts;      /* of bins */
    double few[TALLY_FEW]; /* the first weights */
};

/* What is known of one block. */
struct partial {
    struct tally tally;
    uint64_t underflowed;
    uint32_t counts[];
};

/* A survey of `count` weights of a matrix. */
static detinit_status begin(const detinit_matrix *matrix, uint64_t count, const detinit_run *run,
                            struct survey **out, detinit_error *error)
{
    struct survey *survey = calloc(1, sizeof *survey);
    if (survey != NULL && theory_make(detinit_matrix_recipe(matrix), &survey->theory)) {
        survey->matrix = matrix;
        survey->bins = histogram_bins(&survey->theory, count);
        survey->unit = tally_unit_of(&survey->theory);
        survey->kernel = kernels_for(run)->survey;
        survey->counts = calloc(survey->bins.bins, sizeof *survey->counts);
        tally_clear(&survey->tally);
    }
    if (survey == NULL || survey->counts == NULL) {
        survey_free(survey);
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for statistics");
    }
    *out = survey;
    return DETINIT_OK;
}

detinit_status survey_new(const detinit_matrix *matrix, const detinit_run *run, struct survey **out,
                          detinit_error *error)
{
    uint64_t count;
    if (!detinit_recipe_count(detinit_matrix_recipe(matrix), &count))
        return error_set(error, DETINIT_INVALID,
                         "statistics of all weights: expected at most 2^64 - 1 of them");
    return begin(matrix, count, run, out, error);
}

void survey_free(struct survey *survey)
{
    if (survey != NULL) {
        theory_free(&survey->theory);
        free(survey->counts);
    }
    free(survey);
}

size_t survey_partial_size(const struct survey *survey)
{
    return sizeof(struct partial) + survey->bins.bins * sizeof(uint32_t);
}

/* `count` weights of a block from number `from` on, decoded into `room` where they are not yet. */
static const double *values_of(const struct survey *survey, const detinit_block *block, size_t from,
                               size_t count, double *room)
{
    if (block->values != NULL)
        return block->values + from;
    detinit_dtype dtype = detinit_matrix_recipe(survey->matrix)->dtype;
    const unsigned char *stored = block->stored;
    detinit_decode(dtype, stored + from * detinit_dtype_size(dtype), count, room);
    return room;
}

/* Laws that reach 0 with a smaller chance than this make no weight that rounds to it. */
#define NEVER 1e-20

static double atom_of_zero(const struct theory *theory)
{
    double share = 0;
    for (size_t n = 0; n < theory->atom_count; n++)
        share += theory->atoms[n].value == 0 ? theory->atoms[n].share : 0;
    return share;
}

/* Whether the theory lets any weight be stored as 0 that is not 0. */
static bool can_underflow(const struct theory *theory)
{
    const double end = rounding_end(&theory->rounding, 0);
    return theory->atom_underflows ||
           theory_between(theory, -end, end) - atom_of_zero(theory) > NEVER;
}

/*
 * How many of `zeros` weights were not 0 before rounding.  Where the recipe makes none 0, all of
 * them; else they are made again, where it can be that some are not.
 */
static uint64_t count_underflowed(const struct survey *survey, const detinit_block *block,
                                  size_t from, const double *values, size_t count, uint64_t zeros)
{
    const struct theory *theory = &survey->theory;
    uint64_t at = block->col + from,
             cols = detinit_recipe_cols(detinit_matrix_recipe(survey->matrix));
    double unrounded[TALLY_CHUNK];
    uint64_t underflowed = 0;
    if (zeros == 0 || atom_of_zero(theory) == 0)
        return zeros;
    if (!can_underflow(theory))
        return 0;
    matrix_make_unrounded(survey->matrix, block->row + at / cols, at % cols, count, unrounded);
    for (size_t n = 0; n < count; n++)
        underflowed += values[n] == 0 && unrounded[n] != 0;
    return underflowed;
}

void survey_map(const struct survey *survey, const detinit_block *block, void *partial)
{
    struct partial *found = partial;
    size_t count = block->rows * block->cols;
    double room[TALLY_CHUNK];
    tally_clear(&found->tally);
    found->underflowed = 0;
    memset(found->counts, 0, survey->bins.bins * sizeof *found->counts);
    for (size_t from = 0; from < count; from += TALLY_CHUNK) {
        size_t part = count - from < TALLY_CHUNK ? count - from : TALLY_CHUNK;
        const double *values = values_of(survey, block, from, part, room);
        const uint64_t zeros = found->tally.zeros;
        tally_chunk(&found->tally, block, from, values, part, survey->unit, survey->kernel);
        histogram_count(&survey->bins, values, part, found->counts, survey->kernel);
        found->underflowed +=
            count_underflowed(survey, block, from, values, part, found->tally.zeros - zeros);
    }
}

static void keep_few(struct survey *survey, const detinit_block *block)
{
    size_t length = block->rows * block->cols;
    if (survey->tally.count < TALLY_FEW) {
        double decoded[TALLY_FEW];
        size_t have = (size_t)survey->tally.count, room = TALLY_FEW - have;
        size_t kept = length < room ? length : room;
        memcpy(survey->few + have, values_of(survey, block, 0, kept, decoded),
               kept * sizeof *survey->few);
    }
}

void survey_take(struct survey *survey, const detinit_block *block, const void *partial)
{
    const struct partial *found = partial;
    keep_few(survey, block);
    tally_merge(&survey->tally, &found->tally);
    survey->underflowed += found->underflowed;
    for (size_t k = 0; k < survey->bins.bins; k++)
        survey->counts[k] += found->counts[k];
}

/* Whether weights can be tested: finite, drawn, and more than one number where they are many. */
static bool can_be_tested(const struct survey *survey, const double *drawn, size_t count)
{
    size_t n = 0;
    if (survey->theory.law_count == 0 || survey->tally.infinite > 0 || count == 0)
        return false;
    while (n < count && drawn[n] == drawn[0])
        n++;
    return count == 1 || n < count;
}

/* Statistics and histogram; `stored` weights, which this uses up, are for the test. */
static detinit_status finish(const struct survey *survey, double *stored, size_t count,
                             const detinit_run *run, detinit_survey *out, detinit_error *error)
{
    detinit_survey result;
    double distance = NAN;
    detinit_status status = DETINIT_OK;
    count = ks_drop_certain(&survey->theory, stored, count);
    const bool tested = can_be_tested(survey, stored, count);
    if (tested)
        status = ks_distance(&survey->theory, stored, count, run, &distance, error);
    if (status == DETINIT_OK)
        status = histogram_make(&survey->bins, survey->counts, &survey->theory, &result.histogram,
                                error);
    if (status != DETINIT_OK)
        return status;
    tally_statistics(&survey->tally, survey->unit, survey->few, &survey->theory,
                     &result.statistics);
    result.statistics.underflowed = survey->underflowed;
    result.statistics.ks_count = tested ? count : 0;
    result.statistics.ks_distance = distance;
    result.statistics.ks_p = tested ? ks_probability(distance, count) : NAN;
    *out = result;
    return DETINIT_OK;
}

/* ---------------------------------------------------- weights for the test */

/* Stored weights, all of a matrix or its sample, made in pieces. */
struct gathering {
    const detinit_matrix *matrix;
    uint64_t cols;
    bool whole;
    struct sample sample;
    size_t count, piece; /* weights in all, and in one piece, save the last */
    double *values;
};

static struct gathering gathering_of(const detinit_matrix *matrix)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(matrix);
    struct gathering g = {.matrix = matrix, .cols = detinit_recipe_cols(recipe)};
    uint64_t count;
    g.whole = detinit_recipe_count(recipe, &count) && count <= DETINIT_KS_COUNT;
    if (g.whole) {
        g.count = (size_t)count;
        g.piece = PIECE;
    } else {
        g.sample = sample_of(recipe);
        g.count = sample_count(&g.sample);
        g.piece = g.sample.rows * g.sample.cols;
    }
    return g;
}

static void gather_piece(void *context, uint64_t n)
{
    const struct gathering *g = context;
    const detinit_dtype dtype = detinit_matrix_recipe(g->matrix)->dtype;
    size_t from = (size_t)n * g->piece;
    size_t length = g->count - from < g->piece ? g->count - from : g->piece;
    double stored[PIECE]; /* room for any type */
    detinit_block place = {.row = from / g->cols, .col = from % g->cols, .rows = 1, .cols = length};
    if (!g->whole)
        sample_place(&g->sample, n, &place.row, &place.col);
    matrix_make_block(g->matrix, &place, stored);
    detinit_decode(dtype, stored, length, g->values + from);
}

/* Fills g->values, to be freed by the caller. */
static detinit_status gather(struct gathering *g, const detinit_run *run, detinit_error *error)
{
    uint64_t pieces = (g->count + g->piece - 1) / g->piece;
    g->values = malloc(g->count * sizeof *g->values);
    if (g->values == NULL && g->count > 0)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for a sample of weights");
    threads_for(threads_of_run(run, pieces), pieces, gather_piece, g);
    return DETINIT_OK;
}

detinit_status survey_finish(struct survey *survey, const detinit_run *run, detinit_survey *out,
                             detinit_error *error)
{
    struct gathering g = gathering_of(survey->matrix);
    detinit_status status = gather(&g, run, error);
    if (status == DETINIT_OK)
        status = finish(survey, g.values, g.count, run, out, error);
    free(g.values);
    return status;
}

/* ----------------------------------------------------------- whole surveys */

static void map_all(void *context, const detinit_block *block, void *partial)
{
    survey_map(context, block, partial);
}

static detinit_status take_all(void *context, const detinit_block *block, const void *partial,
                               detinit_error *error)
{
    (void)error;
    survey_take(context, block, partial);
    return DETINIT_OK;
}

static detinit_status survey_all(const detinit_matrix *matrix, const detinit_run *run,
                                 detinit_survey *out, detinit_error *error)
{
    struct survey *survey;
    detinit_status status = survey_new(matrix, run, &survey, error);
    if (status != DETINIT_OK)
        return status;
    detinit_sink sink = {.partial_size = survey_partial_size(survey),
                         .map = map_all,
                         .take = take_all,
                         .context = survey};
    status = detinit_matrix_stream(matrix, run, &sink, error);
    if (status == DETINIT_OK)
        status = survey_finish(survey, run, out, error);
    survey_free(survey);
    return status;
}

/* Surveys the stretches of a sample. */
static detinit_status take_sample(struct survey *survey, const struct gathering *g,
                                  detinit_error *error)
{
    void *partial = malloc(survey_partial_size(survey));
    detinit_block block = {.rows = g->sample.rows, .cols = g->sample.cols};
    if (partial == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for statistics");
    for (uint64_t k = 0; k < g->sample.stretches; k++) {
        sample_place(&g->sample, k, &block.row, &block.col);
        block.values = g->values + k * g->piece;
        survey_map(survey, &block, partial);
        survey_take(survey, &block, partial);
    }
    free(partial);
    return DETINIT_OK;
}

/* Progress of a sample is told in so many steps. */
#define SAMPLE_STEPS 2

static detinit_status survey_sample(const detinit_matrix *matrix, const detinit_run *run,
                                    detinit_survey *out, detinit_error *error)
{
    struct survey *survey;
    struct gathering g = gathering_of(matrix);
    detinit_status status = begin(matrix, g.count, run, &survey, error);
    if (status != DETINIT_OK)
        return status;
    status = progress_tell(run, 0, SAMPLE_STEPS, error);
    if (status == DETINIT_OK)
        status = gather(&g, run, error);
    if (status == DETINIT_OK)
        status = progress_tell(run, 1, SAMPLE_STEPS, error);
    if (status == DETINIT_OK)
        status = take_sample(survey, &g, error);
    if (status == DETINIT_OK)
        status = finish(survey, g.values, g.count, run, out, error);
    if (status == DETINIT_OK)
        out->statistics.sampled = true;
    free(g.values);
    survey_free(survey);
    return status;
}

detinit_status detinit_matrix_survey(const detinit_matrix *matrix, bool exact,
                                     const detinit_run *run, detinit_survey *out,
                                     detinit_error *error)
{
    uint64_t count;
    bool countable = detinit_recipe_count(detinit_matrix_recipe(matrix), &count);
    if (exact || (countable && count <= DETINIT_SAMPLE_ABOVE))
        return survey_all(matrix, run, out, error);
    return survey_sample(matrix, run, out, error);
}

void detinit_survey_free(detinit_survey *survey)
{
    histogram_free(&survey->histogram);
}
