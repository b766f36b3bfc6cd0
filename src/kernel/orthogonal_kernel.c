/* See orthogonal_kernel.h. */
#include "kernel/orthogonal_kernel.h"

#include "kernel/build.h"
#include "number/lanes.h"
#include "base/strict.h"

/* ------------------------------------------------------------ matrix product */

/*
 * A tile of C is held in registers while depth goes by: 4 vectors of rows by as
 * many columns as leave registers for a vector of A and a product.
 */
#define TILE_VECTORS 4
#define TILE_ROWS    ((size_t)(TILE_VECTORS * LANES))
#define TILE_COLS    (LANES == 8 ? 6 : 3)

/* Depth is taken in parts, so that PANEL rows of A by one part stay in the L1 cache: 16 KB. */
#define DEPTH_PART ((size_t)64)

/* Inlined with a constant `cols`, so that `sum` becomes registers. */
static inline __attribute__((always_inline)) void tile(size_t cols, size_t depth, const double *a,
                                                       size_t a_stride, const double *b,
                                                       size_t b_stride, double *c, size_t c_stride)
{
    real sum[TILE_COLS][TILE_VECTORS];
    for (size_t col = 0; col < cols; col++)
        for (size_t v = 0; v < TILE_VECTORS; v++)
            sum[col][v] = load_reals(c + col * c_stride + v * LANES);
    for (size_t k = 0; k < depth; k++) {
        real column[TILE_VECTORS];
        for (size_t v = 0; v < TILE_VECTORS; v++)
            column[v] = load_reals(a + k * a_stride + v * LANES);
        for (size_t col = 0; col < cols; col++)
            for (size_t v = 0; v < TILE_VECTORS; v++)
                sum[col][v] -= column[v] * b[col * b_stride + k];
    }
    for (size_t col = 0; col < cols; col++)
        for (size_t v = 0; v < TILE_VECTORS; v++)
            store_reals(c + col * c_stride + v * LANES, sum[col][v]);
}

/* The tiles of one row of tiles, the last of them narrower. */
static void tile_row(size_t cols, size_t depth, const double *a, size_t a_stride, const double *b,
                     size_t b_stride, double *c, size_t c_stride)
{
    for (; cols >= TILE_COLS; cols -= TILE_COLS) {
        tile(TILE_COLS, depth, a, a_stride, b, b_stride, c, c_stride);
        b += TILE_COLS * b_stride;
        c += TILE_COLS * c_stride;
    }
    switch (cols) {
#if LANES == 8
    case 5:
        tile(5, depth, a, a_stride, b, b_stride, c, c_stride);
        break;
    case 4:
        tile(4, depth, a, a_stride, b, b_stride, c, c_stride);
        break;
    case 3:
        tile(3, depth, a, a_stride, b, b_stride, c, c_stride);
        break;
#endif
    case 2:
        tile(2, depth, a, a_stride, b, b_stride, c, c_stride);
        break;
    case 1:
        tile(1, depth, a, a_stride, b, b_stride, c, c_stride);
        break;
    default:
        break;
    }
}

static void subtract_product(size_t rows, size_t cols, size_t depth, const double *a,
                             size_t a_stride, const double *b, size_t b_stride, double *c,
                             size_t c_stride)
{
    for (size_t k = 0; k < depth; k += DEPTH_PART) {
        const size_t part = depth - k < DEPTH_PART ? depth - k : DEPTH_PART;
        for (size_t r = 0; r < rows; r += TILE_ROWS)
            tile_row(cols, part, a + k * a_stride + r, a_stride, b + k, b_stride, c + r, c_stride);
    }
}

/* ------------------------------------------------------------------- columns */

#define PARTS       8 /* partial sums of a dot product */
#define PART_GROUPS (PARTS / LANES)
#define DOT_COLS    4 /* columns that share one reading of x */

static double sum_of_parts(const real *sum)
{
    double part[PARTS];
    memcpy(part, sum, sizeof part);
    return ((part[0] + part[4]) + (part[2] + part[6])) +
           ((part[1] + part[5]) + (part[3] + part[7]));
}

