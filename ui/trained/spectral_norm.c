#include "trained/spectral_norm.h"

#include "detinit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MOST 32

/* A direction that adds less than this share of the largest so far is rounding's. */
#define NOTHING 1e-10

typedef struct lanczos {
    const double *weights;
    size_t rows, cols, side; /* side: of the vectors, the shorter one */
    double *basis;           /* STEPS_MOST + 1 vectors */
    double *across;          /* one of the longer side */
    double diagonal[STEPS_MOST], beside[STEPS_MOST];
} lanczos;

/* Four sums, which a processor adds up at once. */
static double dot(const double *a, const double *b, size_t count)
{
    double sums[4] = {0, 0, 0, 0};
    size_t n = 0;
    for (; n + 4 <= count; n += 4)
        for (size_t k = 0; k < 4; k++)
            sums[k] += a[n + k] * b[n + k];
    for (; n < count; n++)
        sums[0] += a[n] * b[n];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

static void add_times(double *to, double factor, const double *from, size_t count)
{
    for (size_t n = 0; n < count; n++)
        to[n] += factor * from[n];
}

/* to = W'W from, or WW' from where rows are fewer than columns. */
static void apply(const lanczos *l, const double *from, double *to)
{
    const size_t rows = l->rows, cols = l->cols;
    memset(to, 0, l->side * sizeof *to);
    if (cols <= rows) {
        for (size_t i = 0; i < rows; i++)
            add_times(to, dot(l->weights + i * cols, from, cols), l->weights + i * cols, cols);
        return;
    }
    memset(l->across, 0, cols * sizeof *l->across);
    for (size_t i = 0; i < rows; i++)
        add_times(l->across, from[i], l->weights + i * cols, cols);
    for (size_t i = 0; i < rows; i++)
        to[i] = dot(l->weights + i * cols, l->across, cols);
}

static void scale(double *vector, double factor, size_t count)
{
    for (size_t n = 0; n < count; n++)
        vector[n] *= factor;
}

/* Eigenvalues of the first `steps` rows and columns that are larger than x (Sturm's count). */
static int count_above(const lanczos *l, int steps, double x)
{
    int above = 0;
    double pivot = 1;
    for (int n = 0; n < steps; n++) {
        const double b = n > 0 ? l->beside[n - 1] : 0;
        pivot = l->diagonal[n] - x - (n > 0 ? b * b / pivot : 0);
        if (pivot == 0)
            pivot = -1e-300;
        above += pivot > 0;
    }
    return above;
}

/* The largest eigenvalue, which is not above `high`, by bisection. */
static double largest_eigenvalue(const lanczos *l, int steps, double high)
{
    double low = 0;
    for (int n = 0; n < 100 && low < high; n++) {
        const double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            break;
        if (count_above(l, steps, middle) > 0)
            low = middle;
        else
            high = middle;
    }
    return low + (high - low) / 2;
}

static double run(lanczos *l)
{
    const size_t side = l->side;
    double bound = 0;
    int steps = 0;
    for (size_t n = 0; n < side; n++)
        l->basis[n] = detinit_u01(detinit_hash64(n)) - 0.5;
    scale(l->basis, 1 / sqrt(dot(l->basis, l->basis, side)), side);
    while (steps < STEPS_MOST && (size_t)steps < side) {
        const double *now = l->basis + (size_t)steps * side;
        double *next = l->basis + (size_t)(steps + 1) * side;
        apply(l, now, next);
        l->diagonal[steps] = dot(now, next, side);
        for (int twice = 0; twice < 2; twice++)
            for (int k = 0; k <= steps; k++) {
                const double *before = l->basis + (size_t)k * side;
                add_times(next, -dot(before, next, side), before, side);
            }
        const double left = sqrt(dot(next, next, side));
        l->beside[steps] = left;
        bound = fmax(bound, l->diagonal[steps] + left + (steps > 0 ? l->beside[steps - 1] : 0));
        steps++;
        if (!isfinite(left))
            return NAN;
        if (left <= NOTHING * bound)
            break;
        scale(next, 1 / left, side);
    }
    return sqrt(largest_eigenvalue(l, steps, bound));
}

double spectral_norm(const double *weights, size_t rows, size_t cols)
{
    const size_t side = rows < cols ? rows : cols;
    const size_t vectors = 1 + (side < STEPS_MOST ? side : STEPS_MOST);
    lanczos l = {.weights = weights, .rows = rows, .cols = cols, .side = side};
    double value = -1;
    l.basis = calloc(vectors * side, sizeof *l.basis);
    l.across = calloc(cols, sizeof *l.across);
    if (l.basis != NULL && l.across != NULL)
        value = run(&l);
    free(l.basis);
    free(l.across);
    return value;
}
