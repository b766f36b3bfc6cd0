#include "describe/bidiagonal.h"

#include "base/error.h"
#include "base/progress.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Columns that are done between two reports, and what is small enough to be done at once. */
#define PANEL 32
#define SMALL 128

/* A matrix whose longer side is so many times the shorter is made square first, as dgesdd does. */
#define LONG(longer, shorter) ((longer) >= (shorter) + (shorter) / 2 + PANEL)

/* LAPACK's step of dgebrd, which LAPACKE leaves out. */
#define dlabrd LAPACK_GLOBAL(dlabrd, DLABRD)
void dlabrd(const lapack_int *m, const lapack_int *n, const lapack_int *nb, double *a,
            const lapack_int *lda, double *d, double *e, double *tauq, double *taup, double *x,
            const lapack_int *ldx, double *y, const lapack_int *ldy);

/* A matrix on its way, and what is allocated for it in one piece. */
struct work {
    double *a;
    size_t lda, rows, cols;
    double *d, *e, *tauq, *taup; /* min(rows, cols) each */
    double *x, *y;               /* PANEL columns of max(rows, cols) each */
    const detinit_run *run;
    double done, total; /* progress, in entries updated */
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

uint64_t bidiagonal_workspace(size_t rows, size_t cols)
{
    return 4 * (uint64_t)least(rows, cols) + 2 * PANEL * ((uint64_t)most(rows, cols) + PANEL);
}

/* Entries that are updated while panel after panel is done. */
static double trailing_entries(size_t rows, size_t cols)
{
    double sum = 0;
    for (size_t i = 0; i < least(rows, cols); i += PANEL)
        sum += (double)(rows - i) * (double)(cols - i);
    return sum;
}

/* Says how far it is before a panel of the trailing matrix of that size. False to cancel. */
static bool report(struct work *w, size_t rows, size_t cols)
{
    const uint64_t steps = 1 << 20;
    uint64_t done = (uint64_t)fmin(w->done / w->total * (double)steps, (double)steps - 1);
    w->done += (double)rows * (double)cols;
    return progress_goes_on(w->run, done, steps);
}

/* ---------------------------------------------------------- long to square */

/* Householder vectors of a panel put into one block, applied to what is right of or below it. */
static void apply_panel(struct work *w, size_t i, size_t width, bool by_columns)
{
    lapack_int lda = (lapack_int)w->lda, k = (lapack_int)width;
    lapack_int length = (lapack_int)((by_columns ? w->rows : w->cols) - i);
    lapack_int rows = (lapack_int)(w->rows - i - (by_columns ? 0 : width));
    lapack_int cols = (lapack_int)(w->cols - i - (by_columns ? width : 0));
    double *panel = w->a + i + i * w->lda, *factor = w->y;
    double *rest = by_columns ? panel + width * w->lda : panel + width;
    char stored = by_columns ? 'C' : 'R';
    if (rows <= 0 || cols <= 0)
        return;
    LAPACKE_dlarft_work(LAPACK_COL_MAJOR, 'F', stored, length, k, panel, lda, w->tauq + i, factor,
                        PANEL);
    LAPACKE_dlarfb_work(LAPACK_COL_MAJOR, by_columns ? 'L' : 'R', by_columns ? 'T' : 'N', 'F',
                        stored, rows, cols, k, panel, lda, factor, PANEL, rest, lda, w->x,
                        by_columns ? cols : rows);
}

/* The triangle of QR, or of LQ where the matrix is wide, in place of the matrix. */
static bool make_square(struct work *w)
{
    size_t side = least(w->rows, w->cols);
    bool by_columns = w->rows > w->cols;
    for (size_t i = 0; i < side; i += PANEL) {
        size_t width = least(PANEL, side - i);
        double *panel = w->a + i + i * w->lda;
        lapack_int length = (lapack_int)((by_columns ? w->rows : w->cols) - i);
        if (!report(w, w->rows - i, w->cols - i))
            return false;
        if (by_columns)
            LAPACKE_dgeqr2_work(LAPACK_COL_MAJOR, length, (lapack_int)width, panel,
                                (lapack_int)w->lda, w->tauq + i, w->x);
        else
            LAPACKE_dgelq2_work(LAPACK_COL_MAJOR, (lapack_int)width, length, panel,
                                (lapack_int)w->lda, w->tauq + i, w->x);
        apply_panel(w, i, width, by_columns);
    }
    for (size_t col = 0; col < side; col++) {
        size_t from = by_columns ? col + 1 : 0, to = by_columns ? side : col;
        memset(w->a + col * w->lda + from, 0, (to - from) * sizeof *w->a);
    }
    w->rows = w->cols = side;
    return true;
}

/* ----------------------------------------------------- square to bidiagonal */

/* dgebrd, panel by panel: upper bidiagonal where rows >= cols, else lower. False: cancelled. */
static bool make_bidiagonal(struct work *w)
{
    size_t side = least(w->rows, w->cols), i = 0;
    const lapack_int nb = PANEL, lda = (lapack_int)w->lda;
    for (; side - i > SMALL; i += PANEL) {
        double *panel = w->a + i + i * w->lda;
        double *left = panel + PANEL, *upper = panel + PANEL * w->lda;
        lapack_int m = (lapack_int)(w->rows - i), n = (lapack_int)(w->cols - i);
        if (!report(w, (size_t)m, (size_t)n))
            return false;
        dlabrd(&m, &n, &nb, panel, &lda, w->d + i, w->e + i, w->tauq + i, w->taup + i, w->x, &m,
               w->y, &n);
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, m - nb, n - nb, nb, -1, left, lda,
                    w->y + PANEL, n, 1, upper + PANEL, lda);
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, m - nb, n - nb, nb, -1, w->x + PANEL,
                    m, upper, lda, 1, upper + PANEL, lda);
    }
    LAPACKE_dgebrd_work(LAPACK_COL_MAJOR, (lapack_int)(w->rows - i), (lapack_int)(w->cols - i),
                        w->a + i + i * w->lda, lda, w->d + i, w->e + i, w->tauq + i, w->taup + i,
                        w->x, 2 * PANEL * (lapack_int)most(w->rows, w->cols));
    return true;
}

