/* A matrix into a file or a descriptor, block after block, surveyed on the way. */
#include "file/csv.h"
#include "detinit_files.h"
#include "base/error.h"
#include "matrix/matrix.h"
#include "network/network_save.h"
#include "file/npy.h"
#include "file/output.h"
#include "file/savefile.h"
#include "describe/survey.h"

#include <string.h>
#include <unistd.h>

typedef struct saver {
    const detinit_recipe *recipe;
    uint64_t cols;
    detinit_format format;
    struct survey *survey; /* NULL where none is wanted */
    size_t survey_size;    /* bytes of the survey's partial, a multiple of 16 */
    output out;
    uint64_t bytes;
} saver;

/* A CSV block as text, behind the survey's part of the partial. */
typedef struct csv_text {
    size_t length;
    char text[];
} csv_text;

static void map_block(void *context, const detinit_block *block, void *partial)
{
    const saver *s = context;
    if (s->survey != NULL)
        survey_map(s->survey, block, partial);
    if (s->format == DETINIT_CSV) {
        csv_text *csv = (csv_text *)((char *)partial + s->survey_size);
        csv->length = csv_format(s->recipe->dtype, block, s->cols, csv->text);
    }
}

static detinit_status take_block(void *context, const detinit_block *block, const void *partial,
                                 detinit_error *error)
{
    saver *s = context;
    const void *data = block->stored;
    size_t size = block->rows * block->cols * detinit_dtype_size(s->recipe->dtype);
    if (s->survey != NULL)
        survey_take(s->survey, block, partial);
    if (s->format == DETINIT_CSV) {
        const csv_text *csv = (const csv_text *)((const char *)partial + s->survey_size);
        data = csv->text;
        size = csv->length;
    }
    s->bytes += size;
    s->out.done = block->row * s->cols + block->col;
    return output_write(&s->out, data, size, error);
}

static detinit_status write_matrix(const detinit_matrix *matrix, saver *s, const detinit_run *run,
                                   detinit_error *error)
{
    unsigned char header[NPY_HEADER_MOST];
    bool csv = s->format == DETINIT_CSV;
    size_t text_size = csv ? sizeof(csv_text) + MATRIX_BLOCK * CSV_WEIGHT_MOST : 0;
    detinit_sink sink = {.needs_values = csv,
                         .partial_size = s->survey_size + text_size,
                         .map = map_block,
                         .take = take_block,
                         .context = s};
    if (!csv) {
        s->bytes = npy_header(s->recipe, header);
        detinit_status status = output_write(&s->out, header, (size_t)s->bytes, error);
        if (status != DETINIT_OK)
            return status;
    }
    return detinit_matrix_stream(matrix, run, &sink, error);
}

/* Writes, and finishes the survey where one is wanted. */
static detinit_status write_and_survey(const detinit_matrix *matrix, saver *s,
                                       const detinit_run *run, detinit_survey *survey,
                                       detinit_error *error)
{
    s->recipe = detinit_matrix_recipe(matrix);
    s->cols = detinit_recipe_cols(s->recipe);
    if (survey != NULL) {
        detinit_status status = survey_new(matrix, run, &s->survey, error);
        if (status != DETINIT_OK)
            return status;
        s->survey_size = (survey_partial_size(s->survey) + 15) / 16 * 16;
    }
    detinit_status status = write_matrix(matrix, s, run, error);
    if (status == DETINIT_OK && survey != NULL)
        status = survey_finish(s->survey, run, survey, error);
    survey_free(s->survey);
    return status;
}

/* Weights in the tensor, for progress, and bytes of its .npy file; UINT64_MAX for too many. */
static uint64_t weight_count(const detinit_recipe *recipe)
{
    uint64_t count;
    return detinit_recipe_count(recipe, &count) ? count : UINT64_MAX;
}

static uint64_t npy_bytes(const detinit_recipe *recipe)
{
    unsigned char header[NPY_HEADER_MOST];
    uint64_t count = weight_count(recipe), size = detinit_dtype_size(recipe->dtype);
    uint64_t offset = npy_header(recipe, header);
    return count > (UINT64_MAX - offset) / size ? UINT64_MAX : offset + count * size;
}

detinit_status detinit_matrix_write(const detinit_matrix *matrix, int fd, detinit_format format,
                                    const detinit_run *run, detinit_survey *survey, uint64_t *bytes,
                                    detinit_error *error)
{
    const uint64_t count = weight_count(detinit_matrix_recipe(matrix));
    const char *shown = fd == STDOUT_FILENO ? "standard output" : "the output";
    saver s = {.format = format, .out = output_on(fd, shown, run, count)};
    if (format == DETINIT_SAFETENSORS)
        return error_set(error, DETINIT_INVALID, "a .safetensors file needs a name");
    detinit_status status = write_and_survey(matrix, &s, run, survey, error);
    if (status == DETINIT_OK && bytes != NULL)
        *bytes = s.bytes;
    return status;
}

/* Writes into an open savefile, which the caller then commits or abandons. */
static detinit_status write_file(const detinit_matrix *matrix, const savefile *file, saver *s,
                                 const detinit_run *run, detinit_survey *survey,
                                 detinit_error *error)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(matrix);
    s->out = output_on(file->fd, file->shown, run, weight_count(recipe));
    if (s->format == DETINIT_NPY) {
        detinit_status status = savefile_reserve(file, npy_bytes(recipe), error);
        if (status != DETINIT_OK)
            return status;
    }
    return write_and_survey(matrix, s, run, survey, error);
}

detinit_status detinit_matrix_save(const detinit_matrix *matrix, const char *path,
                                   detinit_format format, const detinit_run *run,
                                   detinit_survey *survey, uint64_t *bytes, detinit_error *error)
{
    savefile file;
    saver s = {.format = format};
    const uint64_t count = weight_count(detinit_matrix_recipe(matrix));
    if (format == DETINIT_SAFETENSORS)
        return network_save_matrix(matrix, path, run, survey, bytes, error);
    detinit_status status = savefile_open(&file, path, run, count, error);
    if (status != DETINIT_OK)
        return status;
    status = write_file(matrix, &file, &s, run, survey, error);
    if (status != DETINIT_OK) {
        savefile_abandon(&file);
        return status;
    }
    status = savefile_commit(&file, error);
    if (status == DETINIT_OK && bytes != NULL)
        *bytes = s.bytes;
    else if (status != DETINIT_OK && survey != NULL)
        detinit_survey_free(survey);
    return status;
}
