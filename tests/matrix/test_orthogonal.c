/*
 * The factor is unique, so three things prove it whatever the method: Q'Q = I,
 * R = Q'A upper triangular, and R's diagonal not negative.  Its bits are the
 * generator's: a digest holds them, on every instruction set and thread count.
 */
#include "check.h"

#include "base/byteorder.h"
#include "number/address.h"
#include "matrix/orthogonal.h"

#include <nettle/sha2.h>
#include <pthread.h>

#define DIGEST_TEXT (2 * SHA256_DIGEST_SIZE + 1)

/* As in make_orthogonal_data.py: nearly normal, and exact. */
static double entry(uint64_t row, uint64_t col)
{
    const uint64_t h = hash64(row << 32 | col);
    const int64_t total =
        (int64_t)((h & 0xFFFF) + (h >> 16 & 0xFFFF) + (h >> 32 & 0xFFFF) + (h >> 48));
    return (double)(total - 2 * 0xFFFF) / 32768;
}

static double *make_entries(size_t rows, size_t cols)
{
    double *a = allocate(rows * cols * sizeof *a);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            a[r * cols + c] = entry(r, c);
    return a;
}

static double *copy_of(const double *a, size_t count)
{
    double *copy = allocate(count * sizeof *copy);
    memcpy(copy, a, count * sizeof *copy);
    return copy;
}

static void factor(double *a, size_t rows, size_t cols, double gain, const detinit_run *run)
{
    detinit_error error;
    assert_int_equal(orthogonal_factor(a, rows, cols, gain, run, &error), DETINIT_OK);
}

/* ------------------------------------------------------------ is it the factor */

/* A row-major matrix seen as tall: its columns, or its rows where it is wide. */
typedef struct tall {
    const double *a;
    size_t rows, cols, row_step, col_step;
} tall;

static tall as_tall(const double *a, size_t rows, size_t cols)
{
    return rows < cols ? (tall){a, cols, rows, 1, cols} : (tall){a, rows, cols, cols, 1};
}

static double dot_of_columns(const tall *x, size_t x_col, const tall *y, size_t y_col)
{
    double sum = 0;
    for (size_t r = 0; r < x->rows; r++)
        sum += x->a[r * x->row_step + x_col * x->col_step] *
               y->a[r * y->row_step + y_col * y->col_step];
    return sum;
}

/* Rounding errors grow more slowly than with sqrt(rows); they are 3 to 30 times less than this. */
static double tolerance(size_t rows)
{
    return 1e-14 * sqrt((double)rows);
}

/* The square root of the sum of squares of Q'Q - I. */
static double deviation(const tall *q)
{
    double squares = 0;
    for (size_t i = 0; i < q->cols; i++)
        for (size_t j = 0; j <= i; j++) {
            const double error = dot_of_columns(q, i, q, j) - (i == j ? 1 : 0);
            squares += (i == j ? 1 : 2) * error * error;
        }
    return sqrt(squares);
}

static void check_factor(const double *a, const double *factored, size_t rows, size_t cols)
{
    const tall original = as_tall(a, rows, cols), q = as_tall(factored, rows, cols);
    assert_double_near(deviation(&q), 0, tolerance(q.rows));
    for (size_t j = 0; j < q.cols; j++) {
        const double size = 1 + sqrt(dot_of_columns(&original, j, &original, j));
        for (size_t i = j + 1; i < q.cols; i++)
            assert_double_near(dot_of_columns(&q, i, &original, j), 0, size * tolerance(q.rows));
        assert_true(dot_of_columns(&q, j, &original, j) >= -size * tolerance(q.rows));
    }
}

/* Factors `a`, which it frees, and checks the outcome. */
static void check_matrix(double *a, size_t rows, size_t cols)
{
    double *q = copy_of(a, rows * cols);
    factor(q, rows, cols, 1, NULL);
    check_factor(a, q, rows, cols);
    free(q);
    free(a);
}

