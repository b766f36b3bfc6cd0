/* What changed in a tensor, against plain loops over the widened weights. */
#include "data_offset.h"
#include "trained_file.h"

#include "base/byteorder.h"
#include "detinit_describe.h"
#include "detinit_track.h"

/* How the weights of a case come to differ from their initial values. */
typedef enum damage {
    UNTOUCHED,
    NOISE,      /* all, by changes of many magnitudes */
    SPARSE,     /* one in a thousand */
    STRIPES,    /* noise in every third row and every fifth column */
    NOT_FINITE, /* noise, and infinities and NaN */
    SIGNS,      /* zeros of both signs */
    LARGE,      /* changes beyond the last bin, some beyond the type */
    DECAYED,    /* all by one factor */
    DAMAGE_COUNT
} damage;

static double damaged(damage how, double w, size_t row, size_t col, uint64_t *state)
{
    const double noise =
        ldexp(detinit_u01(detinit_hash64(*state)) - 0.5, -(int)random_below(state, 40));
    switch (how) {
    case NOISE:
        return w + noise;
    case SPARSE:
        return random_below(state, 1000) == 0 ? w + noise : w;
    case STRIPES:
        return row % 3 == 0 && col % 5 == 0 ? w + noise : w;
    case NOT_FINITE:
        if (random_below(state, 50) == 0)
            return (const double[]){INFINITY, -INFINITY, NAN}[random_below(state, 3)];
        return w + noise;
    case SIGNS:
        return (const double[]){0.0, -0.0, w}[random_below(state, 3)];
    case LARGE:
        return random_below(state, 5) == 0 ? w + ldexp(noise, 10 * (int)random_below(state, 100))
                                           : w;
    case DECAYED:
        return 0.75 * w;
    default:
        return w;
    }
}

/* Damages weights in the storage type; those that stay keep every bit. */
static void damage_weights(damage how, const detinit_recipe *recipe, unsigned char *stored,
                           size_t count)
{
    const size_t item = detinit_dtype_size(recipe->dtype);
    const size_t cols = (size_t)detinit_recipe_cols(recipe);
    uint64_t state = count;
    for (size_t n = 0; n < count; n++) {
        double w;
        detinit_decode(recipe->dtype, stored + n * item, 1, &w);
        const double after = damaged(how, w, n / cols, n % cols, &state);
        if (memcmp(&after, &w, sizeof w) != 0)
            detinit_encode(recipe->dtype, &after, 1, stored + n * item);
    }
}

/* --------------------------------------------------------------- plain loops */

typedef struct plain {
    const detinit_recipe *recipe;
    const unsigned char *initial, *trained;
    double *w0, *w; /* widened */
    size_t count;
} plain;

static double delta_at(const plain *p, size_t n)
{
    const size_t item = detinit_dtype_size(p->recipe->dtype);
    if (memcmp(p->initial + n * item, p->trained + n * item, item) == 0)
        return 0;
    const double delta = fabs(p->w[n] - p->w0[n]);
    return delta < INFINITY ? delta : INFINITY;
}

static size_t bin_at(double delta)
{
    int exponent = 0;
    frexp(delta, &exponent); /* delta < 2^exponent */
    const int bin = exponent - 1 - DETINIT_CHANGE_LOWEST;
    if (delta == 0 || bin < 0)
        return 0;
    return bin < DETINIT_CHANGE_BINS ? (size_t)bin : DETINIT_CHANGE_BINS - 1;
}

static bool line_sleeps(const plain *p, size_t first, size_t step, size_t count, double threshold)
{
    for (size_t n = 0; n < count; n++)
        if (delta_at(p, first + n * step) > threshold)
            return false;
    return true;
}

static void plain_sums(const plain *p, detinit_change *out)
{
    long double deltas = 0, products = 0, squares = 0;
    for (size_t n = 0; n < p->count; n++) {
        const double delta = delta_at(p, n);
        if (!(delta < INFINITY))
            continue;
        deltas += delta;
        if (fabs(p->w[n]) < INFINITY) {
            products += (long double)p->w[n] * p->w0[n];
            squares += (long double)p->w0[n] * p->w0[n];
        }
    }
    const uint64_t finite = p->count - out->not_finite;
    out->mean_delta = finite > 0 ? (double)(deltas / finite) : 0;
    out->decay = squares > 0 ? (double)(products / squares) : 1;
}

