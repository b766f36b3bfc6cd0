/* Tensors that are not drawn: constants, identities, and kernels that hold something at the centre.
 */
#include "matrix/matrix_private.h"

#include "matrix/draws.h"
#include "number/dtype.h"

/* Where the dimensions of a kernel begin that are neither out nor in, and the channels' own. */
typedef struct kernel_layout {
    size_t first, end, out, in;
} kernel_layout;

static kernel_layout layout_of(const detinit_recipe *r)
{
    if (r->fan_in == DETINIT_FAN_IN_ROWS)
        return (kernel_layout){0, r->rank - 2, r->rank - 1, r->rank - 2};
    return (kernel_layout){2, r->rank, 0, 1};
}

/* A weight of a kernel by its indices: 0 beside the centre. */
static double kernel_weight(const detinit_matrix *m, const uint64_t *index)
{
    const detinit_recipe *r = &m->recipe;
    const kernel_layout at = layout_of(r);
    for (size_t n = at.first; n < at.end; n++)
        if (index[n] != r->shape[n] / 2)
            return 0;
    if (m->orthogonal != NULL)
        return m->orthogonal[index[at.out] * r->shape[at.in] + index[at.in]];
    return index[at.out] == index[at.in] ? r->gain : 0;
}

/* The weight at the indices of its row, and a column. */
static double weight_in_row(const detinit_matrix *m, uint64_t *index, uint64_t row, uint64_t col)
{
    switch (m->recipe.mode) {
    case DETINIT_CONSTANT:
        return m->recipe.value;
    case DETINIT_IDENTITY:
        return row == col ? m->recipe.gain : 0;
    default:
        index[m->recipe.rank - 1] = col;
        return kernel_weight(m, index);
    }
}

double undrawn_weight(const detinit_matrix *m, uint64_t row, uint64_t col)
{
    uint64_t index[DETINIT_MAX_RANK];
    matrix_row_indices(&m->recipe, row, index);
    return weight_in_row(m, index, row, col);
}

void undrawn_make_run(const detinit_matrix *m, uint64_t row, uint64_t col, uint64_t count,
                      detinit_dtype dtype, unsigned char *out)
{
    uint64_t index[DETINIT_MAX_RANK];
    double values[DRAWS_CHUNK];
    matrix_row_indices(&m->recipe, row, index);
    while (count > 0) {
        const size_t part = count < DRAWS_CHUNK ? (size_t)count : DRAWS_CHUNK;
        for (size_t n = 0; n < part; n++) {
            values[n] = weight_in_row(m, index, row, col);
            if (++col == m->cols) {
                col = 0;
                matrix_row_indices(&m->recipe, ++row, index);
            }
        }
        m->kernel->scale(1.0, values, part, dtype, out);
        out += part * dtype_bytes(dtype);
        count -= part;
    }
}
