#include "model/work.h"

#include "detinit_track.h"
#include "system/memory.h"
#include "system/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Units of the layers in the signal test. */
#define SIGNAL_WIDTH 256

/* The shorter side of the largest matrix whose singular values are found: about a minute's work. */
#define SPECTRUM_MOST ((uint64_t)4096)
/* And the longer side. */
#define SPECTRUM_LONGEST ((uint64_t)1 << 20)

work_request work_request_of(const model *m)
{
    return (work_request){
        .recipe = m->settings.recipe,
        .exact = m->settings.output.exact,
        .threads = (unsigned)m->settings.run.threads,
        .activation = m->view.activation,
        .matrix = m->results.matrix != NULL ? detinit_matrix_share(m->results.matrix) : NULL,
        .save = m->settings.output.save != NULL ? strdup(m->settings.output.save) : NULL,
        .generation = m->generation,
    };
}

void work_request_free(work_request *r)
{
    detinit_matrix_free(r->matrix);
    free(r->save);
    *r = (work_request){.matrix = NULL};
}

unsigned work_missing(const model *m)
{
    unsigned needed = m->wanted | m->shown_pieces, has = 0;
    if ((needed & 1u << PIECE_SURVEY) != 0 && model_refines(m))
        needed |= 1u << PIECE_EXACT_SURVEY;
    for (int n = 0; n < PIECE_COUNT; n++)
        if (m->results.has[n])
            has |= 1u << n;
    needed &= ~has;
    /* Everything of an orthogonal matrix waits for the matrix; the spectrum makes its own. */
    if (needed != 0 && m->results.matrix == NULL)
        needed = (needed & (1u << PIECE_MODES | 1u << PIECE_SPECTRUM)) | 1u << PIECE_MATRIX;
    return needed;
}

const char *work_name(piece_id id)
{
    static const char *const names[PIECE_COUNT] = {
        [PIECE_MATRIX] = "orthogonalizing",
        [PIECE_SURVEY] = "surveying",
        [PIECE_MODES] = "comparing modes",
        [PIECE_REPRODUCIBILITY] = "proving reproducibility",
        [PIECE_SPECTRUM] = "finding singular values",
        [PIECE_EXACT_SURVEY] = "surveying all weights",
        [PIECE_SAVE] = "saving",
    };
    return names[id];
}

/* ---------------------------------------------------------------- progress */

/* A piece made in several stages, whose progress is shown as one. */
typedef struct stages {
    const detinit_run *run;
    uint64_t at, count;
} stages;

static bool report_stage(void *context, uint64_t done, uint64_t total)
{
    const uint64_t steps = 1000;
    const stages *s = context;
    double share = total > 0 ? (double)done / (double)total : 0;
    return s->run->progress(s->run->context, s->at * steps + (uint64_t)(share * (double)steps),
                            s->count * steps);
}

/* The run for the stages of a piece; its reports are of the one that `s` is at. */
static detinit_run run_in_stages(stages *s)
{
    detinit_run run = *s->run;
    if (run.progress == NULL)
        return run;
    run.progress = report_stage;
    run.context = s;
    return run;
}

/* ------------------------------------------------------------------ pieces */

static detinit_status make_matrix(const work_request *r, const detinit_run *run, results *out,
                                  detinit_error *error)
{
    if (!memory_allows("orthogonal: a matrix of this shape", detinit_matrix_memory(&r->recipe),
                       error))
        return DETINIT_INVALID;
    return detinit_matrix_new(&r->recipe, run, &out->matrix, error);
}

/* Two stages: what the weights are, and what they do to a signal. */
static detinit_status make_mode(const work_request *r, mode_result *mode, stages *s,
                                detinit_error *error)
{
    detinit_matrix *matrix;
    detinit_run run = run_in_stages(s);
    detinit_status status = detinit_matrix_new(&mode->recipe, &run, &matrix, error);
    if (status != DETINIT_OK)
        return status;
    status = detinit_matrix_survey(matrix, false, &run, &mode->survey, error);
    detinit_matrix_free(matrix);
    s->at++;
    if (status != DETINIT_OK)
        return status;
    return detinit_signal(&mode->recipe, SIGNAL_WIDTH, r->activation, &run, mode->signal, error);
}

/* The modes differ in their std: they are compared without orthogonality. */
static detinit_status make_modes(const work_request *r, const detinit_run *run, results *out,
                                 detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    stages s = {.run = run, .count = (uint64_t)2 * DETINIT_MODE_COUNT};
    for (int mode = 0; mode < DETINIT_MODE_COUNT && status == DETINIT_OK; mode++) {
        out->modes[mode].recipe = r->recipe;
        out->modes[mode].recipe.mode = (detinit_mode)mode;
        out->modes[mode].recipe.orthogonal = false;
        s.at = (uint64_t)2 * (uint64_t)mode;
        status = make_mode(r, &out->modes[mode], &s, error);
    }
    return status;
}

/* Three stages of two measurements: the matrix, its singular values, its Gram matrix. */
#define SPECTRUM_STAGES 6