/* Units and inputs by the layout's definition: a unit is an index of one dimension. */
static void plain_units(const plain *p, double threshold, detinit_change *out)
{
    const detinit_recipe *r = p->recipe;
    const bool last = r->fan_in == DETINIT_FAN_IN_ROWS && r->rank > 1;
    out->units = r->rank < 2 ? 1 : r->shape[last ? r->rank - 1 : 0];
    out->inputs = p->count / out->units;
    for (size_t n = 0; n < out->units; n++)
        out->dead_units += line_sleeps(p, last ? n : n * out->inputs, last ? out->units : 1,
                                       out->inputs, threshold);
    for (size_t n = 0; n < out->inputs; n++)
        out->dead_inputs += line_sleeps(p, last ? n * out->units : n, last ? 1 : out->inputs,
                                        out->units, threshold);
}

static detinit_change plain_change(const plain *p, double threshold)
{
    const size_t item = detinit_dtype_size(p->recipe->dtype);
    const size_t cols = (size_t)detinit_recipe_cols(p->recipe), rows = p->count / cols;
    detinit_change c = {
        .threshold = threshold, .total_weights = p->count, .first_difference = p->count};
    for (size_t n = 0; n < p->count; n++) {
        const double delta = delta_at(p, n);
        const bool equal = memcmp(p->initial + n * item, p->trained + n * item, item) == 0;
        c.changed_weights += delta > threshold;
        c.exactly_unchanged += equal;
        c.not_finite += delta < INFINITY ? 0 : 1;
        if (!equal && c.first_difference == p->count)
            c.first_difference = n;
        if (!(delta < INFINITY))
            continue;
        c.histogram[bin_at(delta)]++;
        if (delta > c.max_delta) {
            c.max_delta = delta;
            c.max_position = n;
        }
    }
    c.sleeping_weights = p->count - c.changed_weights;
    for (size_t row = 0; row < rows; row++)
        c.dead_rows += line_sleeps(p, row * cols, 1, cols, threshold);
    for (size_t col = 0; col < cols; col++)
        c.dead_cols += line_sleeps(p, col, cols, rows, threshold);
    plain_units(p, threshold, &c);
    plain_sums(p, &c);
    return c;
}

static uint64_t plain_decayed(const plain *p, double decay, double threshold)
{
    uint64_t near = 0;
    for (size_t n = 0; n < p->count; n++)
        near += fabs(p->w[n] - decay * p->w0[n]) <= threshold;
    return near;
}

/* ---------------------------------------------------------------- comparing */

static void assert_near_or_infinite(double actual, double expected, double tolerance)
{
    if (isfinite(expected))
        assert_double_near(actual, expected, tolerance);
}

static void assert_as_plain(const detinit_change *actual, const plain *p, double threshold)
{
    detinit_change expected = plain_change(p, threshold);
    const double mean_error = 1e-12 * fabs(expected.mean_delta);
    assert_near_or_infinite(actual->mean_delta, expected.mean_delta, mean_error);
    assert_near_or_infinite(actual->decay, expected.decay, 1e-12 * fabs(expected.decay));
    assert_int_equal(actual->decay_sleeping, plain_decayed(p, actual->decay, threshold));
    expected.mean_delta = actual->mean_delta;
    expected.decay = actual->decay;
    expected.decay_sleeping = actual->decay_sleeping;
    expected.decay_counted = p->count;
    assert_memory_equal(actual, &expected, sizeof expected);
}

/* Every thread count and every instruction set give the same bits. */
static detinit_change change_each_way(const detinit_tracked *tracked, double threshold)
{
    static const detinit_run ways[] = {{.threads = 1, .isa = DETINIT_ISA_BEST},
                                       {.threads = 2, .isa = DETINIT_ISA_BASELINE},
                                       {.threads = 7, .isa = DETINIT_ISA_AVX2},
                                       {.threads = 1, .isa = DETINIT_ISA_AVX512}};
    detinit_change first, other;
    memset(&first, 0, sizeof first);
    for (size_t n = 0; n < sizeof ways / sizeof ways[0]; n++) {
        memset(&other, 0, sizeof other);
        assert_int_equal(detinit_tracked_change(tracked, threshold, DETINIT_DECAY_SAMPLED, &ways[n],
                                                &other, NULL),
                         DETINIT_OK);
        if (n == 0)
            first = other;
        assert_memory_equal(&other, &first, sizeof first);
    }
    return first;
}

