/* The whole matrix, block after block, in constant memory. */
#include "base/error.h"
#include "base/ordered.h"
#include "base/progress.h"
#include "matrix/matrix.h"
#include "number/dtype.h"

/* What is made of a block, before the sink's own partial. */
typedef struct made_block {
    detinit_block block;
    double stored[MATRIX_BLOCK]; /* room for any type */
    double values[MATRIX_BLOCK];
} made_block;

/* The partial begins behind, where any type may lie. */
#define MADE_BLOCK_SIZE ((sizeof(made_block) + 63) / 64 * 64)

typedef struct stream {
    const detinit_matrix *matrix;
    const detinit_sink *sink;
    detinit_dtype dtype;
    const detinit_run *run;
    uint64_t done, total;
} stream;

static void make_block(void *context, uint64_t index, void *slot)
{
    const stream *s = context;
    made_block *made = slot;
    detinit_block *block = &made->block;
    matrix_block_place(s->matrix, index, block);
    matrix_make_block(s->matrix, block, made->stored);
    block->stored = made->stored;
    block->values = NULL;
    if (s->sink->needs_values && dtype_is_of_doubles(s->dtype)) {
        block->values = made->stored;
    } else if (s->sink->needs_values) {
        detinit_decode(s->dtype, made->stored, block->rows * block->cols, made->values);
        block->values = made->values;
    }
    if (s->sink->map != NULL)
        s->sink->map(s->sink->context, block, (unsigned char *)slot + MADE_BLOCK_SIZE);
}

static detinit_status take_block(void *context, uint64_t index, void *slot, detinit_error *error)
{
    stream *s = context;
    const made_block *made = slot;
    detinit_status status = DETINIT_OK;
    (void)index;
    if (s->sink->take != NULL)
        status = s->sink->take(s->sink->context, &made->block,
                               (unsigned char *)slot + MADE_BLOCK_SIZE, error);
    if (status != DETINIT_OK)
        return status;
    s->done += (uint64_t)made->block.rows * made->block.cols;
    return progress_tell(s->run, s->done, s->total, error);
}

detinit_status detinit_matrix_stream(const detinit_matrix *matrix, const detinit_run *run,
                                     const detinit_sink *sink, detinit_error *error)
{
    stream s = {
        .matrix = matrix, .sink = sink, .dtype = detinit_matrix_recipe(matrix)->dtype, .run = run};
    if (!detinit_recipe_count(detinit_matrix_recipe(matrix), &s.total))
        return error_set(error, DETINIT_INVALID, "the matrix has more than 2^64 - 1 weights");
    const ordered_work work = {.steps = matrix_block_count(matrix),
                               .slot_bytes = MADE_BLOCK_SIZE + sink->partial_size,
                               .make = make_block,
                               .take = take_block,
                               .context = &s};
    return ordered_run(&work, run, error);
}
