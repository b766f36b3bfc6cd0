#include "train/product.h"

#include "describe/blas.h"

#include <cblas.h>

detinit_status product_built(detinit_error *error)
{
    (void)error;
    return DETINIT_OK;
}

void product(turn of_a, turn of_b, size_t m, size_t n, size_t k, const float *a, const float *b,
             float beta, float *c)
{
    cblas_sgemm(CblasRowMajor, of_a == TURNED ? CblasTrans : CblasNoTrans,
                of_b == TURNED ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k, 1, a,
                (int)(of_a == TURNED ? m : k), b, (int)(of_b == TURNED ? k : n), beta, c, (int)n);
}

unsigned product_threads(const detinit_run *run)
{
    return blas_threads(run);
}

detinit_status product_begin(const detinit_run *run, int *before, detinit_error *error)
{
    return blas_begin(run, before, error);
}

void product_end(int before)
{
    blas_end(before);
}
