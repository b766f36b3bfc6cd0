#include "track/tracked.h"

#include "base/error.h"
#include "base/shape.h"
#include "detinit_track.h"
#include "file/npy.h"
#include "file/tensortype.h"
#include "file/tensorwriter.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------ joining */

/* A recipe of float64 rounds nothing: it may as well draw in the type of the weights. */
static void take_recipe(const detinit_recipe *recipe, detinit_tracked *out)
{
    out->recipe = *recipe;
    if (recipe->dtype == DETINIT_FLOAT64 && recipe->part_count == 0)
        out->recipe.dtype = out->dtype;
}

detinit_status detinit_track(const detinit_tensorfile *file, const detinit_tensor *tensor,
                             const detinit_recipe *recipe, detinit_tracked *out,
                             detinit_error *error)
{
    char have[200], want[200], told[64];
    detinit_status status = detinit_recipe_check(recipe, error);
    if (status != DETINIT_OK)
        return status;
    if (!tensor->weights)
        return error_set(error, DETINIT_INVALID, "'%.160s'%s%.60s holds %s; %s was expected",
                         detinit_tensorfile_path(file), tensor->name[0] != '\0' ? ": " : "",
                         tensor->name, tensor->type, tensor_weights_told(told, sizeof told));
    if (!shape_same(tensor->rank, tensor->shape, recipe->rank, recipe->shape)) {
        npy_describe(tensor->dtype, tensor->rank, tensor->shape, have, sizeof have);
        npy_describe(tensor->dtype, recipe->rank, recipe->shape, want, sizeof want);
        return error_set(error, DETINIT_INVALID, "'%.160s'%s%.60s holds %s; %s was expected",
                         detinit_tensorfile_path(file), tensor->name[0] != '\0' ? ": " : "",
                         tensor->name, have, want);
    }
    *out = (detinit_tracked){.file = file,
                             .tensor = tensor,
                             .name = tensor->name,
                             .dtype = tensor->dtype,
                             .count = tensor->count};
    shape_copy(out->shape, tensor->rank, tensor->shape);
    take_recipe(recipe, out);
    return DETINIT_OK;
}

/* Whether memory can hold what it says: a type that there is, and weights that can be counted. */
static detinit_status check_memory(const detinit_memory_tensor *m, const char *name,
                                   uint64_t *count, detinit_error *error)
{
    const detinit_recipe shape = {.rank = m->rank};
    detinit_recipe counted = shape;
    if (detinit_dtype_name(m->dtype) == NULL)
        return error_set(error, DETINIT_INVALID, "'%.200s' has no storage type", name);
    if (m->rank > DETINIT_MAX_RANK)
        return error_set(error, DETINIT_INVALID, "'%.200s' has %zu dimensions; at most %d can be",
                         name, m->rank, DETINIT_MAX_RANK);
    shape_copy(counted.shape, m->rank, m->shape);
    if (!detinit_recipe_count(&counted, count) || *count > SIZE_MAX / 8)
        return error_set(error, DETINIT_INVALID, "'%.200s' has more weights than memory can hold",
                         name);
    if (*count > 0 && m->data == NULL)
        return error_set(error, DETINIT_INVALID, "'%.200s' has weights, but no data", name);
    return DETINIT_OK;
}

static detinit_status check_place(const detinit_memory_tensor *m, const detinit_recipe *recipe,
                                  const uint64_t *offsets, const char *name, detinit_error *error)
{
    char have[200], want[200];
    bool fits = m->rank == recipe->rank;
    for (size_t d = 0; d < m->rank && fits; d++)
        fits = offsets == NULL
                   ? m->shape[d] == recipe->shape[d]
                   : offsets[d] <= recipe->shape[d] && m->shape[d] <= recipe->shape[d] - offsets[d];
    if (fits)
        return DETINIT_OK;
    npy_describe(m->dtype, m->rank, m->shape, have, sizeof have);
    npy_describe(m->dtype, recipe->rank, recipe->shape, want, sizeof want);
    return error_set(error, DETINIT_INVALID, "'%.100s' holds %s; %s%s was expected", name, have,
                     offsets != NULL ? "a block within " : "", want);
}

