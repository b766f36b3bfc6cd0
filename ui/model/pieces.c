#include "model/pieces.h"

#include "base/error.h"
#include "base/progress.h"
#include "detinit_files.h"
#include "system/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Units of the layers in the signal test. */
#define SIGNAL_WIDTH 256

/* The shorter side of the largest matrix whose singular values are found: about a minute's work. */
#define SPECTRUM_MOST ((uint64_t)4096)
/* And the longer side. */
#define SPECTRUM_LONGEST ((uint64_t)1 << 20)

/* Work that is done in parts, none of which is known to take longer: each is so much of the whole.
 */
#define PART ((uint64_t)1000)

static detinit_status make_matrix(const detinit_recipe *recipe, const detinit_run *run,
                                  detinit_matrix **out, detinit_error *error)
{
    if (!memory_allows("orthogonal: a matrix of this shape", detinit_matrix_memory(recipe), error))
        return DETINIT_INVALID;
    return detinit_matrix_new(recipe, run, out, error);
}

detinit_status piece_matrix(work_request *r, const work_tools *tools, detinit_error *error)
{
    return make_matrix(&r->of.piece.recipe, tools->run, &r->made.matrix, error);
}

detinit_status piece_survey(work_request *r, const work_tools *tools, detinit_error *error)
{
    return detinit_matrix_survey(r->of.piece.matrix, r->of.piece.exact, tools->run, &r->made.survey,
                                 error);
}

detinit_status piece_exact_survey(work_request *r, const work_tools *tools, detinit_error *error)
{
    return detinit_matrix_survey(r->of.piece.matrix, true, tools->run, &r->made.survey, error);
}

detinit_status piece_reproducibility(work_request *r, const work_tools *tools, detinit_error *error)
{
    return detinit_matrix_reproduce(r->of.piece.matrix, NULL, tools->run, &r->made.reproducibility,
                                    error);
}

detinit_status save_matrix(work_request *r, const work_tools *tools, detinit_error *error)
{
    save_request *asked = &r->of.save;
    const bool has_matrix = asked->matrix != NULL;
    shared_progress both = {.run = tools->run, .total = has_matrix ? PART : 2 * PART};
    detinit_format format = DETINIT_NPY;
    detinit_status status = DETINIT_OK;
    uint64_t bytes;
    detinit_format_of_path(asked->path, &format);
    if (!has_matrix) {
        const detinit_run part = progress_share(&both, PART);
        status = make_matrix(&asked->recipe, &part, &asked->matrix, error);
    }
    if (status != DETINIT_OK)
        return status;
    const detinit_run part = progress_share(&both, PART);
    status = detinit_matrix_save(asked->matrix, asked->path, format, &part, NULL, &bytes, error);
    if (status == DETINIT_OK)
        snprintf(r->said, sizeof r->said, "saved %.511s (%llu bytes)", asked->path,
                 (unsigned long long)bytes);
    return status;
}

/* ------------------------------------------------------------------- modes */

/* Two parts: what the weights are, and what they do to a signal. */
static detinit_status make_mode(mode_result *mode, detinit_activation activation,
                                shared_progress *all, detinit_error *error)
{
    detinit_matrix *matrix;
    detinit_run part = progress_share(all, PART);
    detinit_status status = make_matrix(&mode->recipe, &part, &matrix, error);
    if (status != DETINIT_OK)
        return status;
    status = detinit_matrix_survey(matrix, false, &part, &mode->survey, error);
    detinit_matrix_free(matrix);
    part = progress_share(all, PART);
    if (status != DETINIT_OK)
        return status;
    detinit_recipe layer = mode->recipe; /* of layers that have other rows and fans */
    layer.has_zero_row = false;
    layer.part_count = 0;
    layer.fans[0] = layer.fans[1] = 0;
    return detinit_signal(&layer, SIGNAL_WIDTH, activation, &part, mode->signal, error);
}