static detinit_status measure(detinit_recipe recipe, bool orthogonal, stages *s, size_t count,
                              double *values, double *gram, detinit_error *error)
{
    detinit_matrix *matrix;
    detinit_run run = run_in_stages(s);
    recipe.orthogonal = orthogonal;
    recipe.dist = DETINIT_DIST_OF_MODE;
    detinit_status status = detinit_matrix_new(&recipe, &run, &matrix, error);
    if (status != DETINIT_OK)
        return status;
    s->at++;
    status = detinit_matrix_singular_values(matrix, &run, values, error);
    s->at++;
    if (status == DETINIT_OK)
        status = detinit_matrix_gram(matrix, &run, gram, error);
    s->at++;
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

static detinit_status make_spectrum_of(const work_request *r, const detinit_run *run,
                                       spectrum_result *s, double *gram, detinit_error *error)
{
    stages at = {.run = run, .count = SPECTRUM_STAGES};
    detinit_status status = measure(r->recipe, false, &at, s->count, s->normal, gram, error);
    if (status != DETINIT_OK)
        return status;
    s->gram_normal = crop(gram, s->count, s->gram_side);
    status = measure(r->recipe, true, &at, s->count, s->orthogonal, gram, error);
    if (status != DETINIT_OK)
        return status;
    s->gram_orthogonal = crop(gram, s->count, s->gram_side);
    s->condition_normal = detinit_condition_number(s->normal, s->count);
    s->condition_orthogonal = detinit_condition_number(s->orthogonal, s->count);
    s->gram_deviation = detinit_gram_deviation(gram, s->count);
    if (s->gram_normal != NULL && s->gram_orthogonal != NULL)
        return DETINIT_OK;
    snprintf(error->message, sizeof error->message, "not enough memory for a Gram matrix");
    return error->status = DETINIT_NO_MEMORY;
}

static detinit_status make_spectrum(const work_request *r, const detinit_run *run, results *out,
                                    detinit_error *error)
{
    spectrum_result *s = &out->spectrum;
    uint64_t rows = r->recipe.shape[0], cols = r->recipe.shape[1];
    uint64_t shorter = rows < cols ? rows : cols, longer = rows < cols ? cols : rows;
    if (r->recipe.rank != 2) {
        snprintf(s->refusal, sizeof s->refusal,
                 "singular values are those of a matrix; this has %zu dimension%s", r->recipe.rank,
                 r->recipe.rank > 1 ? "s" : "");
        return DETINIT_OK;
    }
    if (shorter > SPECTRUM_MOST || longer > SPECTRUM_LONGEST) {
        snprintf(s->refusal, sizeof s->refusal,
                 "singular values are found up to %llu x %llu; make the matrix smaller",
                 (unsigned long long)SPECTRUM_MOST, (unsigned long long)SPECTRUM_LONGEST);
        return DETINIT_OK;
    }
    s->count = (size_t)shorter;
    s->gram_side = s->count < GRAM_MOST ? s->count : GRAM_MOST;
    s->normal = malloc(s->count * sizeof *s->normal);
    s->orthogonal = malloc(s->count * sizeof *s->orthogonal);
    double *gram = calloc(s->count * s->count, sizeof *gram);
    detinit_status status = DETINIT_NO_MEMORY;
    if (s->normal != NULL && s->orthogonal != NULL && gram != NULL)
        status = make_spectrum_of(r, run, s, gram, error);
    else
        snprintf(error->message, sizeof error->message, "not enough memory for a spectrum");
    if (status == DETINIT_NOT_BUILT) {
        snprintf(s->refusal, sizeof s->refusal, "%.190s", error->message);
        status = DETINIT_OK;
    }
    free(gram);
    return status;
}

static detinit_status save(const work_request *r, const detinit_run *run, results *out,
                           detinit_error *error)
{
    detinit_format format = DETINIT_NPY;
    detinit_format_of_path(r->save, &format);
    return detinit_matrix_save(r->matrix, r->save, format, run, NULL, &out->saved_bytes, error);
}

detinit_status work_make(const work_request *r, piece_id id, const detinit_run *run, results *out,
                         detinit_error *error)
{
    switch (id) {
    case PIECE_MATRIX:
        return make_matrix(r, run, out, error);
    case PIECE_SURVEY:
        return detinit_matrix_survey(r->matrix, r->exact, run, &out->survey, error);
    case PIECE_EXACT_SURVEY:
        return detinit_matrix_survey(r->matrix, true, run, &out->survey, error);
    case PIECE_MODES:
        return make_modes(r, run, out, error);
    case PIECE_SPECTRUM:
        return make_spectrum(r, run, out, error);
    case PIECE_REPRODUCIBILITY:
        return detinit_matrix_reproduce(r->matrix, NULL, run, &out->reproducibility, error);
    case PIECE_SAVE:
        return save(r, run, out, error);
    case PIECE_COUNT:
        break;
    }
    return DETINIT_OK;
}

void work_deliver(model *m, results *from, piece_id id, const char *saved_path)
{
    const detinit_reproducibility *r = &from->reproducibility;
    results_take(&m->results, from, id);
    m->wanted &= ~(1u << id);
    if (id == PIECE_SAVE)
        model_say(m, MESSAGE_GOOD, "saved %s (%llu bytes)", saved_path,
                  (unsigned long long)m->results.saved_bytes);
    else if (id == PIECE_REPRODUCIBILITY)
        model_say(m, r->equal ? MESSAGE_GOOD : MESSAGE_BAD,
                  r->equal ? "every bit the same in %llu comparisons, SHA-256 %s"
                           : "THE BITS DIFFER: %llu comparisons, SHA-256 %s",
                  (unsigned long long)r->compared, r->sha256);
}

bool work_make_missing(model *m, detinit_error *error)
{
    for (unsigned missing; (missing = work_missing(m) & ~(1u << PIECE_EXACT_SURVEY)) != 0;) {
        piece_id id = (piece_id)__builtin_ctz(missing);
        work_request r = work_request_of(m);
        progress silent;
        const detinit_run run = progress_run(&silent, work_name(id), r.threads, true);
        results made = {.matrix = NULL};
        detinit_status status = work_make(&r, id, &run, &made, error);
        if (status == DETINIT_OK)
            work_deliver(m, &made, id, r.save);
        results_free(&made);
        work_request_free(&r);
        if (status != DETINIT_OK)
            return false;
    }
    return true;
}
