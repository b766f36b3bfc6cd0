#include "network/write_matrix.h"

#include "describe/survey.h"
#include "file/tensorwriter.h"
#include "matrix/matrix.h"

typedef struct matrix_writer {
    detinit_tensorwriter *to;
    detinit_dtype dtype;
    uint64_t cols;
    struct survey *survey; /* NULL where none is wanted */
    size_t survey_size;    /* bytes of the survey's partial, a multiple of 16 */
} matrix_writer;

/* A block as text, behind the survey's part of the partial. */
typedef struct block_text {
    size_t length;
    char text[];
} block_text;

static void map_block(void *context, const detinit_block *block, void *partial)
{
    const matrix_writer *m = context;
    const file_format *format = m->to->format;
    if (m->survey != NULL)
        survey_map(m->survey, block, partial);
    if (format->encode != NULL) {
        block_text *made = (block_text *)((char *)partial + m->survey_size);
        made->length = format->encode(m->dtype, block, m->cols, made->text);
    }
}

static detinit_status take_block(void *context, const detinit_block *block, const void *partial,
                                 detinit_error *error)
{
    matrix_writer *m = context;
    if (m->survey != NULL)
        survey_take(m->survey, block, partial);
    if (m->to->format->encode == NULL)
        return detinit_tensorwriter_write(
            m->to, block->stored, block->rows * block->cols * detinit_dtype_size(m->dtype), error);
    const block_text *made = (const block_text *)((const char *)partial + m->survey_size);
    return detinit_tensorwriter_write(m->to, made->text, made->length, error);
}

static detinit_status stream(const detinit_matrix *matrix, matrix_writer *m, const detinit_run *run,
                             detinit_error *error)
{
    const file_format *format = m->to->format;
    const bool text = format->encode != NULL;
    const detinit_sink sink = {
        .needs_values = text,
        .partial_size =
            m->survey_size + (text ? sizeof(block_text) + MATRIX_BLOCK * format->weight_most : 0),
        .map = map_block,
        .take = take_block,
        .context = m};
    return detinit_matrix_stream(matrix, run, &sink, error);
}

detinit_status write_matrix(const detinit_matrix *matrix, detinit_tensorwriter *to,
                            const detinit_run *run, detinit_survey *survey, detinit_error *error)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(matrix);
    matrix_writer m = {.to = to, .dtype = recipe->dtype, .cols = detinit_recipe_cols(recipe)};
    detinit_status status = survey != NULL ? survey_new(matrix, run, &m.survey, error) : DETINIT_OK;
    if (status != DETINIT_OK)
        return status;
    if (survey != NULL)
        m.survey_size = (survey_partial_size(m.survey) + 15) / 16 * 16;
    status = stream(matrix, &m, run, error);
    if (status == DETINIT_OK && survey != NULL)
        status = survey_finish(m.survey, run, survey, error);
    survey_free(m.survey);
    return status;
}
