/* In the place of product.c where detinit is configured --without-lapack. */
#include "train/product.h"

#include "base/error.h"

detinit_status product_built(detinit_error *error)
{
    return error_set(error, DETINIT_NOT_BUILT,
                     "training is not built in: configured --without-lapack");
}

/* Nobody comes here: there is no network to multiply for. */
void product(turn of_a, turn of_b, size_t m, size_t n, size_t k, const float *a, const float *b,
             float beta, float *c)
{
    (void)of_a, (void)of_b, (void)m, (void)n, (void)k, (void)a, (void)b, (void)beta, (void)c;
}

unsigned product_threads(const detinit_run *run)
{
    (void)run;
    return 0;
}

detinit_status product_begin(const detinit_run *run, int *before, detinit_error *error)
{
    (void)run, (void)before;
    return product_built(error);
}

void product_end(int before)
{
    (void)before;
}