static void compare_case(const detinit_recipe *recipe, damage how)
{
    static const double thresholds[] = {0, 1e-6, 0x1p-20, 0.125};
    plain p = {.recipe = recipe};
    detinit_tracked tracked;
    unsigned char *initial = initial_weights(recipe, &p.count);
    const size_t size = p.count * detinit_dtype_size(recipe->dtype);
    unsigned char *trained = allocate(size);
    memcpy(trained, initial, size);
    damage_weights(how, recipe, trained, p.count);
    p.initial = initial;
    p.trained = trained;
    p.w0 = allocate(p.count * sizeof *p.w0);
    p.w = allocate(p.count * sizeof *p.w);
    detinit_decode(recipe->dtype, initial, p.count, p.w0);
    detinit_decode(recipe->dtype, trained, p.count, p.w);
    save_weights("w.safetensors", recipe, trained);
    detinit_tensorfile *file = track_file("w.safetensors", recipe, &tracked);
    for (size_t n = 0; n < sizeof thresholds / sizeof thresholds[0]; n++) {
        const detinit_change change = change_each_way(&tracked, thresholds[n]);
        assert_as_plain(&change, &p, thresholds[n]);
        if (how == UNTOUCHED) {
            assert_int_equal(change.changed_weights, 0);
            assert_int_equal(change.exactly_unchanged, p.count);
            assert_double_same(change.decay, 1);
        }
    }
    detinit_tensorfile_close(file);
    free(p.w0);
    free(p.w);
    free(initial);
    free(trained);
}

static detinit_recipe recipe_of(size_t rank, const uint64_t *shape, detinit_dtype dtype)
{
    detinit_recipe recipe = detinit_recipe_matrix(42, 3, 1, 1);
    recipe.rank = rank;
    memcpy(recipe.shape, shape, rank * sizeof *shape);
    recipe.dtype = dtype;
    return recipe;
}

/* Narrow and wide rows, tensors of several blocks, pieces that end anywhere. */
static const struct {
    size_t rank;
    uint64_t shape[4];
} shapes[] = {
    {1, {1}},          {2, {1, 1}},           {2, {3, 5}},     {1, {64}},
    {2, {1, 4097}},    {2, {257, 3}},         {2, {8192, 1}},  {2, {300, 517}},
    {2, {3, 70001}},   {2, {3, 65536}},       {2, {70000, 1}}, {4, {12, 7, 3, 3}},
    {3, {40, 50, 64}}, {4, {5, 2, 130, 140}},
};

static void test_shapes(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof shapes / sizeof shapes[0]; n++) {
        for (int how = 0; how < DAMAGE_COUNT; how++) {
            /* a small shape in every type, a large one in one of them */
            for (int dtype = 0; dtype < DETINIT_DTYPE_COUNT; dtype++) {
                detinit_recipe recipe =
                    recipe_of(shapes[n].rank, shapes[n].shape, (detinit_dtype)dtype);
                uint64_t count = 0;
                detinit_recipe_count(&recipe, &count);
                recipe.zero_mean = recipe.rank == 4;
                if (count < 5000 || (size_t)dtype == (n + (size_t)how) % DETINIT_DTYPE_COUNT)
                    compare_case(&recipe, (damage)how);
            }
        }
    }
}

/* Untouched tensors of every mode, distribution, type, orthogonal ones among them. */
static void test_untouched(void **state)
{
    (void)state;
    const uint64_t shape[] = {90, 70};
    for (int dtype = 0; dtype < DETINIT_DTYPE_COUNT; dtype++) {
        detinit_recipe recipe = recipe_of(2, shape, (detinit_dtype)dtype);
        for (int mode = 0; mode < DETINIT_MODE_COUNT; mode++) {
            for (int dist = 0; dist < DETINIT_DIST_COUNT; dist++) {
                recipe.mode = (detinit_mode)mode;
                recipe.dist = (detinit_dist)dist;
                if (detinit_recipe_check(&recipe, NULL) == DETINIT_OK) /* kernels have modes, too */
                    compare_case(&recipe, UNTOUCHED);
            }
        }
        recipe.dist = DETINIT_DIST_OF_MODE;
        recipe.orthogonal = true;
        recipe.mode = DETINIT_HE;
        compare_case(&recipe, UNTOUCHED);
    }
}

