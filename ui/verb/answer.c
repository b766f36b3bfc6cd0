#include "verb/answer.h"

#include "detinit_track.h"
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

static detinit_status invalid(detinit_error *error, const char *message)
{
    error->status = DETINIT_INVALID;
    snprintf(error->message, sizeof error->message, "%s", message);
    return DETINIT_INVALID;
}

bool answer_goes_to_stdout(const settings *s)
{
    return s->output.save != NULL && strcmp(s->output.save, "-") == 0;
}

detinit_status answer_matrix(const settings *s, detinit_matrix **out, detinit_error *error)
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
    *format = DETINIT_NPY;
    if (answer_goes_to_stdout(s) || detinit_format_of_path(s->output.save, format))
        return DETINIT_OK;
    if (strncmp(s->output.save, "/dev/", 5) == 0)
        return DETINIT_OK;
    snprintf(error->message, sizeof error->message,
             "--save: '%.200s' must end in .npy, .csv or .safetensors, which names the format",
             s->output.save);
    error->status = DETINIT_INVALID;
    return DETINIT_INVALID;
}

/* Refuses a save that cannot end well, before anything is computed for it. */
static detinit_status check_save(const settings *s, detinit_format format, detinit_error *error)
{
    uint64_t count, size = detinit_dtype_size(s->recipe.dtype);
    detinit_status status =
        answer_goes_to_stdout(s) ? DETINIT_OK : target_check(s->output.save, error);
    if (status != DETINIT_OK)
        return status;
    if (!detinit_recipe_count(&s->recipe, &count) || count > INT64_MAX / size)
        return invalid(error, "--save: the matrix is larger than any file can be");
    if (format == DETINIT_CSV || answer_goes_to_stdout(s))
        return DETINIT_OK;
    return target_room(s->output.save, count * size, error);
}

static detinit_status save(answer *a, const settings *s, detinit_error *error)
{
    detinit_format format;
    progress bar;
    detinit_status status = save_format(s, &format, error);
    if (status == DETINIT_OK)
        status = check_save(s, format, error);
    if (status != DETINIT_OK)
        return status;
    detinit_run run = progress_run(&bar, "saving", s->run.threads, s->output.quiet);
    if (answer_goes_to_stdout(s))
        status = detinit_matrix_write(a->matrix, STDOUT_FILENO, format, &run, &a->survey,
                                      &a->saved_bytes, error);
    else
        status = detinit_matrix_save(a->matrix, s->output.save, format, &run, &a->survey,
                                     &a->saved_bytes, error);
    progress_end(&bar);
    a->saved = status == DETINIT_OK;
    return status;
}

/* ---------------------------------------------------------------- the rest */

static detinit_status survey(answer *a, const settings *s, detinit_error *error)
{
    progress bar;
    detinit_run run = progress_run(&bar, "surveying", s->run.threads, s->output.quiet);
    detinit_status status =
        detinit_matrix_survey(a->matrix, s->output.exact, &run, &a->survey, error);
    progress_end(&bar);
    return status;
}

/* The condition number of `recipe`, orthogonal or not. */
static detinit_status condition_of(const settings *s, detinit_recipe recipe, bool orthogonal,
                                   double *condition, double *deviation, detinit_error *error)
{
    size_t n = (size_t)(recipe.shape[0] < recipe.shape[1] ? recipe.shape[0] : recipe.shape[1]);
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
        snprintf(error->message, sizeof error->message, "not enough memory for a spectrum");
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

static detinit_status measure_orthogonality(answer *a, const settings *s, detinit_error *error)
{
    const detinit_recipe *recipe = &s->recipe;
    uint64_t shorter = recipe->shape[0] < recipe->shape[1] ? recipe->shape[0] : recipe->shape[1];
    if (!recipe->orthogonal || (shorter > SPECTRUM_UNASKED && !s->output.compare_modes))
        return DETINIT_OK;
    detinit_status status =
        condition_of(s, *recipe, true, &a->condition, &a->gram_deviation, error);
    if (status == DETINIT_OK)
        status = condition_of(s, *recipe, false, &a->condition_normal, NULL, error);
    a->has_orthogonality = status == DETINIT_OK;
    return status;
}

/* Surveys one mode on the seed and the shape that were asked for. */
static detinit_status compare_mode(mode_answer *m, const settings *s, detinit_error *error)
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

static detinit_status compare_modes(answer *a, const settings *s, detinit_error *error)
{
    detinit_status status = DETINIT_OK;
    for (int mode = 0; mode < DETINIT_MODE_COUNT && status == DETINIT_OK; mode++) {
        mode_answer *m = &a->modes[mode];
        m->recipe = s->recipe;
        m->recipe.mode = (detinit_mode)mode;
        status = compare_mode(m, s, error);
    }
    a->has_modes = status == DETINIT_OK;
    return status;
}

static detinit_status prove(answer *a, const settings *s, detinit_error *error)
{
    progress bar;
    detinit_run run = progress_run(&bar, "comparing", s->run.threads, s->output.quiet);
    detinit_format format;
    bool read_back = a->saved && !answer_goes_to_stdout(s) &&
                     detinit_format_of_path(s->output.save, &format) && format != DETINIT_CSV;
    detinit_status status = detinit_matrix_reproduce(a->matrix, read_back ? s->output.save : NULL,
                                                     &run, &a->reproducibility, error);
    progress_end(&bar);
    a->has_reproducibility = status == DETINIT_OK;
    return status;
}

detinit_status answer_make(answer *a, const settings *s, detinit_error *error)
{
    *a = (answer){.settings = s};
    detinit_status status = answer_matrix(s, &a->matrix, error);
    if (status == DETINIT_OK)
        status = s->output.save != NULL ? save(a, s, error) : survey(a, s, error);
    if (status == DETINIT_OK)
        status = measure_orthogonality(a, s, error);
    if (status == DETINIT_OK && s->output.compare_modes)
        status = compare_modes(a, s, error);
    if (status == DETINIT_OK && s->output.test_repro)
        status = prove(a, s, error);
    if (status != DETINIT_OK)
        answer_free(a);
    return status;
}

void answer_free(answer *a)
{
    detinit_matrix_free(a->matrix);
    detinit_survey_free(&a->survey);
    for (int mode = 0; mode < DETINIT_MODE_COUNT; mode++)
        detinit_survey_free(&a->modes[mode].survey);
    *a = (answer){0};
}