static void test_shapes_around_block_boundaries(void **state)
{
    static const size_t sizes[] = {1, 2, 7, 8, 31, 32, 33, 56, 57, 64, 65, 89, 129};
    const size_t count = sizeof sizes / sizeof *sizes;
    (void)state;
    for (size_t r = 0; r < count; r++)
        for (size_t c = 0; c < count; c++)
            check_matrix(make_entries(sizes[r], sizes[c]), sizes[r], sizes[c]);
}

static void test_long_and_narrow(void **state)
{
    (void)state;
    check_matrix(make_entries(3001, 3), 3001, 3);
    check_matrix(make_entries(3, 3001), 3, 3001);
    check_matrix(make_entries(1, 5000), 1, 5000);
    check_matrix(make_entries(1500, 40), 1500, 40);
}

static void test_against_fifty_digits(void **state)
{
    FILE *file = open_in("TEST_DATA", "orthogonal.csv");
    size_t rows, cols, shapes = 0;
    (void)state;
    for (; fscanf(file, "%zu,%zu", &rows, &cols) == 2; shapes++) {
        double *q = make_entries(rows, cols), expected;
        factor(q, rows, cols, 1, NULL);
        for (size_t n = 0; n < rows * cols; n++) {
            assert_int_equal(fscanf(file, ",%lf", &expected), 1);
            assert_double_near(q[n], expected, 5e-15);
        }
        free(q);
    }
    assert_int_equal(shapes, 9);
    fclose(file);
}

/* With |Q'Q - I| <= d the squared singular values lie within 1 - d and 1 + d. */
static void test_condition_number(void **state)
{
    double *q = make_entries(128, 128);
    (void)state;
    factor(q, 128, 128, 1, NULL);
    const tall view = as_tall(q, 128, 128);
    const double d = deviation(&view);
    assert_true(sqrt((1 + d) / (1 - d)) < 1 + 1e-12);
    free(q);
}

/* ---------------------------------------------------------------- odd inputs */

static void test_empty(void **state)
{
    double untouched = 3;
    (void)state;
    factor(&untouched, 0, 0, 1, NULL);
    factor(&untouched, 0, 5, 1, NULL);
    factor(&untouched, 5, 0, 1, NULL);
    assert_double_same(untouched, 3);
}

static void test_single_numbers(void **state)
{
    static const double numbers[][2] = {{5, 1}, {-0.25, -1}, {0.0, 1}, {-0.0, 1}};
    (void)state;
    for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
        double a = numbers[n][0];
        factor(&a, 1, 1, 1.5, NULL);
        assert_double_same(a, 1.5 * numbers[n][1]);
    }
}

/* No column dies, and no NaN comes, of zeros: the factor of zero is the identity. */
static void test_zero_matrix(void **state)
{
    static const size_t shapes[][2] = {{3, 3}, {40, 35}, {35, 40}, {1, 9}};
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const size_t rows = shapes[s][0], cols = shapes[s][1];
        double *a = calloc(rows * cols, sizeof *a);
        assert_non_null(a);
        factor(a, rows, cols, 2, NULL);
        for (size_t n = 0; n < rows * cols; n++)
            assert_double_near(a[n], n / cols == n % cols ? 2 : 0, 0);
        free(a);
    }
}

static void test_zero_and_equal_columns(void **state)
{
    static const size_t changed[] = {0, 5, 31, 32, 33, 69};
    const size_t rows = 80, cols = 70;
    (void)state;
    for (size_t n = 0; n < sizeof changed / sizeof *changed; n++) {
        double *zero = make_entries(rows, cols), *equal = make_entries(rows, cols);
        for (size_t r = 0; r < rows; r++) {
            zero[r * cols + changed[n]] = 0;
            equal[r * cols + changed[n]] = equal[r * cols + 17];
        }
        check_matrix(zero, rows, cols);
        check_matrix(equal, rows, cols);
    }
}