/* Initial weights beyond float16: an infinite weight that stayed has not changed. */
static void test_overflowed_initial(void **state)
{
    (void)state;
    const uint64_t shape[] = {30, 50};
    detinit_recipe recipe = recipe_of(2, shape, DETINIT_FLOAT16);
    recipe.mode = DETINIT_NORMAL;
    recipe.std = 60000;
    compare_case(&recipe, UNTOUCHED);
    compare_case(&recipe, NOISE);
    compare_case(&recipe, NOT_FINITE);
}

/* One flipped bit is found at its address, whichever bit and wherever. */
static void test_flipped_bit(void **state)
{
    (void)state;
    const uint64_t shape[] = {3, 70001};
    for (int dtype = 0; dtype < DETINIT_DTYPE_COUNT; dtype++) {
        detinit_recipe recipe = recipe_of(2, shape, (detinit_dtype)dtype);
        const size_t item = detinit_dtype_size(recipe.dtype);
        size_t count;
        uint64_t random = (uint64_t)dtype;
        unsigned char *stored = initial_weights(&recipe, &count);
        for (int n = 0; n < 12; n++) {
            const size_t place = n == 0   ? 0
                                 : n == 1 ? count - 1
                                          : (size_t)random_below(&random, count);
            const size_t bit = (size_t)random_below(&random, 8 * item - 1);
            detinit_tracked tracked;
            detinit_change change;
            stored[place * item + bit / 8] ^= (unsigned char)(1 << bit % 8);
            save_weights("w.safetensors", &recipe, stored);
            stored[place * item + bit / 8] ^= (unsigned char)(1 << bit % 8);
            detinit_tensorfile *file = track_file("w.safetensors", &recipe, &tracked);
            assert_int_equal(
                detinit_tracked_change(&tracked, 0, DETINIT_DECAY_NOT, NULL, &change, NULL),
                DETINIT_OK);
            assert_int_equal(change.exactly_unchanged, count - 1);
            assert_int_equal(change.changed_weights, 1);
            assert_int_equal(change.first_difference, place);
            assert_int_equal(change.decay_counted, 0);
            if (change.not_finite == 0)
                assert_int_equal(change.max_position, place);
            detinit_tensorfile_close(file);
        }
        free(stored);
    }
}

/* Rows that are longer than what is compared at a time: one weight wakes the row that it is in. */
static void test_long_rows(void **state)
{
    (void)state;
    const uint64_t shape[] = {3, 300000}; /* more than two times 2^17 */
    const uint64_t places[] = {0, 140000, 299999, 300000, 450000, 599999, 600000, 899999};
    const detinit_recipe recipe = recipe_of(2, shape, DETINIT_FLOAT16);
    detinit_tracked tracked;
    detinit_change change;
    size_t count;
    unsigned char *stored = initial_weights(&recipe, &count);
    const detinit_memory_tensor memory = {.name = "w",
                                          .dtype = DETINIT_FLOAT16,
                                          .rank = 2,
                                          .shape = {shape[0], shape[1]},
                                          .data = stored};
    assert_int_equal(detinit_track_memory(&memory, &recipe, &tracked, NULL), DETINIT_OK);
    for (size_t n = 0; n <= sizeof places / sizeof places[0]; n++) {
        const bool any = n < sizeof places / sizeof places[0];
        if (any)
            stored[2 * places[n] + 1] ^= 0x40; /* by which all of them change by 1 or more */
        assert_int_equal(
            detinit_tracked_change(&tracked, 0.5, DETINIT_DECAY_NOT, NULL, &change, NULL),
            DETINIT_OK);
        assert_int_equal(change.dead_rows, any ? 2 : 3);
        assert_int_equal(change.dead_cols, any ? 299999 : 300000);
        assert_int_equal(change.first_difference, any ? places[n] : 900000);
        if (any)
            stored[2 * places[n] + 1] ^= 0x40;
    }
    free(stored);
}

