/* Thresholds against sorted changes: every place, ties, what is not finite, several tensors. */
#include "trained_file.h"

#include "base/byteorder.h"
#include "detinit_track.h"
#include "track/threshold.h"

#include <float.h>

#define TENSORS 4

/* Tensors of every type in files of their own, and all |w - w0| of them, sorted. */
typedef struct fixture {
    detinit_tensorfile *files[TENSORS];
    detinit_tracked tracked[TENSORS];
    double *sorted, *magnitudes;
    size_t count;
} fixture;

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* What `wild` makes of a weight: ties, zeros of both signs, and what is not finite. */
static double changed(double w, size_t n, bool wild, uint64_t *random)
{
    const uint64_t kind = random_below(random, wild ? 8 : 6);
    if (kind == 0)
        return w;
    if (kind == 1)
        return w + 0.25;
    if (kind == 2)
        return n % 2 == 0 ? 0.0 : -0.0;
    if (kind == 6)
        return (const double[]){INFINITY, -INFINITY, NAN}[n % 3];
    return w + ldexp(detinit_u01(detinit_hash64(*random)) - 0.5, -(int)random_below(random, 30));
}

static void make_tensor(fixture *f, size_t index, uint64_t rows, uint64_t cols, bool wild)
{
    char path[32];
    size_t count;
    uint64_t random = index;
    detinit_recipe recipe = detinit_recipe_matrix(42, index, rows, cols);
    recipe.dtype = (detinit_dtype)(index % DETINIT_DTYPE_COUNT);
    const size_t item = detinit_dtype_size(recipe.dtype);
    unsigned char *stored = initial_weights(&recipe, &count);
    f->sorted = realloc(f->sorted, (f->count + count) * sizeof *f->sorted);
    f->magnitudes = realloc(f->magnitudes, (f->count + count) * sizeof *f->magnitudes);
    assert_true(f->sorted != NULL && f->magnitudes != NULL);
    for (size_t n = 0; n < count; n++) {
        double w0, w;
        detinit_decode(recipe.dtype, stored + n * item, 1, &w0);
        w = changed(w0, n, wild, &random);
        detinit_encode(recipe.dtype, &w, 1, stored + n * item);
        detinit_decode(recipe.dtype, stored + n * item, 1, &w);
        const double delta = fabs(w - w0);
        f->sorted[f->count] = delta < INFINITY ? delta : INFINITY;
        f->magnitudes[f->count++] = w == w ? fabs(w) : INFINITY;
    }
    snprintf(path, sizeof path, "t%zu.safetensors", index);
    save_weights(path, &recipe, stored);
    free(stored);
    f->files[index] = track_file(path, &recipe, &f->tracked[index]);
}

static void make_fixture(fixture *f, bool wild)
{
    *f = (fixture){0};
    make_tensor(f, 0, 40, 50, wild);
    make_tensor(f, 1, 3, 70001, wild);
    make_tensor(f, 2, 5000, 3, wild);
    make_tensor(f, 3, 1, 777, wild);
    qsort(f->sorted, f->count, sizeof *f->sorted, ascending);
    qsort(f->magnitudes, f->count, sizeof *f->magnitudes, ascending);
}

static void free_fixture(fixture *f)
{
    for (size_t n = 0; n < TENSORS; n++)
        detinit_tensorfile_close(f->files[n]);
    free(f->sorted);
    free(f->magnitudes);
}

static const detinit_run ways[] = {{.threads = 1, .isa = DETINIT_ISA_BEST},
                                   {.threads = 2, .isa = DETINIT_ISA_BASELINE},
                                   {.threads = 7, .isa = DETINIT_ISA_AVX2},
                                   {.threads = 3, .isa = DETINIT_ISA_AVX512}};
#define WAYS (sizeof ways / sizeof ways[0])

/* Number `among` of the equal values that begin the sorted order at `first`. */
static void assert_place(const fixture *f, threshold_key key, uint64_t rank)
{
    const double *sorted = key == THRESHOLD_OF_CHANGE ? f->sorted : f->magnitudes;
    const double expected = sorted[rank - 1];
    uint64_t first = rank - 1, among;
    double value;
    while (first > 0 && sorted[first - 1] == expected)
        first--;
    for (size_t n = 0; n < WAYS; n++) {
        assert_int_equal(
            threshold_at_rank(f->tracked, TENSORS, key, rank, &ways[n], &value, &among, NULL),
            DETINIT_OK);
        if (expected < INFINITY) {
            assert_double_same(value, expected);
            assert_int_equal(among, rank - first);
        } else {
            assert_true(!(value < INFINITY));
        }
    }
}

