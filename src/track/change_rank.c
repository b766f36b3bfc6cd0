#include "track/change_rank.h"

#include <math.h>
#include <stdlib.h>

/* ------------------------------------------------------------------- the sample */

/* Keeps these hashes apart from those of weights. */
#define RANK_SEED UINT64_C(0x72616e6b)

/* One place, hashed, of each of `count` equal shares of `all`. */
static void choose(uint64_t all, size_t count, uint64_t side, uint64_t *at)
{
    const uint64_t share = all / count, rest = all % count;
    for (size_t k = 0; k < count; k++) {
        const uint64_t begin = k * share + k * rest / count;
        const uint64_t end = (k + 1) * share + (k + 1) * rest / count;
        const uint64_t address[] = {all, side, k};
        at[k] = begin + detinit_key(RANK_SEED, address, 3) % (end - begin);
    }
}

static size_t at_most(uint64_t count, size_t most)
{
    return count < most ? (size_t)count : most;
}

bool change_rank_begin(change_rank *r, const detinit_tensor *tensor)
{
    *r = (change_rank){0};
    if (tensor->rank < 2 || tensor->count == 0)
        return true;
    r->rows = tensor->shape[0];
    r->cols = tensor->count / r->rows;
    const bool wide = r->rows <= r->cols;
    r->row_count = at_most(r->rows, wide ? DETINIT_RANK_SHORTER : DETINIT_RANK_LONGER);
    r->col_count = at_most(r->cols, wide ? DETINIT_RANK_LONGER : DETINIT_RANK_SHORTER);
    choose(r->rows, r->row_count, 0, r->row_at);
    choose(r->cols, r->col_count, 1, r->col_at);
    r->values = calloc(r->row_count * r->col_count, sizeof *r->values);
    return r->values != NULL;
}

void change_rank_free(change_rank *r)
{
    free(r->values);
    r->values = NULL;
}

bool change_rank_sampled(const change_rank *r)
{
    return r->row_count < r->rows || r->col_count < r->cols;
}

/* The first of the ascending places that is not below `least`. */
static size_t first_from(const uint64_t *at, size_t count, uint64_t least)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (at[middle] < least)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void change_rank_take(change_rank *r, uint64_t first, size_t count, detinit_dtype dtype,
                      const unsigned char *a, const unsigned char *b)
{
    const size_t item = detinit_dtype_size(dtype);
    if (r->row_count == 0 || count == 0)
        return;
    const uint64_t last_row = (first + count - 1) / r->cols;
    for (size_t i = first_from(r->row_at, r->row_count, first / r->cols);
         i < r->row_count && r->row_at[i] <= last_row; i++) {
        const uint64_t begin = r->row_at[i] * r->cols; /* number of the row's first item */
        size_t k = first_from(r->col_at, r->col_count, begin < first ? first - begin : 0);
        for (; k < r->col_count && begin + r->col_at[k] - first < count; k++) {
            const size_t at = (size_t)(begin + r->col_at[k] - first) * item;
            double was, is;
            detinit_decode(dtype, a + at, 1, &was);
            detinit_decode(dtype, b + at, 1, &is);
            const double delta = is - was;
            r->values[i * r->col_count + k] = isfinite(delta) ? delta : 0;
        }
    }
}

/* ---------------------------------------------------------------- the estimate */

/* Scales the largest to 1, so that fourth powers neither vanish nor overflow; false: all are 0. */
static bool scale(double *values, size_t count)
{
    double most = 0;
    for (size_t n = 0; n < count; n++)
        most = fmax(most, fabs(values[n]));
    for (size_t n = 0; n < count && most > 0; n++)
        values[n] /= most;
    return most > 0;
}

/*
 * Sums over d[i][k] of the sample: of d^2 and d^4, of the squares of the rows' and the columns'
 * sums of d^2, and of the squares of D D' = the sum of the fourth powers of its singular values.
 */
typedef struct moments {
    double squares, fourths, rows, cols, gram;
} moments;

