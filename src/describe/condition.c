/* What singular values and a Gram matrix say in one figure. */
#include "detinit_describe.h"

#include <math.h>

double detinit_condition_number(const double *values, size_t count)
{
    if (count == 0)
        return NAN;
    return values[count - 1] > 0 ? values[0] / values[count - 1] : INFINITY;
}

double detinit_gram_deviation(const double *gram, size_t n)
{
    double worst = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            worst = fmax(worst, fabs(gram[i * n + j] - (i == j ? 1 : 0)));
    return worst;
}