/* Each mode with all else that the recipe says. */
detinit_status piece_modes(work_request *r, const work_tools *tools, detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    shared_progress all = {.run = tools->run, .total = 2 * DETINIT_SCHEME_COUNT * PART};
    for (int n = 0; n < DETINIT_SCHEME_COUNT && status == DETINIT_OK; n++) {
        mode_result *mode = &r->made.modes[n];
        mode->recipe = r->of.piece.recipe;
        mode->recipe.mode = (detinit_mode)n;
        status = make_mode(mode, r->of.piece.activation, &all, error);
    }
    return status;
}

/* ---------------------------------------------------------------- spectrum */

/* Three parts: the matrix, its singular values, its Gram matrix. */
static detinit_status measure(detinit_recipe recipe, bool orthogonal, shared_progress *all,
                              size_t count, double *values, double *gram, detinit_error *error)
{
    detinit_matrix *matrix;
    detinit_run part = progress_share(all, PART);
    recipe.orthogonal = orthogonal;
    recipe.dist = DETINIT_DIST_OF_MODE;
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

static detinit_status make_spectrum(const detinit_recipe *recipe, const detinit_run *run,
                                    spectrum_result *s, double *gram, detinit_error *error)
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

/* Whether a spectrum is not looked for, and why. */
static bool refuses_spectrum(const detinit_recipe *recipe, uint64_t shorter, uint64_t longer,
                             char *refusal, size_t size)
{
    if (recipe->rank < 2)
        snprintf(refusal, size, "singular values are those of a matrix; this has %zu dimension%s",
                 recipe->rank, recipe->rank == 1 ? "" : "s");
    else if (!detinit_mode_is_drawn(recipe->mode) || recipe->part_count > 0)
        snprintf(refusal, size, "normal and orthogonal are compared where one recipe draws all");
    else if (shorter == 0)
        snprintf(refusal, size, "an empty tensor has no singular values");
    else if (shorter > SPECTRUM_MOST || longer > SPECTRUM_LONGEST)
        snprintf(refusal, size,
                 "singular values are found up to %llu x %llu; make the matrix smaller",
                 (unsigned long long)SPECTRUM_MOST, (unsigned long long)SPECTRUM_LONGEST);
    return refusal[0] != '\0';
}

detinit_status piece_spectrum(work_request *r, const work_tools *tools, detinit_error *error)
{
    const detinit_recipe *recipe = &r->of.piece.recipe;
    spectrum_result *s = &r->made.spectrum;
    uint64_t rows, cols;
    detinit_recipe_layer_shape(recipe, &rows, &cols);
    uint64_t shorter = rows < cols ? rows : cols, longer = rows < cols ? cols : rows;
    if (refuses_spectrum(recipe, shorter, longer, s->refusal, sizeof s->refusal))
        return DETINIT_OK;
    s->count = (size_t)shorter;
    s->gram_side = s->count < GRAM_MOST ? s->count : GRAM_MOST;
    s->normal = malloc(s->count * sizeof *s->normal);
    s->orthogonal = malloc(s->count * sizeof *s->orthogonal);
    double *gram = calloc(s->count * s->count, sizeof *gram);
    detinit_status status = DETINIT_OK;
    if (s->normal != NULL && s->orthogonal != NULL && gram != NULL)
        status = make_spectrum(recipe, tools->run, s, gram, error);
    else
        status = error_set(error, DETINIT_NO_MEMORY, "not enough memory for a spectrum");
    if (status == DETINIT_NOT_BUILT || status == DETINIT_NUMERIC) {
        snprintf(s->refusal, sizeof s->refusal, "%.190s", error->message);
        status = DETINIT_OK;
    }
    free(gram);
    return status;
}

/* ----------------------------------------------------------------- signals */

detinit_status piece_signal(work_request *r, const work_tools *tools, detinit_error *error)
{
    return signal_data_make(&r->of.piece.signal, tools->run, &r->made.signal, error);
}

detinit_status piece_phase(work_request *r, const work_tools *tools, detinit_error *error)
{
    return phase_data_make(r->of.piece.activation, tools->run, &r->made.phase, error);
}