/* `sums` has room for a number for each column. */
static moments moments_of(const change_rank *r, double *sums)
{
    const size_t m = r->row_count, n = r->col_count;
    moments all = {0};
    for (size_t i = 0; i < m; i++) {
        const double *d = r->values + i * n;
        double row = 0;
        for (size_t k = 0; k < n; k++) {
            const double square = d[k] * d[k];
            row += square;
            sums[k] += square;
            all.fourths += square * square;
        }
        all.squares += row;
        all.rows += row * row;
    }
    for (size_t k = 0; k < n; k++)
        all.cols += sums[k] * sums[k];
    return all;
}

/* Sums run in so many lanes, which compilers make vectors of. */
#define LANES_OF_SUMS 8

static double inner_product(const double *x, const double *y, size_t count)
{
    double lanes[LANES_OF_SUMS] = {0}, sum = 0;
    size_t n = 0;
    for (; n + LANES_OF_SUMS <= count; n += LANES_OF_SUMS)
        for (size_t k = 0; k < LANES_OF_SUMS; k++)
            lanes[k] += x[n + k] * y[n + k];
    for (; n < count; n++)
        lanes[0] += x[n] * y[n];
    for (size_t k = 0; k < LANES_OF_SUMS; k++)
        sum += lanes[k];
    return sum;
}

/* The sum of the squares of M M', of `m` rows of `n`. */
static double gram_squares(const double *values, size_t m, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j <= i; j++) {
            const double product = inner_product(values + i * n, values + j * n, n);
            sum += (j < i ? 2 : 1) * product * product;
        }
    }
    return sum;
}

/* The same along the shorter side; less than 0 without memory. */
static double gram_of(const change_rank *r)
{
    const size_t m = r->row_count, n = r->col_count;
    if (m <= n)
        return gram_squares(r->values, m, n);
    double *turned = malloc(m * n * sizeof *turned);
    if (turned == NULL)
        return -1;
    for (size_t i = 0; i < m; i++)
        for (size_t k = 0; k < n; k++)
            turned[k * m + i] = r->values[i * n + k];
    const double sum = gram_squares(turned, n, m);
    free(turned);
    return sum;
}

/* How many pairs of different ones the whole has to each of the sample. */
static double pairs_to_each(double all, double sampled)
{
    return sampled > 1 ? all * (all - 1) / (sampled * (sampled - 1)) : 1;
}

/*
 * The sum of the fourth powers of the whole's singular values is that of d[i][k] d[j][k] d[i][l]
 * d[j][l] over all i, j, k, l.  Terms with i = j, with k = l, with both and with neither are
 * met in the sample at four different rates: each sum is scaled by its own, which leaves no bias.
 */
static double estimate(const change_rank *r, const moments *s)
{
    const double rows = (double)r->rows, cols = (double)r->cols;
    const double row = rows / (double)r->row_count, col = cols / (double)r->col_count;
    const double two_rows = pairs_to_each(rows, (double)r->row_count);
    const double two_cols = pairs_to_each(cols, (double)r->col_count);
    const double most = fmin(rows, cols);
    const double fourth_powers = row * col * s->fourths + row * two_cols * (s->rows - s->fourths) +
                                 two_rows * col * (s->cols - s->fourths) +
                                 two_rows * two_cols * (s->gram - s->rows - s->cols + s->fourths);
    const double squares = row * col * s->squares;
    const double rank = fourth_powers > 0 ? squares * squares / fourth_powers : most;
    return fmin(fmax(rank, 1), most);
}

bool change_rank_finish(change_rank *r, double *rank)
{
    *rank = 0;
    if (r->row_count == 0 || !scale(r->values, r->row_count * r->col_count))
        return true;
    double sums[DETINIT_RANK_LONGER] = {0};
    moments s = moments_of(r, sums);
    s.gram = gram_of(r);
    if (s.gram < 0)
        return false;
    *rank = estimate(r, &s);
    return true;
}
