#include "model/pieces.h"

#include "base/error.h"
#include "base/progress.h"
#include "detinit_files.h"
#include "system/memory.h"
#include "text/grouped.h"
#include "verb/spectrum_of_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Units of the layers in the signal test. */
#define SIGNAL_WIDTH 256

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

/* With the recipe and the matrix that are the request's own. */
static tensor_subject subject_of(const piece_request *asked)
{
    tensor_subject s = asked->subject;
    const bool has_recipe = s.recipe != NULL;
    s.initial = has_recipe ? asked->matrix : NULL;
    s.recipe = has_recipe ? &asked->recipe : NULL;
    return s;
}

/* Of a file, whose recipe, where it has one, says what to expect of all but its change. */
static detinit_status survey_file(work_request *r, bool exact, const work_tools *tools,
                                  detinit_error *error)
{
    const piece_request *asked = &r->of.piece;
    const tensor_subject s = subject_of(asked);
    return subject_survey(&s, &asked->recipe, exact, tools->run, &r->made.survey,
                          asked->promised ? NULL : &r->made.law, error);
}

detinit_status piece_survey(work_request *r, const work_tools *tools, detinit_error *error)
{
    if (r->of.piece.subject.file != NULL)
        return survey_file(r, r->of.piece.exact, tools, error);
    return detinit_matrix_survey(r->of.piece.matrix, r->of.piece.exact, tools->run, &r->made.survey,
                                 error);
}

detinit_status piece_exact_survey(work_request *r, const work_tools *tools, detinit_error *error)
{
    if (r->of.piece.subject.file != NULL)
        return survey_file(r, true, tools, error);
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
    char text[32];
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
        snprintf(r->said, sizeof r->said, "saved %.511s (%s bytes)", asked->path,
                 grouped(bytes, text));
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

/* --------------------------------------------- singular values, coordinates */

/* What a recipe has none of is no failure: the pane says why. */
static detinit_status refuse_piece(detinit_status status, const detinit_error *error, char *refusal,
                                   size_t size)
{
    if (status != DETINIT_INVALID && status != DETINIT_NOT_BUILT && status != DETINIT_NUMERIC)
        return status;
    snprintf(refusal, size, "%.190s", error->message);
    return DETINIT_OK;
}

detinit_status piece_spectrum(work_request *r, const work_tools *tools, detinit_error *error)
{
    spectrum *s = &r->made.spectrum;
    const tensor_subject of_file = subject_of(&r->of.piece);
    const detinit_status status =
        of_file.file != NULL
            ? spectrum_make_of_file(&of_file, &r->of.piece.recipe, tools->run, s, error)
            : spectrum_make(&r->of.piece.recipe, tools->run, s, error);
    return refuse_piece(status, error, s->refusal, sizeof s->refusal);
}

detinit_status piece_product(work_request *r, const work_tools *tools, detinit_error *error)
{
    const piece_request *asked = &r->of.piece;
    product_spectrum *p = &r->made.product;
    const detinit_status status =
        product_make(&asked->recipe, asked->factors, tools->run, p, error);
    return refuse_piece(status, error, p->refusal, sizeof p->refusal);
}

/* One width: the model asks for the next when it is there. */
detinit_status piece_coordinates(work_request *r, const work_tools *tools, detinit_error *error)
{
    const piece_request *asked = &r->of.piece;
    coordinates *c = &r->made.coordinates;
    c->wanted = coordinates_widths(asked->widest);
    const detinit_status status =
        coordinates_make(&asked->recipe, asked->width_number, tools->run, c, error);
    return refuse_piece(status, error, c->refusal, sizeof c->refusal);
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
