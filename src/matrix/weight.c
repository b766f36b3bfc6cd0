/* One weight by itself, by the scalar definition, and how it was made. */
#include "detinit.h"

#include "base/strict.h"
#include "matrix/matrix_private.h"
#include "matrix/slice.h"
#include "number/address.h"
#include "number/dtype.h"
#include "number/gaussian.h"

void matrix_row_indices(const detinit_recipe *recipe, uint64_t row, uint64_t *indices)
{
    for (size_t n = recipe->rank > 0 ? recipe->rank - 1 : 0; n-- > 0;) {
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

/* The key of the address of a weight. */
static uint64_t weight_key(const detinit_matrix *m, uint64_t row, uint64_t col)
{
    return m->recipe.rank > 0 ? fold(matrix_row_key(m, row), col) : m->layer_key;
}

static double drawn_weight(const detinit_matrix *m, uint64_t row, uint64_t col)
{
    const uint64_t key = weight_key(m, row, col);
    double draw = matrix_draw(m, key);
    if (matrix_is_zeroed(m, key))
        return 0;
    if (slice_is_zero_mean(m))
        draw = (draw - slice_mean(m, row)) * slice_scale(m);
    draw = m->std * draw;
    return m->recipe.mean != 0 ? m->recipe.mean + draw : draw;
}

/* Before any rounding. */
static double exact_weight(const detinit_matrix *m, uint64_t row, uint64_t col)
{
    if (matrix_is_in_zero_row(m, row, col))
        return 0;
    if (!detinit_mode_is_drawn(m->recipe.mode))
        return undrawn_weight(m, row, col);
    return m->orthogonal != NULL ? m->orthogonal[row * m->cols + col] : drawn_weight(m, row, col);
}

/* The value as it is after having been stored as `dtype`; of binary64 the value itself. */
static double stored_as(detinit_dtype dtype, double value)
{
    return dtype == DETINIT_FLOAT64 ? value : dtype_round(dtype, value);
}

detinit_status detinit_matrix_weight(const detinit_matrix *m, uint64_t row, uint64_t col,
                                     double *weight)
{
    uint64_t left;
    if (row >= m->rows || col >= m->cols)
        return DETINIT_INVALID;
    if (m->parts != NULL)
        m = matrix_part_at(m, &row, &col, &left);
    *weight = stored_as(m->recipe.dtype, stored_as(m->recipe.via, exact_weight(m, row, col)));
    return DETINIT_OK;
}

/* Steps that only draws have. */
static void trace_draw(const detinit_matrix *m, uint64_t key, uint64_t row, detinit_trace *trace)
{
    const dist_row *dist = &dist_rows[m->orthogonal != NULL ? DETINIT_DIST_NORMAL : m->dist];
    trace->draw = dist->draw(key, m->recipe.cut);
    trace->attempt = dist->cast_away != NULL ? dist->cast_away(key, m->recipe.cut) : 0;
    trace->u1_key = fold(key, 2 * trace->attempt);
    trace->u2_key = fold(key, 2 * trace->attempt + 1);
    trace->u1 = u01(trace->u1_key);
    trace->u2 = u01(trace->u2_key);
    trace->r = box_muller_radius(trace->u1);
    trace->theta = 0x1.921fb54442d18p+2 * trace->u2; /* 2 pi */
    trace->z = gaussian_of_keys(trace->u1_key, trace->u2_key);
    if (!m->is_drawn)
        return;
    if (slice_is_zero_mean(m)) {
        trace->mean = slice_mean(m, row);
        trace->scale = slice_scale(m);
    }
    trace->shift = m->recipe.mean;
    trace->zeroed = trace->zeroed || matrix_is_zeroed(m, key);
}

detinit_status detinit_matrix_trace(const detinit_matrix *m, uint64_t row, uint64_t col,
                                    detinit_trace *t)
{
    uint64_t left;
    double weight;
    const detinit_status status = detinit_matrix_weight(m, row, col, &weight);
    if (status != DETINIT_OK)
        return status;
    if (m->parts != NULL)
        m = matrix_part_at(m, &row, &col, &left);
    detinit_trace trace = {.seed = m->recipe.seed,
                           .key_layer = m->layer_key,
                           .rank = m->recipe.rank,
                           .scale = 1,
                           .std = m->std,
                           .weight = weight,
                           .zeroed = matrix_is_in_zero_row(m, row, col)};
    matrix_row_indices(&m->recipe, row, trace.index);
    if (trace.rank > 0)
        trace.index[trace.rank - 1] = col;
    uint64_t key = m->layer_key;
    for (size_t n = 0; n < trace.rank; n++)
        trace.key[n] = key = fold(key, trace.index[n]);
    if (detinit_mode_is_drawn(m->recipe.mode))
        trace_draw(m, key, row, &trace);
    *t = trace;
    return DETINIT_OK;
}