/* A permutation is its own factor, though every pivot but the last is zero. */
static void test_zero_pivots(void **state)
{
    const size_t n = 40;
    double *a = calloc(n * n, sizeof *a);
    (void)state;
    assert_non_null(a);
    for (size_t r = 0; r < n; r++)
        a[r * n + (r + 1) % n] = 1;
    factor(a, n, n, 1, NULL);
    for (size_t e = 0; e < n * n; e++)
        assert_double_near(a[e], e % n == (e / n + 1) % n ? 1 : 0, 1e-15);
    free(a);
}

/* All of rank 1: every column after the first is rounding error, or nothing. */
static void test_rank_one(void **state)
{
    double *a = make_entries(50, 50);
    (void)state;
    for (size_t r = 0; r < 50; r++)
        for (size_t c = 0; c < 50; c++)
            a[r * 50 + c] = (double)(r + 1) * 0.5;
    check_matrix(a, 50, 50);
}

/* A wide matrix is the transpose of the tall one, and the gain comes last. */
static void test_transpose_and_gain(void **state)
{
    const size_t rows = 71, cols = 45;
    double *down = make_entries(rows, cols), *across = allocate(rows * cols * sizeof *across);
    (void)state;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            across[c * rows + r] = down[r * cols + c];
    factor(down, rows, cols, 1, NULL);
    factor(across, cols, rows, sqrt(2.0), NULL);
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < cols; c++)
            assert_double_same(across[c * rows + r], sqrt(2.0) * down[r * cols + c]);
    free(down);
    free(across);
}

/* ---------------------------------------------------------------------- bits */

static void check_digest(size_t rows, size_t cols, const detinit_run *run, const char *expected)
{
    double *q = make_entries(rows, cols);
    struct sha256_ctx sha;
    uint8_t digest[SHA256_DIGEST_SIZE];
    char text[DIGEST_TEXT];
    factor(q, rows, cols, 1, run);
    turn_little_endian(q, sizeof *q, rows * cols);
    sha256_init(&sha);
    sha256_update(&sha, rows * cols * sizeof *q, (const uint8_t *)q);
    sha256_digest(&sha, sizeof digest, digest);
    for (size_t n = 0; n < sizeof digest; n++)
        snprintf(text + 2 * n, 3, "%02x", digest[n]);
    assert_string_equal(text, expected);
    free(q);
}

/* Against a second implementation, in make_orthogonal_data.py. */
static void test_bits(void **state)
{
    static const unsigned threads[] = {1, 2, 7};
    FILE *file = open_in("TEST_DATA", "orthogonal_digests.txt");
    size_t rows, cols, shapes = 0;
    char digest[DIGEST_TEXT];
    (void)state;
    for (; fscanf(file, "%zu %zu %64s", &rows, &cols, digest) == 3; shapes++)
        for (int isa = DETINIT_ISA_BEST; isa < DETINIT_ISA_COUNT; isa++)
            for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
                const detinit_run run = {.isa = (detinit_isa)isa, .threads = threads[t]};
                check_digest(rows, cols, &run, digest);
            }
    assert_int_equal(shapes, 6);
    fclose(file);
}

/* ------------------------------------------------------------- memory, progress */

static void test_scratch(void **state)
{
    (void)state;
    assert_true(orthogonal_scratch(1000, 1000) >= 8000000);
    assert_true(orthogonal_scratch(1000, 1000) < 10000000);
    assert_true(orthogonal_scratch(1, (uint64_t)1 << 40) < (uint64_t)10 << 40);
    assert_true(orthogonal_scratch(UINT64_MAX, 1) == UINT64_MAX);
    assert_true(orthogonal_scratch(1, UINT64_MAX) == UINT64_MAX);
    assert_true(orthogonal_scratch((uint64_t)1 << 32, (uint64_t)1 << 32) == UINT64_MAX);
    assert_true(orthogonal_scratch(0, 0) < 10000);
}