static void test_places(void **state)
{
    (void)state;
    for (int wild = 0; wild < 2; wild++) {
        fixture f;
        uint64_t random = 1;
        make_fixture(&f, wild != 0);
        for (int key = THRESHOLD_OF_CHANGE; key <= THRESHOLD_OF_MAGNITUDE; key++) {
            assert_place(&f, (threshold_key)key, 1);
            assert_place(&f, (threshold_key)key, f.count);
            for (int n = 0; n < 12; n++)
                assert_place(&f, (threshold_key)key, 1 + random_below(&random, f.count));
        }
        free_fixture(&f);
    }
}

static void test_sparsity(void **state)
{
    (void)state;
    static const double shares[] = {0, 1e-9, 0.1, 0.25, 0.5, 0.623, 0.99, 1};
    fixture f;
    make_fixture(&f, false);
    for (size_t n = 0; n < sizeof shares / sizeof shares[0]; n++) {
        const size_t rank = (size_t)ceil(shares[n] * (double)f.count);
        for (size_t way = 0; way < WAYS; way++) {
            double threshold = -1;
            assert_int_equal(detinit_threshold_of_sparsity(f.tracked, TENSORS, shares[n],
                                                           &ways[way], &threshold, NULL),
                             DETINIT_OK);
            assert_double_same(threshold, rank > 0 ? f.sorted[rank - 1] : 0);
        }
    }
    free_fixture(&f);
}

static void test_too_many_not_finite(void **state)
{
    (void)state;
    fixture f;
    double threshold = -1;
    detinit_error error;
    make_fixture(&f, true);
    assert_int_equal(detinit_threshold_of_sparsity(f.tracked, TENSORS, 0.5, NULL, &threshold, NULL),
                     DETINIT_OK);
    assert_double_same(threshold, f.sorted[(f.count + 1) / 2 - 1]);
    threshold = -1;
    assert_int_equal(
        detinit_threshold_of_sparsity(f.tracked, TENSORS, 0.95, NULL, &threshold, &error),
        DETINIT_INVALID);
    assert_non_null(strstr(error.message, "too many are not finite"));
    assert_double_same(threshold, -1);
    free_fixture(&f);
}

/* The share of all squared changes that changes up to a threshold hold. */
static double held(const fixture *f, double threshold)
{
    long double below = 0, all = 0;
    for (size_t n = 0; n < f->count && f->sorted[n] < INFINITY; n++) {
        const long double square = (long double)f->sorted[n] * f->sorted[n];
        below += f->sorted[n] <= threshold ? square : 0;
        all += square;
    }
    return (double)(below / all);
}

static void test_auto(void **state)
{
    (void)state;
    for (int wild = 0; wild < 2; wild++) {
        fixture f;
        double first = 0;
        make_fixture(&f, wild != 0);
        for (size_t way = 0; way < WAYS; way++) {
            double threshold;
            int exponent;
            assert_int_equal(
                detinit_threshold_auto(f.tracked, TENSORS, &ways[way], &threshold, NULL),
                DETINIT_OK);
            const double sixteenths = 32 * frexp(threshold, &exponent);
            assert_double_same(sixteenths, floor(sixteenths)); /* on the scale */
            assert_true(held(&f, threshold) <= DETINIT_AUTO_SHARE);
            assert_true(held(&f, ldexp(sixteenths + 1, exponent - 5)) >
                        DETINIT_AUTO_SHARE * (1 - 0x1p-6));
            first = way == 0 ? threshold : first;
            assert_double_same(threshold, first);
        }
        free_fixture(&f);
    }
}

