#include "train/softmax.h"

#include "base/strict.h"

#include <math.h>

/* ln 2, and its first 33 bits, whose multiples below 2^11 are exact. */
#define LN2      0x1.62e42fefa39efp-1
#define LN2_HIGH 0x1.62e42feep-1
#define LN2_LOW  0x1.a39ef35793c76p-33

/* Terms of the series: the next one is below a unit in the last place. */
#define EXP_TERMS 14
#define LN_TERMS  11

double softmax_exp(double x)
{
    double sum = 1;
    if (x < -700)
        return 0;
    if (isnan(x))
        return x;
    const double turns = floor(x / LN2 + 0.5);
    const double rest = (x - turns * LN2_HIGH) - turns * LN2_LOW;
    for (int n = EXP_TERMS; n > 0; n--)
        sum = 1 + sum * rest / n;
    return ldexp(sum, (int)turns);
}

/* x = 2^e m with m near 1, and ln m = 2 atanh((m - 1) / (m + 1)). */
double softmax_ln(double x)
{
    int exponent;
    double m, sum = 0;
    if (!isfinite(x))
        return x;
    m = 2 * frexp(x, &exponent);
    exponent--;
    if (m > 1.5) {
        m /= 2;
        exponent++;
    }
    const double t = (m - 1) / (m + 1), square = t * t;
    for (int n = LN_TERMS; n >= 0; n--)
        sum = sum * square + 1.0 / (2 * n + 1);
    return exponent * LN2 + 2 * t * sum;
}

double softmax_loss(float *outputs, size_t classes, size_t stride, size_t label, double scale)
{
    double largest = (double)outputs[0], sum = 0;
    const double own = (double)outputs[label * stride];
    for (size_t c = 1; c < classes; c++) {
        const double value = (double)outputs[c * stride];
        largest = value > largest || isnan(value) ? value : largest;
    }
    for (size_t c = 0; c < classes; c++)
        sum += softmax_exp((double)outputs[c * stride] - largest);
    for (size_t c = 0; c < classes; c++) {
        const double share = softmax_exp((double)outputs[c * stride] - largest) / sum;
        outputs[c * stride] = (float)((share - (c == label)) * scale);
    }
    return softmax_ln(sum) + largest - own;
}
