#include "verb/report_data.h"
#include "base/error.h"

#include "detinit_track.h"
#include "file/format.h"
#include "option/figure_text.h"
#include "system/memory.h"
#include "system/progress.h"
#include "system/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The spectrum of an orthogonal matrix is found unasked up to this side; it takes a tenth of a
 * second. */
#define SPECTRUM_UNASKED ((uint64_t)256)

bool save_goes_to_stdout(const settings *s)
{
    return s->output.save != NULL && strcmp(s->output.save, "-") == 0;
}

detinit_status report_data_matrix(const settings *s, detinit_matrix **out, detinit_error *error)
{
    progress bar;
    detinit_run run = progress_run(&bar, "orthogonalizing", s->run.threads, s->output.quiet);
    if (!memory_allows("--orthogonal: a matrix of this shape", detinit_matrix_memory(&s->recipe),
                       error))
        return DETINIT_INVALID;
    detinit_status status = detinit_matrix_new(&s->recipe, &run, out, error);
    progress_end(&bar);
    return status;
}

/* ------------------------------------------------------------------ saving */

/* The format that --save names; standard output is .npy. */
static detinit_status save_format(const settings *s, detinit_format *format, detinit_error *error)
{
    char names[FORMAT_NAMES];
    *format = DETINIT_NPY;
    if (save_goes_to_stdout(s) || detinit_format_of_path(s->output.save, format))
        return DETINIT_OK;
    if (strncmp(s->output.save, "/dev/", 5) == 0)
        return DETINIT_OK;
    return error_set(error, DETINIT_INVALID,
                     "--save: '%.200s' must end in %s, which names the format", s->output.save,
                     format_names(format_saves_matrices, names));
}

/* Refuses a save that cannot end well, before anything is computed for it. */
static detinit_status check_save(const settings *s, detinit_format format, detinit_error *error)
{
    uint64_t count, size = detinit_dtype_size(s->recipe.dtype);
    detinit_status status =
        save_goes_to_stdout(s) ? DETINIT_OK : target_check(s->output.save, error);
    if (status != DETINIT_OK)
        return status;
    if (!detinit_recipe_count(&s->recipe, &count) || count > INT64_MAX / size)
        return error_set(error, DETINIT_INVALID,
                         "--save: the matrix is larger than any file can be");
    if (format_of_matrix(format)->encode != NULL || save_goes_to_stdout(s))
        return DETINIT_OK; /* text may take less */
    return target_room(s->output.save, count * size, error);
}

static detinit_status save(report_data *d, const settings *s, detinit_error *error)
{
    detinit_format format;
    progress bar;
    detinit_status status = save_format(s, &format, error);
    if (status == DETINIT_OK)
        status = check_save(s, format, error);
    if (status != DETINIT_OK)
        return status;
    detinit_run run = progress_run(&bar, "saving", s->run.threads, s->output.quiet);
    if (save_goes_to_stdout(s))
        status = detinit_matrix_write(d->matrix, STDOUT_FILENO, format, &run, &d->survey,
                                      &d->saved_bytes, error);
    else
        status = detinit_matrix_save(d->matrix, s->output.save, format, &run, &d->survey,
                                     &d->saved_bytes, error);
    progress_end(&bar);
    d->saved = status == DETINIT_OK;
    return status;
}

/* ---------------------------------------------------------------- the rest */

static detinit_status survey(report_data *d, const settings *s, detinit_error *error)
{
    progress bar;
    detinit_run run = progress_run(&bar, "surveying", s->run.threads, s->output.quiet);
    detinit_status status =
        detinit_matrix_survey(d->matrix, s->output.exact, &run, &d->survey, error);
    progress_end(&bar);
    return status;
}

/* Of the tensor as its layer has it. */
static uint64_t shorter_side(const detinit_recipe *recipe)
{
    uint64_t rows, cols;
    detinit_recipe_layer_shape(recipe, &rows, &cols);
    return rows < cols ? rows : cols;
}

/* The condition number of `recipe`, orthogonal or not. */
static detinit_status condition_of(const settings *s, detinit_recipe recipe, bool orthogonal,
                                   double *condition, double *deviation, detinit_error *error)
{
    const size_t n = (size_t)shorter_side(&recipe);
    detinit_run run = {.threads = (unsigned)s->run.threads};
    detinit_matrix *matrix = NULL;
    recipe.orthogonal = orthogonal;
    if (!memory_allows("--orthogonal: the condition number", detinit_spectrum_memory(&recipe),
                       error))
        return DETINIT_INVALID;
    double *values = malloc(n * sizeof *values);
    double *gram = deviation != NULL ? malloc(n * n * sizeof *gram) : NULL;
    detinit_status status = DETINIT_NO_MEMORY;
    if (values == NULL || (deviation != NULL && gram == NULL))
        error_set(error, DETINIT_NO_MEMORY, "not enough memory for a spectrum");
    else
        status = detinit_matrix_new(&recipe, &run, &matrix, error);
    if (status == DETINIT_OK)
        status = detinit_matrix_singular_values(matrix, &run, values, error);
    if (status == DETINIT_OK)
        *condition = detinit_condition_number(values, n);
    if (status == DETINIT_OK && deviation != NULL)
        status = detinit_matrix_gram(matrix, &run, gram, error);
    if (status == DETINIT_OK && deviation != NULL)
        *deviation = detinit_gram_deviation(gram, n);
    detinit_matrix_free(matrix);
    free(values);
    free(gram);
    return status;
}

