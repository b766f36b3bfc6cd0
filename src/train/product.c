#include "train/product.h"

#include <cblas.h>
#include <limits.h>

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

unsigned product_use_threads(unsigned threads)
{
    int before = openblas_get_num_threads();
    if (threads > 0 && threads <= INT_MAX)
        openblas_set_num_threads((int)threads);
    return (unsigned)before;
}