static void test_refuses_beyond_memory(void **state)
{
    double none = 0;
    detinit_error error;
    (void)state;
    assert_int_equal(orthogonal_factor(&none, (size_t)1 << 40, (size_t)1 << 40, 1, NULL, &error),
                     DETINIT_NO_MEMORY);
    assert_string_equal(
        error.message,
        "not enough memory to make a 1099511627776 x 1099511627776 matrix orthogonal");
    /* Bytes that 64 bits do not count, by themselves and in a sum. */
    detinit_recipe recipe = detinit_recipe_matrix(1, 0, (uint64_t)1 << 32, (uint64_t)1 << 32);
    detinit_matrix *matrix = NULL;
    recipe.orthogonal = true;
    assert_true(detinit_matrix_memory(&recipe) == UINT64_MAX);
    assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, &error), DETINIT_NO_MEMORY);
    assert_string_equal(error.message,
                        "an orthogonal 4294967296 x 4294967296 matrix does not fit in memory");
    assert_null(matrix);
    recipe = detinit_recipe_matrix(1, 0, ((uint64_t)1 << 61) - 1, 1);
    recipe.orthogonal = true;
    assert_true(detinit_matrix_memory(&recipe) == UINT64_MAX);
}

typedef struct watch {
    pthread_t caller;
    uint64_t calls, last, total, cancel_at;
} watch;

static bool watch_progress(void *context, uint64_t done, uint64_t total)
{
    watch *w = context;
    assert_true(pthread_equal(w->caller, pthread_self()));
    assert_true(done > w->last && done <= total);
    assert_true(w->calls == 0 || total == w->total);
    w->last = done;
    w->total = total;
    return ++w->calls != w->cancel_at;
}

static void test_progress(void **state)
{
    double *q = make_entries(150, 140);
    watch w = {.caller = pthread_self()};
    const detinit_run run = {.threads = 2, .progress = watch_progress, .context = &w};
    (void)state;
    factor(q, 150, 140, 1, &run);
    assert_true(w.calls > 2);
    assert_true(w.last == w.total);
    free(q);
}

static void test_cancel(void **state)
{
    (void)state;
    for (uint64_t at = 1; at <= 4; at++) {
        double *q = make_entries(60, 60);
        watch w = {.caller = pthread_self(), .cancel_at = at};
        const detinit_run run = {.progress = watch_progress, .context = &w};
        detinit_error error;
        assert_int_equal(orthogonal_factor(q, 60, 60, 1, &run, &error), DETINIT_CANCELLED);
        assert_int_equal(w.calls, at);
        free(q);
    }
}

/* Wherever it is told how far it is, on the way to triangles and on the way back. */
static void test_cancel_anywhere(void **state)
{
    (void)state;
    uint64_t all = UINT64_MAX;
    for (uint64_t at = 0; at < all; at++) {
        double *q = make_entries(150, 140);
        watch w = {.caller = pthread_self(), .cancel_at = at};
        const detinit_run run = {.threads = 1, .progress = watch_progress, .context = &w};
        assert_int_equal(orthogonal_factor(q, 150, 140, 1, &run, NULL),
                         at == 0 ? DETINIT_OK : DETINIT_CANCELLED);
        if (at == 0)
            all = w.calls;
        else
            assert_int_equal(w.calls, at);
        free(q);
    }
    assert_true(all > 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes_around_block_boundaries),
        cmocka_unit_test(test_long_and_narrow),
        cmocka_unit_test(test_against_fifty_digits),
        cmocka_unit_test(test_condition_number),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_single_numbers),
        cmocka_unit_test(test_zero_matrix),
        cmocka_unit_test(test_zero_and_equal_columns),
        cmocka_unit_test(test_zero_pivots),
        cmocka_unit_test(test_rank_one),
        cmocka_unit_test(test_transpose_and_gain),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_scratch),
        cmocka_unit_test(test_refuses_beyond_memory),
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_cancel_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
