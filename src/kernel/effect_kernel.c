/* See effect_kernel.h. */
#include "kernel/effect_kernel.h"

#include "base/strict.h"
#include "kernel/build.h"

#include <string.h>

static void add_products(const double *factors, const unsigned char *rows, size_t count,
                         const double (*x)[EFFECT_LANES], double y[EFFECT_LANES])
{
    double sums[EFFECT_LANES];
    memcpy(sums, y, sizeof sums);
    for (size_t k = 0; k < count; k++) {
        const double *from = x[rows[k]];
        for (size_t lane = 0; lane < EFFECT_LANES; lane++)
            sums[lane] += factors[k] * from[lane];
    }
    memcpy(y, sums, sizeof sums);
}

const effect_kernel OF_BUILD(effect_kernel) = {.add_products = add_products};