static inline __attribute__((always_inline)) void
dots_of(size_t cols, size_t rows, const double *x, const double *y, size_t y_stride, double *dots)
{
    real sum[DOT_COLS][PART_GROUPS] = {{{0}}};
    for (size_t r = 0; r < rows; r += PARTS)
        for (size_t g = 0; g < PART_GROUPS; g++) {
            const real x_part = load_reals(x + r + g * LANES);
            for (size_t col = 0; col < cols; col++)
                sum[col][g] += x_part * load_reals(y + col * y_stride + r + g * LANES);
        }
    for (size_t col = 0; col < cols; col++)
        dots[col] = sum_of_parts(sum[col]);
}

static void dot_columns(size_t rows, size_t cols, const double *x, const double *y, size_t y_stride,
                        double *dots)
{
    size_t col = 0;
    for (; col + DOT_COLS <= cols; col += DOT_COLS)
        dots_of(DOT_COLS, rows, x, y + col * y_stride, y_stride, dots + col);
    for (; col < cols; col++)
        dots_of(1, rows, x, y + col * y_stride, y_stride, dots + col);
}

static inline __attribute__((always_inline)) void subtract_from(size_t cols, size_t rows,
                                                                const double *x,
                                                                const double *factors, double *y,
                                                                size_t y_stride)
{
    for (size_t r = 0; r < rows; r += LANES) {
        const real part = load_reals(x + r);
        for (size_t col = 0; col < cols; col++) {
            double *to = y + col * y_stride + r;
            store_reals(to, load_reals(to) - part * factors[col]);
        }
    }
}

static void subtract_multiples(size_t rows, size_t cols, const double *x, const double *factors,
                               double *y, size_t y_stride)
{
    size_t col = 0;
    for (; col + DOT_COLS <= cols; col += DOT_COLS)
        subtract_from(DOT_COLS, rows, x, factors + col, y + col * y_stride, y_stride);
    for (; col < cols; col++)
        subtract_from(1, rows, x, factors + col, y + col * y_stride, y_stride);
}

/* ----------------------------------------------------------------- transpose */

/* The lower and the upper half of two vectors, lane by lane in turn. */
static inline real zip_lower(real a, real b)
{
#if LANES == 8
    return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
#elif LANES == 4
    return __builtin_shufflevector(a, b, 0, 4, 1, 5);
#else
    return __builtin_shufflevector(a, b, 0, 2);
#endif
}

static inline real zip_upper(real a, real b)
{
#if LANES == 8
    return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#elif LANES == 4
    return __builtin_shufflevector(a, b, 2, 6, 3, 7);
#else
    return __builtin_shufflevector(a, b, 1, 3);
#endif
}

/* A square of LANES x LANES: each round of zips moves one bit of a row's number to its lane's. */
static inline void transpose_square(const double *from, size_t from_stride, double *to,
                                    size_t to_stride)
{
    real now[LANES], next[LANES];
    for (size_t c = 0; c < LANES; c++)
        now[c] = load_reals(from + c * from_stride);
    for (int round = 1; round < LANES; round *= 2) {
        for (size_t n = 0; n < LANES / 2; n++) {
            next[2 * n] = zip_lower(now[n], now[n + LANES / 2]);
            next[2 * n + 1] = zip_upper(now[n], now[n + LANES / 2]);
        }
        memcpy(now, next, sizeof now);
    }
    for (size_t r = 0; r < LANES; r++)
        store_reals(to + r * to_stride, now[r]);
}

static void transpose(size_t rows, size_t cols, const double *from, size_t from_stride, double *to,
                      size_t to_stride)
{
    const size_t square_rows = rows - rows % LANES, square_cols = cols - cols % LANES;
    for (size_t r = 0; r < square_rows; r += LANES)
        for (size_t c = 0; c < square_cols; c += LANES)
            transpose_square(from + c * from_stride + r, from_stride, to + r * to_stride + c,
                             to_stride);
    for (size_t c = 0; c < cols; c++)
        for (size_t r = c < square_cols ? square_rows : 0; r < rows; r++)
            to[r * to_stride + c] = from[c * from_stride + r];
}

const orthogonal_kernel OF_BUILD(orthogonal_kernel) = {
    .subtract_product = subtract_product,
    .dot_columns = dot_columns,
    .subtract_multiples = subtract_multiples,
    .transpose = transpose,
};
