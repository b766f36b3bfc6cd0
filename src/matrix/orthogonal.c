/*
 * Householder QR in blocks, every operation in a fixed order.
 *
 * A Householder reflector H = I - tau v v', with v_k = 1 and zeros above, maps a
 * column x to (r, 0, ..., 0) from row k down: r = -sign(x_k) |x| so that
 * v = x - r e_k does not cancel.  Applied to the columns one after the other they
 * leave R, and their product H_0 H_1 ... is Q (Golub and Van Loan, Matrix
 * Computations, 5.2).  Times the signs of R's diagonal Q is unique, and
 * Haar-distributed where A is normal (Mezzadri 2007).
 *
 * One reflector at a time reads the whole matrix for two operations on each
 * number.  So PANEL columns are factored first, and their product is applied at
 * once in the compact WY form of Schreiber and Van Loan (1989),
 *
 *     H_0 H_1 ... = I - V T V'        T upper triangular, PANEL x PANEL
 *
 * to the columns C that follow, as three matrix products:
 *
 *     factoring     C -= V (T' (V' C))      panels from the first to the last
 *     forming Q     C -= V (T  (V' C))      from the last to the first, from I
 *
 * Only the signs of R's diagonal are wanted.  So a row of R is dropped as soon as
 * it is made: V stands with its zeros and ones in the matrix itself, where Q
 * replaces it panel by panel.
 *
 * The order is part of the generator: PANEL, and the chain of roundings of each
 * number, here and in orthogonal_kernel.h.  Threads share out columns, and a
 * column's numbers come from that column and the panel alone.
 */
#include "matrix/orthogonal.h"

#include "base/error.h"
#include "base/progress.h"
#include "kernel/kernels.h"
#include "base/strict.h"
#include "base/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Columns that a thread updates at a time: V'C stays in the L1 cache, the columns in the L2. */
#define GROUP ((size_t)24)

/* Starting threads costs about as much as this many multiplications, or numbers copied. */
#define THREADS_MULTIPLICATIONS 2e6
#define THREADS_COPIES          1e5

/* Multiplications between two reports of progress: a fraction of a second. */
#define REPORT_MULTIPLICATIONS 1e9

#define ALIGNMENT ((size_t)64)

/* A tall matrix, rows >= cols, on its way to Q. */
typedef struct factoring {
    size_t rows, cols;
    size_t depth;     /* rows and the zero rows below that make it a multiple of PANEL */
    size_t stride;    /* from column to column of q */
    double *q;        /* A, then V below R's dropped rows, then Q */
    double *t;        /* PANEL x cols: the T of each panel beside the next, in rows of PANEL */
    double *diagonal; /* of R */
    double *by_rows;  /* depth x PANEL: the panel being applied, in rows */
    const orthogonal_kernel *kernel;
    const detinit_run *run;
    uint64_t done, total; /* progress, in entries updated */
} factoring;