/* Says instead of condition numbers what the matter with them is, where that is no failure. */
static detinit_status refuse_orthogonality(report_data *d, const settings *s, detinit_status status)
{
    char text[FIGURE_TEXT];
    const detinit_statistics *figures = &d->survey.statistics;
    const size_t size = sizeof d->orthogonality_refusal;
    if (status == DETINIT_NOT_BUILT)
        snprintf(d->orthogonality_refusal, size, "not built in (configured --without-lapack)");
    else if (status == DETINIT_NUMERIC && figures->overflowed > 0)
        snprintf(d->orthogonality_refusal, size, "none, %s",
                 overflow_text(&s->recipe, figures, text));
    else if (status == DETINIT_NUMERIC)
        snprintf(d->orthogonality_refusal, size, "none, the normal matrix overflows %s",
                 detinit_dtype_name(s->recipe.dtype));
    else
        return status;
    return DETINIT_OK;
}

static detinit_status measure_orthogonality(report_data *d, const settings *s, detinit_error *error)
{
    const detinit_recipe *recipe = &s->recipe;
    const uint64_t shorter = shorter_side(recipe);
    if (!recipe->orthogonal || shorter == 0 ||
        (shorter > SPECTRUM_UNASKED && !s->output.compare_modes))
        return DETINIT_OK;
    detinit_status status =
        condition_of(s, *recipe, true, &d->condition, &d->gram_deviation, error);
    if (status == DETINIT_OK)
        status = condition_of(s, *recipe, false, &d->condition_normal, NULL, error);
    d->has_orthogonality = status == DETINIT_OK;
    return refuse_orthogonality(d, s, status);
}

/* Surveys one mode on the seed and the shape that were asked for. */
static detinit_status compare_mode(mode_data *m, const settings *s, detinit_error *error)
{
    detinit_matrix *matrix;
    detinit_run run = {.threads = (unsigned)s->run.threads};
    detinit_status status = detinit_matrix_new(&m->recipe, &run, &matrix, error);
    if (status != DETINIT_OK)
        return status;
    status = detinit_matrix_survey(matrix, s->output.exact, &run, &m->survey, error);
    detinit_matrix_free(matrix);
    return status;
}

static detinit_status compare_modes(report_data *d, const settings *s, detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT && status == DETINIT_OK; mode++) {
        mode_data *m = &d->modes[mode];
        m->recipe = s->recipe;
        m->recipe.mode = (detinit_mode)mode;
        status = compare_mode(m, s, error);
    }
    d->has_modes = status == DETINIT_OK;
    return status;
}

static detinit_status prove(report_data *d, const settings *s, detinit_error *error)
{
    progress bar;
    detinit_run run = progress_run(&bar, "comparing", s->run.threads, s->output.quiet);
    const bool read_back =
        d->saved && !save_goes_to_stdout(s) && format_of_path_is(s->output.save, format_is_read);
    detinit_status status = detinit_matrix_reproduce(d->matrix, read_back ? s->output.save : NULL,
                                                     &run, &d->reproducibility, error);
    progress_end(&bar);
    d->has_reproducibility = status == DETINIT_OK;
    return status;
}

detinit_status report_data_make(report_data *d, const settings *s, detinit_error *error)
{
    *d = (report_data){.settings = s};
    detinit_status status = report_data_matrix(s, &d->matrix, error);
    if (status == DETINIT_OK)
        status = s->output.save != NULL ? save(d, s, error) : survey(d, s, error);
    if (status == DETINIT_OK)
        status = measure_orthogonality(d, s, error);
    if (status == DETINIT_OK && s->output.compare_modes)
        status = compare_modes(d, s, error);
    if (status == DETINIT_OK && s->output.test_repro)
        status = prove(d, s, error);
    if (status != DETINIT_OK)
        report_data_free(d);
    return status;
}

void report_data_free(report_data *d)
{
    detinit_matrix_free(d->matrix);
    detinit_survey_free(&d->survey);
    for (int mode = 0; mode < DETINIT_SCHEME_COUNT; mode++)
        detinit_survey_free(&d->modes[mode].survey);
    *d = (report_data){0};
}
