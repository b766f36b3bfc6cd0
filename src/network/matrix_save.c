/* A matrix by itself into a file or a descriptor: a network of one tensor. */
#include "detinit_files.h"

#include "base/error.h"
#include "file/tensorwriter.h"
#include "network/network_save.h"
#include "network/write_matrix.h"

#include <unistd.h>

/* Weights in the tensor, for progress; UINT64_MAX for too many. */
static uint64_t weight_count(const detinit_matrix *matrix)
{
    uint64_t count;
    return detinit_recipe_count(detinit_matrix_recipe(matrix), &count) ? count : UINT64_MAX;
}

/* Writes all of an open file, and ends it in any case. */
static detinit_status write_file(const detinit_matrix *matrix, detinit_tensorwriter *to,
                                 detinit_survey *survey, uint64_t *bytes, detinit_error *error)
{
    char name[] = TENSORWRITER_NAMELESS;
    detinit_layer layer = {name, *detinit_matrix_recipe(matrix)};
    detinit_status status =
        network_begin(&(detinit_network){.count = 1, .layers = &layer}, to, error);
    if (status == DETINIT_OK)
        status = write_matrix(matrix, to, tensorwriter_run(to), survey, error);
    if (status != DETINIT_OK) {
        detinit_tensorwriter_abandon(to);
        return status;
    }
    status = detinit_tensorwriter_commit(to, bytes, error);
    if (status != DETINIT_OK && survey != NULL)
        detinit_survey_free(survey);
    return status;
}

static detinit_status no_format(detinit_format format, detinit_error *error)
{
    return error_set(error, DETINIT_INVALID, "there is no format number %d", (int)format);
}

detinit_status detinit_matrix_save(const detinit_matrix *matrix, const char *path,
                                   detinit_format format, const detinit_run *run,
                                   detinit_survey *survey, uint64_t *bytes, detinit_error *error)
{
    detinit_tensorwriter *to;
    const file_format *row = format_of_matrix(format);
    if (row == NULL)
        return no_format(format, error);
    detinit_status status = tensorwriter_open(path, row, run, weight_count(matrix), &to, error);
    return status == DETINIT_OK ? write_file(matrix, to, survey, bytes, error) : status;
}

detinit_status matrix_write_on(const detinit_matrix *matrix, int fd, const char *shown,
                               const file_format *format, const detinit_run *run,
                               detinit_survey *survey, uint64_t *bytes, detinit_error *error)
{
    detinit_tensorwriter *to;
    detinit_status status =
        tensorwriter_open_on(fd, shown, format, run, weight_count(matrix), &to, error);
    return status == DETINIT_OK ? write_file(matrix, to, survey, bytes, error) : status;
}

detinit_status detinit_matrix_write(const detinit_matrix *matrix, int fd, detinit_format format,
                                    const detinit_run *run, detinit_survey *survey, uint64_t *bytes,
                                    detinit_error *error)
{
    const char *shown = fd == STDOUT_FILENO ? "standard output" : "the output";
    const file_format *row = format_of_matrix(format);
    if (row == NULL)
        return no_format(format, error);
    if (row->needs_name)
        return error_set(error, DETINIT_INVALID, "a %s file needs a name", row->name);
    return matrix_write_on(matrix, fd, shown, row, run, survey, bytes, error);
}