static double *column(const factoring *f, size_t row, size_t col)
{
    return f->q + col * f->stride + row;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Columns of the panel at column `first`: fewer than PANEL where it is the last one. */
static size_t panel_width(const factoring *f, size_t first)
{
    return smaller(PANEL, f->cols - first);
}

/* ------------------------------------------------------------------- panels */

/*
 * Turns the column x, `at` zeros and then numbers of which not all need be 0,
 * into the reflector v that maps it to r at row `at`.  Returns tau: 0, for
 * H = I, where the column is zero.
 */
static double make_reflector(const factoring *f, size_t rows, size_t at, double *x, double *r)
{
    double squares;
    f->kernel->dot_columns(rows, 1, x, x, 0, &squares);
    const double norm = __builtin_sqrt(squares);
    if (norm == 0) {
        x[at] = 1;
        *r = 0;
        return 0;
    }
    *r = x[at] > 0 ? -norm : norm;
    const double head = x[at] - *r, tau = -head / *r, scale = 1 / head;
    for (size_t n = at + 1; n < rows; n++)
        x[n] *= scale;
    x[at] = 1;
    return tau;
}

/*
 * Column k of T: T_kk = tau_k and, above it, -tau_k T (V' v_k).  T is in rows, its
 * lower triangle zero.
 */
static void extend_t(double *t, size_t k, double tau, const double *products)
{
    for (size_t row = 0; row < k; row++) {
        double sum = 0;
        for (size_t n = row; n < k; n++)
            sum += t[row * PANEL + n] * products[n];
        t[row * PANEL + k] = -tau * sum;
    }
    t[k * PANEL + k] = tau;
}

/* Factors the panel at column `first`: V in its place, T and R's diagonal beside. */
static void factor_panel(factoring *f, size_t first)
{
    double *t = f->t + first * PANEL, *panel = column(f, first, first);
    const size_t rows = f->depth - first, width = panel_width(f, first);
    for (size_t k = 0; k < width; k++) {
        double products[PANEL], *v = panel + k * f->stride;
        const double tau = make_reflector(f, rows, k, v, &f->diagonal[first + k]);
        f->kernel->dot_columns(rows, width, v, panel, f->stride, products);
        extend_t(t, k, tau, products);
        for (size_t col = k + 1; col < width; col++)
            products[col] *= tau;
        f->kernel->subtract_multiples(rows, width - k - 1, v, products + k + 1, v + f->stride,
                                      f->stride);
        for (size_t col = k + 1; col < width; col++)
            panel[col * f->stride + k] = 0;
    }
}

/* ----------------------------------------------------------------- updates */

/* One panel applied to the columns from `from` to `end`. */
typedef struct update {
    const factoring *f;
    size_t first, from, end;
    bool forming;            /* Q, rather than factoring */
    double t[PANEL * PANEL]; /* in columns: T' to factor, T to form */
} update;

/*
 * Updates one group of columns.  When factoring, their first PANEL rows become
 * rows of R and are not written; when forming, they start as zeros and are not
 * read.
 */
static void update_group(void *context, uint64_t group)
{
    const update *u = context;
    const factoring *f = u->f;
    const size_t from = u->from + (size_t)group * GROUP, cols = smaller(GROUP, u->end - from);
    const size_t read = u->forming ? PANEL : 0, write = PANEL - read;
    double *c = column(f, u->first, from);
    double vc[PANEL * GROUP] = {0}, tvc[PANEL * GROUP] = {0};
    if (u->forming)
        for (size_t col = 0; col < cols; col++)
            memset(c + col * f->stride, 0, PANEL * sizeof *c);
    f->kernel->subtract_product(PANEL, cols, f->depth - u->first - read, f->by_rows + read * PANEL,
                                PANEL, c + read, f->stride, vc, PANEL);
    f->kernel->subtract_product(PANEL, cols, PANEL, u->t, PANEL, vc, PANEL, tvc, PANEL);
    f->kernel->subtract_product(f->depth - u->first - write, cols, PANEL,
                                column(f, u->first + write, u->first), f->stride, tvc, PANEL,
                                c + write, f->stride);
}

/* Reports that `cols` more columns are updated from row `first` on. False to cancel. */
static bool report(factoring *f, size_t first, size_t cols)
{
    f->done += (uint64_t)(f->rows - first) * cols;
    return progress_goes_on(f->run, f->done, f->total);
}

/* Applies the panel at `first` to the columns after it. False where it was cancelled. */
static bool update_columns(factoring *f, size_t first, bool forming)
{
    const double *t = f->t + first * PANEL;
    const double multiplications = 2.0 * PANEL * (double)(f->depth - first); /* in a column */
    const size_t most = GROUP + (size_t)(REPORT_MULTIPLICATIONS / multiplications);
    update u = {.f = f, .first = first, .end = first + PANEL, .forming = forming};
    if (u.end >= f->cols)
        return true;
    if (forming)
        f->kernel->transpose(PANEL, PANEL, t, PANEL, u.t, PANEL);
    else
        memcpy(u.t, t, sizeof u.t);
    f->kernel->transpose(f->depth - first, PANEL, column(f, first, first), f->stride, f->by_rows,
                         PANEL);
    while (u.end < f->cols) {
        u.from = u.end;
        u.end += smaller(most, f->cols - u.end);
        const size_t cols = u.end - u.from, groups = (cols + GROUP - 1) / GROUP;
        const bool pays = multiplications * (double)cols > THREADS_MULTIPLICATIONS;
        threads_for(pays ? threads_of_run(f->run, groups) : 1, groups, update_group, &u);
        if (!report(f, first, cols))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------------ Q */

/*
 * The columns of the panel itself when Q is formed: they start as those of I, so
 * that V'C is the transpose of V's head, and they end as I - V (T head').  Square
 * by square, since they replace V.
 */
static void form_panel(const factoring *f, size_t first)
{
    const size_t width = panel_width(f, first);
    const double *t = f->t + first * PANEL, *head = column(f, first, first);
    double factor[PANEL * PANEL] = {0};
    /* Not row <= col: a compiler that follows the largest col finds a loop without an end. */
    for (size_t col = 0; col < width; col++)
        for (size_t row = 0; row < col + 1; row++) {
            double sum = 0;
            for (size_t n = row; n < col + 1; n++)
                sum += t[row * PANEL + n] * head[n * f->stride + col];
            factor[col * PANEL + row] = sum;
        }
    for (size_t row = first; row < f->depth; row += PANEL) {
        double v[PANEL * PANEL], *c = column(f, row, first);
        for (size_t col = 0; col < width; col++) {
            memcpy(v + col * PANEL, c + col * f->stride, PANEL * sizeof *v);
            memset(c + col * f->stride, 0, PANEL * sizeof *c);
            if (row == first)
                c[col * f->stride + col] = 1;
        }
        f->kernel->subtract_product(PANEL, width, width, v, PANEL, factor, PANEL, c, f->stride);
    }
}

/* A to Q, except for its signs. False where it was cancelled. */
static bool factor_and_form(factoring *f)
{
    for (size_t first = 0; first < f->cols; first += PANEL)
        f->total += 2 * (uint64_t)(f->rows - first) * (f->cols - first);
    for (size_t first = 0; first < f->cols; first += PANEL) {
        factor_panel(f, first);
        if (!report(f, first, panel_width(f, first)) || !update_columns(f, first, false))
            return false;
    }
    for (size_t end = (f->cols + PANEL - 1) / PANEL * PANEL; end > 0; end -= PANEL) {
        const size_t first = end - PANEL;
        if (!update_columns(f, first, true))
            return false;
        form_panel(f, first);
        if (!report(f, first, panel_width(f, first)))
            return false;
    }
    return true;
}

/* ---------------------------------------------------------- into and out of */

/* The caller's matrix, which lies in rows, and how it becomes one of columns. */
typedef struct exchange {
    const factoring *f;
    double *a;
    bool wide; /* its rows are the columns: it is not transposed */
    double gain;
} exchange;

/* A band of PANEL rows of the caller's matrix into f->q, zeros below. */
static void copy_in(void *context, uint64_t band)
{
    const exchange *e = context;
    const factoring *f = e->f;
    const size_t first = (size_t)band * PANEL;
    const size_t count = smaller(PANEL, (e->wide ? f->cols : f->rows) - first);
    if (!e->wide) {
        f->kernel->transpose(f->cols, count, e->a + first * f->cols, f->cols, column(f, first, 0),
                             f->stride);
        return;
    }
    for (size_t col = first; col < first + count; col++)
        memcpy(column(f, 0, col), e->a + col * f->rows, f->rows * sizeof *f->q);
}

/* A band of PANEL columns of f->q, with their signs and the gain, into the caller's matrix. */
static void copy_out(void *context, uint64_t band)
{
    const exchange *e = context;
    const factoring *f = e->f;
    const size_t first = (size_t)band * PANEL, count = smaller(PANEL, f->cols - first);
    for (size_t col = first; col < first + count; col++) {
        const double factor = copysign(e->gain, f->diagonal[col]);
        double *from = column(f, 0, col), *to = e->wide ? e->a + col * f->rows : from;
        for (size_t row = 0; row < f->rows; row++)
            to[row] = from[row] * factor;
    }
    if (!e->wide)
        f->kernel->transpose(f->rows, count, column(f, 0, first), f->stride, e->a + first, f->cols);
}

/* Zeros in the rows that only make depth a multiple of PANEL. */
static void clear_padding(const factoring *f)
{
    for (size_t col = 0; col < f->cols; col++)
        memset(column(f, f->rows, col), 0, (f->depth - f->rows) * sizeof *f->q);
}

/* Does a task for each band of PANEL of `count` rows or columns. */
static void for_bands(const factoring *f, size_t count, void (*task)(void *, uint64_t),
                      exchange *context)
{
    const size_t bands = (count + PANEL - 1) / PANEL;
    const bool pays = (double)f->rows * (double)f->cols > THREADS_COPIES;
    threads_for(pays ? threads_of_run(f->run, bands) : 1, bands, task, context);
}

/* The doubles of a factoring: all in one piece of memory, parts at multiples of ALIGNMENT. */
typedef struct layout {
    uint64_t depth, stride;
    uint64_t q, t, diagonal, by_rows;
} layout;

/* `count` up to the next multiple of `step`. */
static uint64_t round_up(uint64_t count, uint64_t step)
{
    return (count + step - 1) / step * step;
}

/* False where the bytes of that might exceed 2^64. */
static bool lay_out(uint64_t rows, uint64_t cols, layout *l)
{
    const uint64_t longer = rows < cols ? cols : rows, shorter = rows < cols ? rows : cols;
    if (longer >= (uint64_t)1 << 56 || shorter >= ((uint64_t)1 << 60) / (longer + 4 * PANEL))
        return false;
    l->depth = round_up(longer, PANEL);
    /* An odd multiple, so that neighbouring columns do not compete for the same cache sets. */
    l->stride = l->depth / PANEL % 2 == 1 ? l->depth : l->depth + PANEL;
    l->q = l->stride * shorter;
    l->t = PANEL * round_up(shorter, PANEL);
    l->diagonal = round_up(shorter, PANEL);
    l->by_rows = shorter > PANEL ? PANEL * l->depth : 0;
    return true;
}

uint64_t orthogonal_scratch(uint64_t rows, uint64_t cols)
{
    layout l;
    return lay_out(rows, cols, &l) ? 8 * (l.q + l.t + l.diagonal + l.by_rows) : UINT64_MAX;
}

/* Room for a factoring, to be freed by free(f->q). False without memory. */
static bool prepare(factoring *f, size_t rows, size_t cols)
{
    const uint64_t bytes = orthogonal_scratch(rows, cols);
    layout l;
    if (!lay_out(rows, cols, &l) || bytes > SIZE_MAX ||
        (f->q = aligned_alloc(ALIGNMENT, (size_t)bytes)) == NULL)
        return false;
    f->depth = (size_t)l.depth;
    f->stride = (size_t)l.stride;
    f->t = f->q + l.q;
    f->diagonal = f->t + l.t;
    f->by_rows = f->diagonal + l.diagonal;
    memset(f->t, 0, (size_t)l.t * sizeof *f->t);
    return true;
}

detinit_status orthogonal_factor(double *a, size_t rows, size_t cols, double gain,
                                 const detinit_run *run, detinit_error *error)
{
    const bool wide = rows < cols;
    factoring f = {
        .rows = wide ? cols : rows,
        .cols = wide ? rows : cols,
        .kernel = kernels_for(run)->orthogonal,
        .run = run,
    };
    if (rows == 0 || cols == 0)
        return DETINIT_OK;
    if (!prepare(&f, rows, cols))
        return error_set(error, DETINIT_NO_MEMORY,
                         "not enough memory to make a %zu x %zu matrix orthogonal", rows, cols);
    exchange e = {&f, a, wide, gain};
    clear_padding(&f);
    for_bands(&f, rows, copy_in, &e);
    const bool finished = factor_and_form(&f);
    if (finished)
        for_bands(&f, f.cols, copy_out, &e);
    free(f.q);
    return finished ? DETINIT_OK : error_set(error, DETINIT_CANCELLED, "cancelled");
}