/*
 * Above 2^26 weights the decay is counted in the sample, whose stretches are whole rows where these
 * have 1,024 weights or fewer.  All rows are one row in memory, of evenly spaced weights, and
 * nothing has decayed: so many are near in each row as are at most the threshold, and c w0 is too
 * small to move any over it.
 */
static void check_sampled_decay(uint64_t rows, uint64_t cols, const uint64_t *offsets,
                                uint64_t near, uint64_t sampled_rows)
{
    const uint64_t whole[] = {rows + (offsets != NULL ? 9 : 0), cols + (offsets != NULL ? 7 : 0)};
    detinit_recipe recipe = recipe_of(2, whole, DETINIT_FLOAT32);
    float row[1024];
    detinit_tracked tracked;
    detinit_change change;
    recipe.mode = DETINIT_NORMAL;
    recipe.std = 1e-4;
    recipe.dist = DETINIT_DIST_UNIFORM;
    for (uint64_t n = 0; n < cols; n++)
        row[n] = (float)n / (float)cols;
    turn_little_endian(row, sizeof *row, cols);
    const detinit_memory_tensor memory = {.name = "w",
                                          .dtype = DETINIT_FLOAT32,
                                          .rank = 2,
                                          .shape = {rows, cols},
                                          .strides = (int64_t[]){0, sizeof *row},
                                          .data = row};
    assert_true(rows * cols > DETINIT_SAMPLE_ABOVE);
    assert_int_equal(detinit_track_block(&memory, &recipe, offsets, &tracked, NULL), DETINIT_OK);
    assert_int_equal(detinit_tracked_change(&tracked, ((double)near - 0.5) / (double)cols,
                                            DETINIT_DECAY_SAMPLED, NULL, &change, NULL),
                     DETINIT_OK);
    assert_true(fabs(change.decay) * 2e-4 < 0.5 / (double)cols);
    assert_int_equal(change.sleeping_weights, rows * near);
    assert_int_equal(change.decay_counted, sampled_rows * cols);
    assert_int_equal(change.decay_sleeping, sampled_rows * near);
}

static void test_sampled_decay(void **state)
{
    (void)state;
    const uint64_t offsets[] = {9, 5};
    check_sampled_decay((1 << 16) + 1, 1024, NULL, 257, 1024);
    check_sampled_decay((1 << 23) + 1, 8, offsets, 3, UINT64_C(1024) * 128);
}

static void test_refusals(void **state)
{
    (void)state;
    const uint64_t shape[] = {300, 517};
    const detinit_recipe recipe = recipe_of(2, shape, DETINIT_FLOAT32);
    static const double senseless[] = {-1, NAN, INFINITY, -0x1p-1074};
    size_t count;
    detinit_tracked tracked;
    detinit_change change;
    detinit_error error;
    unsigned char *stored = initial_weights(&recipe, &count);
    save_weights("w.safetensors", &recipe, stored);
    free(stored);
    detinit_tensorfile *file = track_file("w.safetensors", &recipe, &tracked);
    for (size_t n = 0; n < sizeof senseless / sizeof senseless[0]; n++)
        assert_int_equal(detinit_tracked_change(&tracked, senseless[n], DETINIT_DECAY_NOT, NULL,
                                                &change, &error),
                         DETINIT_INVALID);
    detinit_recipe other = recipe;
    other.shape[0] = 517;
    other.shape[1] = 300;
    assert_int_equal(detinit_track(file, tracked.tensor, &other, &tracked, &error),
                     DETINIT_INVALID);
    assert_string_equal(
        error.message,
        "'w.safetensors': w holds float32 (300, 517); float32 (517, 300) was expected");
    other.rank = 1;
    assert_int_equal(detinit_track(file, tracked.tensor, &other, &tracked, &error),
                     DETINIT_INVALID);
    assert_string_equal(error.message,
                        "'w.safetensors': w holds float32 (300, 517); float32 (517,) was expected");
    /* The file becomes shorter. */
    assert_int_equal(truncate("w.safetensors", data_offset(file, tracked.tensor) + 300000), 0);
    assert_int_equal(detinit_tracked_change(&tracked, 0, DETINIT_DECAY_NOT, NULL, &change, &error),
                     DETINIT_IO);
    assert_non_null(strstr(error.message, "became shorter"));
    detinit_tensorfile_close(file);
}

