#include "trained/subject.h"

#include "base/error.h"
#include "file/tensortype.h"

#include <math.h>
#include <string.h>

/* Initial weights are made so many at a time. */
#define PIECE ((size_t)4096)

/* ------------------------------------------------------------------- tables */

size_t subject_shape(const detinit_tensor *tensor, uint64_t shape[DETINIT_MAX_RANK])
{
    const size_t parts = tensor_type_parts(tensor_type_anywhere(tensor->type));
    const size_t all = tensor->rank + (parts > 1);
    const size_t joined = all > DETINIT_MAX_RANK ? all - DETINIT_MAX_RANK : 0;
    size_t rank = 0;
    uint64_t first = 1;
    for (size_t d = 0; d < tensor->rank; d++) {
        first *= d <= joined ? tensor->shape[d] : 1;
        if (d >= joined)
            shape[rank++] = d == joined ? first : tensor->shape[d];
    }
    if (parts > 1)
        shape[rank++] = parts;
    return rank;
}

table_place subject_table(size_t rank, const uint64_t *shape, const table_choice *which)
{
    uint64_t steps[DETINIT_MAX_RANK], step = 1;
    table_place t = {.rows = 1, .cols = 1, .row_step = 1, .col_step = 1};
    for (size_t d = rank; d-- > 0; step *= shape[d])
        steps[d] = step;
    if (which->rows == which->cols || which->rows >= rank || which->cols >= rank) {
        for (size_t d = 0; d + 1 < rank; d++)
            t.rows *= shape[d];
        t.cols = rank > 0 ? shape[rank - 1] : 1;
        t.row_step = t.cols;
        return t;
    }
    for (size_t d = 0; d < rank; d++)
        if (d != which->rows && d != which->cols && which->at[d] < shape[d])
            t.base += which->at[d] * steps[d];
    t.rows = shape[which->rows];
    t.cols = shape[which->cols];
    t.row_step = steps[which->rows];
    t.col_step = steps[which->cols];
    return step > 0 ? t : (table_place){.rows = 0};
}

/* ------------------------------------------------------------------- values */

/* Numbers of the recipe's matrix, as they are stored in the file. */
static detinit_status initial_values(const tensor_subject *s, uint64_t first, size_t count,
                                     double *out, detinit_error *error)
{
    const uint64_t cols = detinit_recipe_cols(s->recipe);
    double stored[PIECE];
    if (s->initial == NULL)
        return error_set(error, DETINIT_INVALID, "the tensor has no recipe");
    while (count > 0) {
        const uint64_t row = first / cols, col = first % cols;
        size_t part = count < PIECE ? count : PIECE;
        part = cols - col < part ? (size_t)(cols - col) : part;
        const detinit_status status =
            detinit_matrix_window(s->initial, row, col, 1, part, out, part);
        if (status != DETINIT_OK)
            return error_set(error, status, "the initial weights cannot be made");
        if (s->tensor->dtype != s->recipe->dtype) {
            detinit_encode(s->tensor->dtype, out, part, stored);
            detinit_decode(s->tensor->dtype, stored, part, out);
        }
        first += part;
        out += part;
        count -= part;
    }
    return DETINIT_OK;
}

/* Numbers of the file; of a complex tensor two are an item, of which a window may begin or end with
 * the half. */
static detinit_status trained_values(const tensor_subject *s, uint64_t first, size_t count,
                                     double *out, detinit_error *error)
{
    const size_t parts = tensor_type_parts(tensor_type_anywhere(s->tensor->type));
    double numbers[PIECE];
    detinit_status status = DETINIT_OK;
    if (parts == 1)
        return detinit_tensor_values(s->file->held.file, s->tensor, first, count, out, error);
    for (size_t taken; count > 0 && status == DETINIT_OK;
         first += taken, out += taken, count -= taken) {
        const size_t before = (size_t)(first % parts);
        taken = count < PIECE - before ? count : PIECE - before;
        status = detinit_tensor_values(s->file->held.file, s->tensor, first / parts,
                                       (before + taken + parts - 1) / parts, numbers, error);
        if (status == DETINIT_OK)
            memcpy(out, numbers + before, taken * sizeof *out);
    }
    return status;
}

static detinit_status changes(const tensor_subject *s, uint64_t first, size_t count, double *out,
                              detinit_error *error)
{
    double initial[PIECE];
    detinit_status status = DETINIT_OK;
    for (size_t part; count > 0 && status == DETINIT_OK;
         first += part, out += part, count -= part) {
        part = count < PIECE ? count : PIECE;
        status = trained_values(s, first, part, out, error);
        if (status == DETINIT_OK)
            status = initial_values(s, first, part, initial, error);
        for (size_t n = 0; n < part && status == DETINIT_OK; n++)
            out[n] -= initial[n];
    }
    return status;
}

detinit_status subject_values(const tensor_subject *s, uint64_t first, size_t count, double *out,
                              detinit_error *error)
{
    if (s->face == FACE_TRAINED)
        return trained_values(s, first, count, out, error);
    return (s->face == FACE_INITIAL ? initial_values : changes)(s, first, count, out, error);
}

/* Cells that follow one another in the tensor are read at once. */
static detinit_status table_window(const tensor_subject *s, uint64_t row, uint64_t col, size_t rows,
                                   size_t cols, double *out, size_t stride, detinit_error *error)
{
    const table_place *t = &s->table;
    detinit_status status = DETINIT_OK;
    const size_t run = t->col_step == 1 ? cols : 1;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols && status == DETINIT_OK; c += run)
            status = subject_values(s, t->base + (row + r) * t->row_step + (col + c) * t->col_step,
                                    run, out + r * stride + c, error);
    return status;
}

detinit_status subject_window(const tensor_subject *s, uint64_t row, uint64_t col, size_t rows,
                              size_t cols, double *out, size_t stride, detinit_error *error)
{
    const table_place *t = &s->table;
    if (s->file == NULL)
        return detinit_matrix_window(s->initial, row, col, rows, cols, out, stride);
    if (row > t->rows || rows > t->rows - row || col > t->cols || cols > t->cols - col)
        return error_set(error, DETINIT_INVALID, "outside the table");
    return table_window(s, row, col, rows, cols, out, stride, error);
}
