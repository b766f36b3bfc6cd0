/* The shape of a recipe: as a matrix, as its layer's, and its fans. */
#include "detinit.h"

#include "base/strict.h"

uint64_t detinit_recipe_rows(const detinit_recipe *r)
{
    uint64_t rows = 1;
    for (size_t n = 0; n + 1 < r->rank; n++)
        rows *= r->shape[n];
    return rows;
}

uint64_t detinit_recipe_cols(const detinit_recipe *r)
{
    return r->rank > 0 ? r->shape[r->rank - 1] : 1;
}

bool detinit_recipe_count(const detinit_recipe *r, uint64_t *count)
{
    uint64_t rows = detinit_recipe_rows(r), cols = detinit_recipe_cols(r);
    if (cols > 0 && rows > UINT64_MAX / cols)
        return false;
    *count = rows * cols;
    return true;
}

static uint64_t product(const detinit_recipe *r, size_t first, size_t end)
{
    uint64_t all = 1;
    for (size_t n = first; n < end; n++)
        all *= r->shape[n];
    return all;
}

void detinit_recipe_layer_shape(const detinit_recipe *r, uint64_t *rows, uint64_t *cols)
{
    if (r->rank < 2 || r->fan_in == DETINIT_FAN_IN_ROWS) {
        *rows = detinit_recipe_rows(r);
        *cols = detinit_recipe_cols(r);
    } else {
        *rows = r->shape[0];
        *cols = product(r, 1, r->rank);
    }
}

/* -------------------------------------------------------------------- fans */

/* As binary64, from left to right. */
static double real_product(const detinit_recipe *r, size_t first, size_t end)
{
    double all = 1;
    for (size_t n = first; n < end; n++)
        all *= (double)r->shape[n];
    return all;
}

static bool fans_are_stated(const detinit_recipe *r)
{
    return r->fans[0] > 0 && r->fans[1] > 0;
}

double detinit_recipe_fan_in(const detinit_recipe *r)
{
    if (fans_are_stated(r))
        return (double)r->fans[0];
    if (r->rank < 2)
        return real_product(r, 0, r->rank);
    return r->fan_in == DETINIT_FAN_IN_ROWS ? real_product(r, 0, r->rank - 1)
                                            : real_product(r, 1, r->rank);
}

double detinit_recipe_fan_out(const detinit_recipe *r)
{
    if (fans_are_stated(r))
        return (double)r->fans[1];
    if (r->rank < 2)
        return real_product(r, 0, r->rank);
    if (r->fan_in == DETINIT_FAN_IN_ROWS)
        return (double)r->shape[r->rank - 1] * real_product(r, 0, r->rank - 2);
    return (double)r->shape[0] * real_product(r, 2, r->rank);
}