/* The array of a .npy file has no name, and errors give it none. */
static void test_nameless(void **state)
{
    (void)state;
    const detinit_recipe recipe = recipe_of(1, (uint64_t[]){3}, DETINIT_FLOAT32);
    detinit_tensorfile *file;
    detinit_tracked tracked;
    detinit_error error;
    FILE *bytes = fopen("b.npy", "w");
    assert_non_null(bytes);
    assert_int_equal(fwrite("\x93NUMPY\1\0v\0", 1, 10, bytes), 10);
    fprintf(bytes, "%-117s\nabc", "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }");
    assert_int_equal(fclose(bytes), 0);
    assert_int_equal(detinit_tensorfile_open("b.npy", &file, NULL), DETINIT_OK);
    assert_int_equal(
        detinit_track(file, detinit_tensorfile_tensor(file, 0), &recipe, &tracked, &error),
        DETINIT_INVALID);
    if (strstr(error.message, "'b.npy' holds U8; ") != error.message)
        fail_msg("%s", error.message);
    detinit_tensorfile_close(file);
    const detinit_recipe one = recipe_of(1, (uint64_t[]){1}, DETINIT_FLOAT32);
    detinit_matrix *matrix;
    assert_int_equal(detinit_matrix_new(&one, NULL, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_save(matrix, "w.npy", DETINIT_NPY, NULL, NULL, NULL, NULL),
                     DETINIT_OK);
    detinit_matrix_free(matrix);
    assert_int_equal(detinit_tensorfile_open("w.npy", &file, NULL), DETINIT_OK);
    assert_int_equal(
        detinit_track(file, detinit_tensorfile_tensor(file, 0), &recipe, &tracked, &error),
        DETINIT_INVALID);
    assert_string_equal(error.message, "'w.npy' holds float32 (1,); float32 (3,) was expected");
    detinit_tensorfile_close(file);
}

/* One weight by address, as check_weight_changed of the document. */
static void test_one_weight(void **state)
{
    (void)state;
    const detinit_recipe recipe = detinit_recipe_matrix(42, 0, 10, 20);
    detinit_matrix *matrix;
    double w0, delta;
    assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_weight(matrix, 2, 13, &w0), DETINIT_OK);
    assert_false(detinit_weight_changed(matrix, 2, 13, w0, 0, &delta));
    assert_double_same(delta, 0);
    assert_true(detinit_weight_changed(matrix, 2, 13, w0 + 0.5, 0.25, &delta));
    assert_double_near(delta, 0.5, 1e-15);
    assert_false(detinit_weight_changed(matrix, 2, 13, w0 - 0.125, 0.25, &delta));
    assert_double_near(delta, -0.125, 1e-15);
    assert_true(detinit_weight_changed(matrix, 2, 13, NAN, 1e300, NULL));
    assert_true(detinit_weight_changed(matrix, 2, 13, INFINITY, 1e300, NULL));
    assert_true(detinit_weight_changed(matrix, 10, 0, w0, 1, NULL)); /* there is no such place */
    detinit_matrix_free(matrix);
}

static bool stop(void *context, uint64_t done, uint64_t total)
{
    (void)context, (void)done, (void)total;
    return false;
}

static void test_cancelled(void **state)
{
    (void)state;
    const uint64_t shape[] = {300, 517};
    const detinit_recipe recipe = recipe_of(2, shape, DETINIT_FLOAT64);
    const detinit_run run = {.progress = stop};
    size_t count;
    detinit_tracked tracked;
    detinit_change change;
    unsigned char *stored = initial_weights(&recipe, &count);
    save_weights("w.safetensors", &recipe, stored);
    free(stored);
    detinit_tensorfile *file = track_file("w.safetensors", &recipe, &tracked);
    assert_int_equal(detinit_tracked_change(&tracked, 0, DETINIT_DECAY_NOT, &run, &change, NULL),
                     DETINIT_CANCELLED);
    detinit_tensorfile_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_untouched),
        cmocka_unit_test(test_overflowed_initial),
        cmocka_unit_test(test_flipped_bit),
        cmocka_unit_test(test_long_rows),
        cmocka_unit_test(test_sampled_decay),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_nameless),
        cmocka_unit_test(test_one_weight),
        cmocka_unit_test(test_cancelled),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