/* All changes the same, and on the scale itself: setting half of them back is not asked for. */
static void test_auto_of_equal_changes(void **state)
{
    (void)state;
    detinit_recipe recipe = detinit_recipe_matrix(1, 0, 90, 100);
    recipe.mode = DETINIT_TORCH; /* below 0.25: w + 2^20 loses nothing but w0 */
    size_t count;
    detinit_tracked tracked;
    double threshold;
    double *stored = (double *)(void *)initial_weights(&recipe, &count);
    for (size_t n = 0; n < count; n++)
        stored[n] = n % 3 == 0 ? stored[n] : stored[n] < 0 ? stored[n] + 0.25 : stored[n] - 0.25;
    save_weights("w.safetensors", &recipe, stored);
    detinit_tensorfile *file = track_file("w.safetensors", &recipe, &tracked);
    assert_int_equal(detinit_threshold_auto(&tracked, 1, NULL, &threshold, NULL), DETINIT_OK);
    assert_true(threshold < 0.2499 && threshold > 0.2);
    detinit_tensorfile_close(file);
    free(stored);
}

/* Changes whose squares binary64 does not hold. */
static void test_auto_of_huge_changes(void **state)
{
    (void)state;
    const detinit_recipe recipe = detinit_recipe_matrix(1, 0, 30, 40);
    size_t count;
    detinit_tracked tracked;
    double threshold;
    double *stored = (double *)(void *)initial_weights(&recipe, &count);
    for (size_t n = 0; n < count; n++)
        stored[n] = n % 2 == 0 ? 1e300 : 1e290;
    save_weights("w.safetensors", &recipe, stored);
    detinit_tensorfile *file = track_file("w.safetensors", &recipe, &tracked);
    assert_int_equal(detinit_threshold_auto(&tracked, 1, NULL, &threshold, NULL), DETINIT_OK);
    assert_true(threshold >= 1e290 && threshold < 1e300);
    detinit_tensorfile_close(file);
    free(stored);
}

/* The largest changes that there are, and what is no number, whose bits may all be set. */
static void test_last_places(void **state)
{
    (void)state;
    static const uint64_t bits[] = {0x7FEFFFFFFFFFFFFF, 0x7FF0000000000000, 0x7FFFFFFFFFFFFFFF,
                                    0xFFFFFFFFFFFFFFFF};
    enum { COUNT = 4 };
    detinit_recipe recipe = detinit_recipe_matrix(1, 0, 1, COUNT);
    double weights[COUNT], threshold;
    const detinit_memory_tensor memory = {
        .dtype = DETINIT_FLOAT64, .rank = 2, .shape = {1, COUNT}, .data = weights};
    detinit_tracked tracked;
    uint64_t among;
    recipe.mode = DETINIT_CONSTANT;
    assert_int_equal(detinit_track_memory(&memory, &recipe, &tracked, NULL), DETINIT_OK);
    memcpy(weights, bits, sizeof weights);
    turn_little_endian(weights, sizeof *weights, COUNT);
    for (uint64_t rank = 1; rank <= COUNT; rank++) {
        assert_int_equal(threshold_at_rank(&tracked, 1, THRESHOLD_OF_MAGNITUDE, rank, NULL,
                                           &threshold, &among, NULL),
                         DETINIT_OK);
        if (rank < 3)
            assert_double_same(threshold, rank == 1 ? DBL_MAX : INFINITY);
        else
            assert_true(isnan(threshold));
        assert_int_equal(among, rank < 4 ? 1 : 2);
    }
    /* Of a change to the last number the square would be infinite. */
    for (size_t n = 0; n < COUNT; n++)
        weights[n] = n == 0 ? DBL_MAX : 1e290;
    turn_little_endian(weights, sizeof *weights, COUNT);
    assert_int_equal(detinit_threshold_auto(&tracked, 1, NULL, &threshold, NULL), DETINIT_OK);
    assert_true(threshold >= 1e290 && threshold < DBL_MAX);
}

