#include "audit/eigenvalues.h"

#include <float.h>
#include <math.h>

/* Turns of QL that one eigenvalue is given; it takes two or three. */
#define MOST_TURNS 60

/*
 * One Householder reflection I - 2 v v' / (v' v) on both sides makes column k zero below its
 * second entry.  v is kept in column k; `w` has room for n.
 */
static void reflect(double *a, size_t n, size_t k, double *w)
{
    double square = 0, dot = 0;
    for (size_t i = k + 1; i < n; i++)
        square += a[i * n + k] * a[i * n + k];
    const double first = a[(k + 1) * n + k], length = sqrt(square);
    if (square - first * first == 0)
        return;
    const double end = first > 0 ? -length : length;
    a[(k + 1) * n + k] = first - end;
    const double beta = 1 / (square - first * end); /* 2 / (v' v) */
    for (size_t i = k + 1; i < n; i++) {
        w[i] = 0;
        for (size_t j = k + 1; j < n; j++)
            w[i] += a[i * n + j] * a[j * n + k];
        w[i] *= beta;
        dot += w[i] * a[i * n + k];
    }
    for (size_t i = k + 1; i < n; i++)
        w[i] -= beta / 2 * dot * a[i * n + k];
    for (size_t i = k + 1; i < n; i++)
        for (size_t j = k + 1; j < n; j++)
            a[i * n + j] -= a[i * n + k] * w[j] + w[i] * a[j * n + k];
    a[(k + 1) * n + k] = end;
}

/* One step of QL with Wilkinson's shift on rows l .. m of a tridiagonal matrix. */
static void turn(double *d, double *e, size_t l, size_t m)
{
    double g = (d[l + 1] - d[l]) / (2 * e[l]), r = hypot(g, 1), s = 1, c = 1, p = 0;
    g = d[m] - d[l] + e[l] / (g + copysign(r, g));
    for (size_t i = m; i-- > l;) {
        const double f = s * e[i], b = c * e[i];
        r = hypot(f, g);
        e[i + 1] = r;
        if (r == 0) {
            d[i + 1] -= p;
            e[m] = 0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
    }
    d[l] -= p;
    e[l] = g;
    e[m] = 0;
}

static bool ql(double *d, double *e, size_t n)
{
    for (size_t l = 0; l < n; l++) {
        for (int turns = 0;; turns++) {
            size_t m = l;
            while (m + 1 < n && fabs(e[m]) > DBL_EPSILON * (fabs(d[m]) + fabs(d[m + 1])))
                m++;
            if (m == l)
                break;
            if (turns == MOST_TURNS)
                return false;
            turn(d, e, l, m);
        }
    }
    return true;
}

bool eigenvalues_of(double *a, size_t n, double *values, double *work)
{
    double *beside = work + n;
    for (size_t k = 0; k + 2 < n; k++)
        reflect(a, n, k, work);
    for (size_t k = 0; k < n; k++) {
        values[k] = a[k * n + k];
        beside[k] = k + 1 < n ? a[(k + 1) * n + k] : 0;
    }
    return ql(values, beside, n);
}
