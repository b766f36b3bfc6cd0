/* One weight by itself, by the scalar definition, and how it was made. */
#include "detinit.h"

#include "base/strict.h"
#include "matrix/matrix_private.h"
#include "matrix/slice.h"
#include "number/address.h"
#include "number/dist.h"
#include "number/dtype.h"
#include "number/gaussian.h"

void matrix_row_indices(const detinit_recipe *recipe, uint64_t row, uint64_t *indices)
{
    for (size_t n = recipe->rank - 1; n-- > 0;) {
        indices[n] = row % recipe->shape[n];
        row /= recipe->shape[n];
    }
}

uint64_t matrix_tensor_row_key(const detinit_matrix *m, uint64_t row)
{
    uint64_t indices[DETINIT_MAX_RANK] = {0};
    matrix_row_indices(&m->recipe, row, indices);
    return detinit_key(m->layer_key, indices, m->recipe.rank - 1);
}

detinit_status detinit_matrix_weight(const detinit_matrix *m, uint64_t row, uint64_t col,
                                     double *weight)
{
    if (row >= m->rows || col >= m->cols)
        return DETINIT_INVALID;
    double value;
    if (m->orthogonal != NULL) {
        value = m->orthogonal[row * m->cols + col];
    } else {
        double draw = m->draw(fold(matrix_row_key(m, row), col));
        if (slice_is_zero_mean(m))
            draw = (draw - slice_mean(m, row)) * slice_scale(m);
        value = m->std * draw;
    }
    *weight = m->recipe.dtype == DETINIT_FLOAT64 ? value : dtype_round(m->recipe.dtype, value);
    return DETINIT_OK;
}

detinit_status detinit_matrix_trace(const detinit_matrix *m, uint64_t row, uint64_t col,
                                    detinit_trace *t)
{
    detinit_trace trace = {
        .seed = m->recipe.seed, .key_layer = m->layer_key, .rank = m->recipe.rank};
    detinit_status status = detinit_matrix_weight(m, row, col, &trace.weight);
    if (status != DETINIT_OK)
        return status;
    matrix_row_indices(&m->recipe, row, trace.index);
    trace.index[trace.rank - 1] = col;
    uint64_t key = m->layer_key;
    for (size_t n = 0; n < trace.rank; n++)
        trace.key[n] = key = fold(key, trace.index[n]);

    const dist_row *dist = &dist_rows[m->orthogonal != NULL ? DETINIT_DIST_NORMAL : m->dist];
    trace.draw = dist->draw(key);
    trace.attempt = dist->cast_away != NULL ? dist->cast_away(key) : 0;
    trace.u1_key = fold(key, 2 * trace.attempt);
    trace.u2_key = fold(key, 2 * trace.attempt + 1);
    trace.u1 = u01(trace.u1_key);
    trace.u2 = u01(trace.u2_key);
    trace.r = box_muller_radius(trace.u1);
    trace.theta = 0x1.921fb54442d18p+2 * trace.u2; /* 2 pi */
    trace.z = gaussian_of_keys(trace.u1_key, trace.u2_key);
    trace.mean = slice_is_zero_mean(m) ? slice_mean(m, row) : 0;
    trace.scale = slice_is_zero_mean(m) ? slice_scale(m) : 1;
    trace.std = m->std;
    *t = trace;
    return DETINIT_OK;
}
