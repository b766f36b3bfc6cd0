#include "describe/layer.h"

#include "base/error.h"

/* Of a tile of weights: LAYER_UNITS of units by so much of what they sum over. */
#define TILE ((size_t)128)

double layer_normal(uint64_t seed, layer_use use, uint64_t n, uint64_t unit)
{
    return detinit_gaussian(seed, (const uint64_t[]){UINT64_MAX, use, n, unit}, 4);
}

/* What the centre of a kernel is: the matrix that a kernel of one place would be. */
static void take_centre(detinit_recipe *recipe)
{
    if (recipe->mode == DETINIT_DIRAC) {
        recipe->mode = DETINIT_IDENTITY;
    } else if (recipe->mode == DETINIT_DELTA_ORTHOGONAL) {
        recipe->mode = DETINIT_XAVIER; /* of gain 1 */
        recipe->orthogonal = true;
    }
}

detinit_status layer_recipe(const detinit_recipe *recipe, size_t inputs, size_t outputs,
                            detinit_recipe *out, detinit_error *error)
{
    detinit_recipe layer = *recipe;
    const bool in_rows = recipe->fan_in == DETINIT_FAN_IN_ROWS;
    if (recipe->part_count > 0)
        return error_set(error, DETINIT_INVALID,
                         "expected one scheme, got a fused tensor of %zu parts",
                         recipe->part_count);
    layer.rank = 2;
    layer.shape[0] = in_rows ? inputs : outputs;
    layer.shape[1] = in_rows ? outputs : inputs;
    layer.fans[0] = layer.fans[1] = 0;
    layer.has_zero_row = false;
    layer.zero_mean = false;
    layer.via = layer.dtype = DETINIT_FLOAT64;
    take_centre(&layer);
    const detinit_status status = detinit_recipe_check(&layer, error);
    if (status == DETINIT_OK)
        *out = layer;
    return status;
}

/* A tile of weights from (row, col) on: where it lies, or into `drawn`. */
static const double *take_tile(const layer_pass *pass, size_t row, size_t col, size_t rows,
                               size_t cols, size_t *stride, double *drawn)
{
    if (pass->held != NULL) {
        *stride = pass->stride;
        return pass->held + row * pass->stride + col;
    }
    detinit_matrix_window(pass->matrix, row, col, rows, cols, drawn, *stride);
    return drawn;
}

void layer_subtract(const layer_pass *pass, size_t first, size_t units, const double *x, double *y)
{
    double drawn[LAYER_UNITS * TILE], turned[LAYER_UNITS * TILE];
    for (size_t k = 0; k < pass->depth; k += TILE) {
        const size_t depth = pass->depth - k < TILE ? pass->depth - k : TILE;
        size_t stride = pass->turned ? LAYER_UNITS : TILE;
        const double *tile = pass->turned ? take_tile(pass, k, first, depth, units, &stride, drawn)
                                          : take_tile(pass, first, k, units, depth, &stride, drawn);
        if (pass->turned) {
            pass->kernel->transpose(units, depth, tile, stride, turned, TILE);
            tile = turned;
            stride = TILE;
        }
        pass->kernel->subtract_product(pass->lanes, units, depth, x + k * pass->lanes, pass->lanes,
                                       tile, stride, y, pass->lanes);
    }
}
