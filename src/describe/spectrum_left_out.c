/* In the place of spectrum.c where the library is configured --without-lapack. */
#include "detinit_describe.h"
#include "base/error.h"
#include "describe/spectrum.h"

static detinit_status refuse(detinit_error *error)
{
    return error_set(error, DETINIT_NOT_BUILT,
                     "singular values are not built in: configured --without-lapack");
}

uint64_t detinit_spectrum_memory(const detinit_recipe *recipe)
{
    (void)recipe;
    return 0;
}

detinit_status detinit_matrix_singular_values(const detinit_matrix *matrix, const detinit_run *run,
                                              double *values, detinit_error *error)
{
    (void)matrix, (void)run, (void)values;
    return refuse(error);
}

detinit_status detinit_matrix_gram(const detinit_matrix *matrix, const detinit_run *run,
                                   double *gram, detinit_error *error)
{
    (void)matrix, (void)run, (void)gram;
    return refuse(error);
}

detinit_status spectrum_of_values(double *values, uint64_t rows, uint64_t cols,
                                  const detinit_run *run, double *singular, detinit_error *error)
{
    (void)values, (void)rows, (void)cols, (void)run, (void)singular;
    return refuse(error);
}

detinit_status spectrum_gram_of_values(const double *values, uint64_t rows, uint64_t cols,
                                       const detinit_run *run, double *gram, detinit_error *error)
{
    (void)values, (void)rows, (void)cols, (void)run, (void)gram;
    return refuse(error);
}

uint64_t detinit_product_memory(const detinit_recipe *recipe, size_t width)
{
    (void)recipe, (void)width;
    return 0;
}

detinit_status detinit_product_singular_values(const detinit_recipe *recipe, size_t width,
                                               unsigned factors, const detinit_run *run,
                                               double *values, detinit_error *error)
{
    (void)recipe, (void)width, (void)factors, (void)run, (void)values;
    return refuse(error);
}