/* More equal changes than are ever gathered: no change but a few, and of nothing. */
static void test_many_equal(void **state)
{
    (void)state;
    detinit_recipe recipe = detinit_recipe_matrix(1, 0, 3000, 3000);
    recipe.dtype = DETINIT_BFLOAT16;
    recipe.mode = DETINIT_TORCH;
    size_t count;
    detinit_tracked tracked;
    double threshold;
    uint64_t among;
    uint16_t *stored = (uint16_t *)(void *)initial_weights(&recipe, &count);
    stored[5] = stored[count - 1] = 0x4000; /* 2 */
    save_weights("w.safetensors", &recipe, stored);
    free(stored);
    detinit_tensorfile *file = track_file("w.safetensors", &recipe, &tracked);
    assert_int_equal(threshold_at_rank(&tracked, 1, THRESHOLD_OF_CHANGE, count - 2, NULL,
                                       &threshold, &among, NULL),
                     DETINIT_OK);
    assert_double_same(threshold, 0);
    assert_int_equal(among, count - 2);
    assert_int_equal(
        threshold_at_rank(&tracked, 1, THRESHOLD_OF_CHANGE, count, NULL, &threshold, &among, NULL),
        DETINIT_OK);
    assert_double_near(threshold, 2, 0.02);
    assert_int_equal(detinit_threshold_auto(&tracked, 1, NULL, &threshold, NULL), DETINIT_OK);
    assert_true(threshold < 2);
    detinit_tensorfile_close(file);
    assert_int_equal(detinit_threshold_auto(&tracked, 0, NULL, &threshold, NULL), DETINIT_OK);
    assert_double_same(threshold, 0);
    assert_int_equal(detinit_threshold_of_sparsity(&tracked, 0, 1, NULL, &threshold, NULL),
                     DETINIT_OK);
    assert_double_same(threshold, 0);
}

/* A file that becomes shorter meanwhile. */
static void test_shorter(void **state)
{
    (void)state;
    fixture f;
    double threshold;
    detinit_error error;
    make_fixture(&f, false);
    assert_int_equal(truncate("t1.safetensors", 400000), 0);
    assert_int_equal(
        detinit_threshold_of_sparsity(f.tracked, TENSORS, 0.5, NULL, &threshold, &error),
        DETINIT_IO);
    assert_non_null(strstr(error.message, "became shorter"));
    assert_int_equal(detinit_threshold_auto(f.tracked, TENSORS, NULL, &threshold, &error),
                     DETINIT_IO);
    free_fixture(&f);
}

/* Weights of the caller that all become one number as soon as `at` were gone through. */
typedef struct meddler {
    double *weights, number;
    size_t count;
    uint64_t at;
    bool done;
} meddler;

static bool meddle(void *context, uint64_t done, uint64_t total)
{
    meddler *m = context;
    (void)total;
    for (size_t n = 0; done >= m->at && !m->done && n < m->count; n++)
        m->weights[n] = m->number;
    m->done |= done >= m->at;
    return true;
}

/* More or fewer of the wanted size than a pass before has counted: no threshold is made of it. */
static void test_changes_meanwhile(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    detinit_recipe recipe = detinit_recipe_matrix(1, 0, 1, COUNT);
    double weights[COUNT];
    const detinit_memory_tensor memory = {
        .name = "w", .dtype = DETINIT_FLOAT64, .rank = 2, .shape = {1, COUNT}, .data = weights};
    detinit_tracked tracked;
    recipe.mode = DETINIT_CONSTANT;
    assert_int_equal(detinit_track_memory(&memory, &recipe, &tracked, NULL), DETINIT_OK);
    for (int which = 0; which < 2; which++) {
        meddler m = {weights, which == 0 ? 0 : COUNT / 2, COUNT, COUNT, false};
        const detinit_run run = {.threads = 1, .progress = meddle, .context = &m};
        double threshold;
        uint64_t among;
        detinit_error error;
        for (size_t n = 0; n < COUNT; n++)
            weights[n] = (double)(n + 1);
        turn_little_endian(weights, sizeof *weights, COUNT);
        turn_little_endian(&m.number, sizeof m.number, 1);
        assert_int_equal(threshold_at_rank(&tracked, 1, THRESHOLD_OF_CHANGE, COUNT / 2, NULL,
                                           &threshold, &among, NULL),
                         DETINIT_OK);
        assert_double_same(threshold, COUNT / 2);
        assert_int_equal(threshold_at_rank(&tracked, 1, THRESHOLD_OF_CHANGE, COUNT / 2, &run,
                                           &threshold, &among, &error),
                         DETINIT_IO);
        assert_true(m.done);
        assert_string_equal(error.message, "'w' was changed while it was read");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_sparsity),
        cmocka_unit_test(test_too_many_not_finite),
        cmocka_unit_test(test_auto),
        cmocka_unit_test(test_auto_of_equal_changes),
        cmocka_unit_test(test_auto_of_huge_changes),
        cmocka_unit_test(test_last_places),
        cmocka_unit_test(test_many_equal),
        cmocka_unit_test(test_shorter),
        cmocka_unit_test(test_changes_meanwhile),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
