/* What singular values and a Gram matrix say in one figure. */
#include "detinit_describe.h"

#include <math.h>

#define HALF_PI 1.57079632679489661923

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

/* A turn and a reflection, each times a factor: where both add up, and where they cancel. */
detinit_ellipse detinit_ellipse_of(const double matrix[4])
{
    const double sum = (matrix[0] + matrix[3]) / 2, difference = (matrix[0] - matrix[3]) / 2;
    const double cross = (matrix[2] + matrix[1]) / 2, skew = (matrix[2] - matrix[1]) / 2;
    const double turned = hypot(sum, skew), reflected = hypot(difference, cross);
    double angle = (atan2(skew, sum) + atan2(cross, difference)) / 2;
    if (angle > HALF_PI)
        angle -= 2 * HALF_PI;
    if (angle <= -HALF_PI)
        angle += 2 * HALF_PI;
    return (detinit_ellipse){
        .major = turned + reflected, .minor = fabs(turned - reflected), .angle = angle};
}