/* ---------------------------------------------------------------------- all */

/* The power of two that brings weights near the ends of binary64 to its middle; else 1. */
static double scale_of(const double *a, size_t count)
{
    int exponent = 0;
    double largest = 0;
    for (size_t n = 0; n < count; n++)
        largest = fmax(largest, fabs(a[n]));
    frexp(largest, &exponent);
    return exponent < -400 || exponent > 400 ? ldexp(1, exponent > 0 ? -1000 : 900) : 1;
}

static detinit_status decompose(struct work *w, double *singular, detinit_error *error)
{
    size_t side = least(w->rows, w->cols), longer = most(w->rows, w->cols);
    bool is_long = LONG(longer, side);
    w->total = trailing_entries(w->rows, w->cols);
    if (is_long)
        w->total += trailing_entries(side, side);
    if ((is_long && !make_square(w)) || !make_bidiagonal(w))
        return error_set(error, DETINIT_CANCELLED, "cancelled");
    lapack_int failed =
        LAPACKE_dbdsqr_work(LAPACK_COL_MAJOR, w->rows >= w->cols ? 'U' : 'L', (lapack_int)side, 0,
                            0, 0, w->d, w->e, NULL, 1, NULL, 1, NULL, 1, w->x);
    if (failed != 0)
        return error_set(error, DETINIT_NUMERIC, "the singular values did not converge");
    memcpy(singular, w->d, side * sizeof *singular);
    return DETINIT_OK;
}

detinit_status bidiagonal_singular_values(double *a, size_t rows, size_t cols,
                                          const detinit_run *run, double *singular,
                                          detinit_error *error)
{
    size_t side = least(rows, cols);
    double *memory = malloc((size_t)bidiagonal_workspace(rows, cols) * sizeof *memory);
    if (memory == NULL)
        return error_set(error, DETINIT_NO_MEMORY, "not enough memory for singular values");
    struct work w = {.a = a, .lda = rows, .rows = rows, .cols = cols, .run = run};
    w.d = memory;
    w.e = w.d + side;
    w.tauq = w.e + side;
    w.taup = w.tauq + side;
    w.x = w.taup + side;
    w.y = w.x + PANEL * (most(rows, cols) + PANEL);
    double scale = scale_of(a, rows * cols);
    for (size_t n = 0; scale != 1 && n < rows * cols; n++)
        a[n] *= scale;
    detinit_status status = decompose(&w, singular, error);
    for (size_t n = 0; status == DETINIT_OK && n < side; n++)
        singular[n] /= scale;
    free(memory);
    return status;
}