detinit_status detinit_track_block(const detinit_memory_tensor *memory,
                                   const detinit_recipe *recipe, const uint64_t *offsets,
                                   detinit_tracked *out, detinit_error *error)
{
    const char *name = memory->name != NULL ? memory->name : "";
    const char *shown = name[0] != '\0' ? name : TENSORWRITER_NAMELESS;
    detinit_tracked t = {.name = name, .dtype = memory->dtype, .data = memory->data};
    detinit_status status = detinit_recipe_check(recipe, error);
    if (status == DETINIT_OK)
        status = check_memory(memory, shown, &t.count, error);
    if (status == DETINIT_OK)
        status = check_place(memory, recipe, offsets, shown, error);
    if (status != DETINIT_OK)
        return status;
    int64_t packed = (int64_t)detinit_dtype_size(memory->dtype);
    for (size_t d = memory->rank; d-- > 0; packed *= (int64_t)memory->shape[d]) {
        t.shape[d] = memory->shape[d];
        t.offsets[d] = offsets != NULL ? offsets[d] : 0;
        t.strides[d] = memory->strides != NULL ? memory->strides[d] : packed;
    }
    take_recipe(recipe, &t);
    *out = t;
    return DETINIT_OK;
}

detinit_status detinit_track_memory(const detinit_memory_tensor *memory,
                                    const detinit_recipe *recipe, detinit_tracked *out,
                                    detinit_error *error)
{
    return detinit_track_block(memory, recipe, NULL, out, error);
}

detinit_tracked tracked_initial(const detinit_recipe *recipe, detinit_dtype dtype)
{
    detinit_tracked t = {.name = "", .dtype = dtype};
    shape_copy(t.shape, recipe->rank, recipe->shape);
    detinit_recipe_count(recipe, &t.count);
    take_recipe(recipe, &t);
    return t;
}

/* --------------------------------------------------------------- what it is */

const char *tracked_name(const detinit_tracked *tracked)
{
    return tracked->name[0] != '\0' ? tracked->name : TENSORWRITER_NAMELESS;
}

const char *tracked_shown(const detinit_tracked *tracked)
{
    return tracked->file != NULL ? detinit_tensorfile_path(tracked->file) : tracked_name(tracked);
}

detinit_status tracked_check_threshold(double threshold, detinit_error *error)
{
    if (threshold >= 0 && threshold < INFINITY)
        return DETINIT_OK;
    return error_set(error, DETINIT_INVALID, "a finite threshold of 0 or more was expected");
}

bool tracked_is_whole(const detinit_tracked *t)
{
    return shape_same(t->recipe.rank, t->shape, t->recipe.rank, t->recipe.shape);
}

uint64_t tracked_total(const detinit_tracked *tracked, size_t count)
{
    uint64_t total = 0;
    for (size_t n = 0; n < count; n++)
        total += tracked[n].count;
    return total;
}

tracked_layer tracked_layer_of(const detinit_recipe *recipe, const uint64_t *shape)
{
    tracked_layer layer = {.units = 1, .inputs = 1};
    layer.unit_columns = recipe->rank > 1 && recipe->fan_in == DETINIT_FAN_IN_ROWS;
    const size_t unit = layer.unit_columns ? recipe->rank - 1 : 0;
    for (size_t d = 0; d < recipe->rank; d++)
        *(recipe->rank > 1 && d == unit ? &layer.units : &layer.inputs) *= shape[d];
    return layer;
}

uint64_t detinit_tracked_memory(const detinit_tracked *tracked)
{
    return detinit_matrix_memory(&tracked->recipe);
}

bool detinit_weight_changed(const detinit_matrix *matrix, uint64_t row, uint64_t col,
                            double current, double threshold, double *delta)
{
    double initial;
    if (detinit_matrix_weight(matrix, row, col, &initial) != DETINIT_OK)
        initial = NAN;
    if (delta != NULL)
        *delta = current - initial;
    return !(fabs(current - initial) <= threshold);
}
