/* Every way to a weight gives the same bits, whatever the instruction set and the threads. */
#include "check.h"

#include "base/byteorder.h"
#include "detinit.h"

static detinit_recipe tensor(size_t rank, const uint64_t *shape)
{
    detinit_recipe recipe = detinit_recipe_matrix(77, 3, 1, 1);
    recipe.rank = rank;
    memcpy(recipe.shape, shape, rank * sizeof *shape);
    return recipe;
}

static detinit_matrix *new_matrix(const detinit_recipe *recipe, detinit_isa isa)
{
    const detinit_run run = {.isa = isa};
    detinit_matrix *matrix;
    assert_int_equal(detinit_matrix_new(recipe, &run, &matrix, NULL), DETINIT_OK);
    return matrix;
}

/* All weights by the scalar definition, in storage order; to be freed. */
static double *scalar_weights(const detinit_matrix *matrix)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(matrix);
    const uint64_t rows = detinit_recipe_rows(recipe), cols = detinit_recipe_cols(recipe);
    double *weights = allocate(rows * cols * sizeof *weights);
    for (uint64_t i = 0; i < rows; i++)
        for (uint64_t j = 0; j < cols; j++)
            assert_int_equal(detinit_matrix_weight(matrix, i, j, &weights[i * cols + j]),
                             DETINIT_OK);
    return weights;
}

static void compare_rows(const detinit_matrix *matrix, const double *expected)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(matrix);
    const uint64_t rows = detinit_recipe_rows(recipe), cols = detinit_recipe_cols(recipe);
    const uint64_t first = rows / 3;
    const size_t count = (rows - first) * cols, size = detinit_dtype_size(recipe->dtype);
    unsigned char *stored = allocate(count * size + 1);
    double *widened = allocate(count * sizeof *widened);
    stored[count * size] = 0xA5; /* must stay: exactly so much is written */
    assert_int_equal(detinit_matrix_rows(matrix, first, rows - first, stored), DETINIT_OK);
    assert_int_equal(stored[count * size], 0xA5);
    detinit_decode(recipe->dtype, stored, count, widened);
    assert_memory_equal(widened, expected + first * cols, count * sizeof *widened);
    free(stored);
    free(widened);
}

static void compare_window(const detinit_matrix *matrix, const double *expected)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(matrix);
    const uint64_t all = detinit_recipe_cols(recipe), row = detinit_recipe_rows(recipe) / 2;
    const uint64_t col = all / 4;
    const size_t rows = detinit_recipe_rows(recipe) - row, cols = all - col, stride = cols + 2;
    double *window = allocate(rows * stride * sizeof *window);
    for (size_t n = 0; n < rows * stride; n++)
        window[n] = -1e9;
    assert_int_equal(detinit_matrix_window(matrix, row, col, rows, cols, window, stride),
                     DETINIT_OK);
    for (size_t r = 0; r < rows; r++) {
        assert_memory_equal(window + r * stride, expected + (row + r) * all + col,
                            cols * sizeof *window);
        assert_double_same(window[r * stride + cols], -1e9);
    }
    free(window);
}

static void compare_fill(const detinit_matrix *matrix, const double *expected, unsigned threads)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(matrix);
    const size_t count = detinit_recipe_rows(recipe) * detinit_recipe_cols(recipe);
    const detinit_run run = {.threads = threads};
    void *stored = allocate(count * detinit_dtype_size(recipe->dtype));
    double *widened = allocate(count * sizeof *widened);
    assert_int_equal(detinit_matrix_fill(matrix, &run, stored, NULL), DETINIT_OK);
    detinit_decode(recipe->dtype, stored, count, widened);
    assert_memory_equal(widened, expected, count * sizeof *widened);
    free(stored);
    free(widened);
}

/* All ways, on all instruction sets of this machine. */
static void compare_all_ways(const detinit_recipe *recipe)
{
    for (int isa = DETINIT_ISA_BASELINE; isa < DETINIT_ISA_COUNT; isa++) {
        if (detinit_isa_available((detinit_isa)isa) != (detinit_isa)isa)
            continue;
        detinit_matrix *matrix = new_matrix(recipe, (detinit_isa)isa);
        double *expected = scalar_weights(matrix);
        compare_rows(matrix, expected);
        compare_window(matrix, expected);
        compare_fill(matrix, expected, 1);
        compare_fill(matrix, expected, 7);
        free(expected);
        detinit_matrix_free(matrix);
    }
}

static void every_recipe_gives_the_same_bits_every_way(void **state)
{
    (void)state;
    for (int mode = 0; mode < DETINIT_MODE_COUNT; mode++) {
        for (int dist = 0; dist < DETINIT_DIST_COUNT; dist++) {
            for (int dtype = 0; dtype < DETINIT_DTYPE_COUNT; dtype++) {
                detinit_recipe recipe = detinit_recipe_matrix(42, 9, 7, 83);
                recipe.mode = (detinit_mode)mode;
                recipe.dist = (detinit_dist)dist;
                recipe.dtype = (detinit_dtype)dtype;
                if (detinit_recipe_check(&recipe, NULL) == DETINIT_OK)
                    compare_all_ways(&recipe);
            }
        }
    }
}

/* Every remainder of a vector, rows on both sides of what counts as wide, and many blocks. */
static void every_width_gives_the_same_bits_every_way(void **state)
{
    (void)state;
    for (uint64_t cols = 1; cols <= 80; cols++) {
        detinit_recipe recipe = detinit_recipe_matrix(cols, 0, 5, cols);
        recipe.dist = cols % 2 == 0 ? DETINIT_DIST_NORMAL : DETINIT_DIST_TRUNCATED;
        recipe.dtype = (detinit_dtype)(cols % DETINIT_DTYPE_COUNT);
        compare_all_ways(&recipe);
    }
    const uint64_t shapes[][2] = {{1, 1}, {1, 1500}, {1500, 1}, {700, 2}, {3, 1023}};
    for (size_t n = 0; n < sizeof shapes / sizeof *shapes; n++) {
        detinit_recipe recipe = tensor(2, shapes[n]);
        compare_all_ways(&recipe);
        recipe.dist = DETINIT_DIST_TRUNCATED;
        compare_all_ways(&recipe);
    }
}

/* More columns than the matrix keeps hashes of, and more weights than one block. */
static void long_rows_give_the_same_bits_every_way(void **state)
{
    (void)state;
    const detinit_recipe recipe = detinit_recipe_matrix(5, 5, 2, 66001);
    compare_all_ways(&recipe);
}

/* Numbers that are subnormal, infinite or zero in the storage type. */
static void extreme_scales_give_the_same_bits_every_way(void **state)
{
    (void)state;
    const double scales[] = {1e-320, 1e-300, 1e-45, 1e-41, 3e-38,  2e-8,
                             3e-5,   6e4,    2e38,  1e300, 1.7e308};
    for (size_t n = 0; n < sizeof scales / sizeof *scales; n++) {
        for (int dtype = 0; dtype < DETINIT_DTYPE_COUNT; dtype++) {
            detinit_recipe recipe = detinit_recipe_matrix(8, 0, 4, 67);
            recipe.mode = DETINIT_NORMAL;
            recipe.std = scales[n];
            recipe.dtype = (detinit_dtype)dtype;
            compare_all_ways(&recipe);
        }
    }
}

static void tensors_give_the_same_bits_every_way(void **state)
{
    (void)state;
    const uint64_t shapes[][5] = {{129}, {9, 9}, {3, 4, 5}, {4, 3, 3, 3}, {2, 3, 2, 3, 70}};
    for (size_t rank = 1; rank <= 5; rank++) {
        detinit_recipe recipe = tensor(rank, shapes[rank - 1]);
        compare_all_ways(&recipe);
        recipe.zero_mean = rank == 4;
        compare_all_ways(&recipe);
    }
    detinit_recipe large =
        tensor(4, (const uint64_t[]){2, 2, 23, 31}); /* slices of several chunks */
    large.zero_mean = true;
    compare_all_ways(&large);
}

static void a_shared_matrix_lives_as_long_as_its_last_owner(void **state)
{
    (void)state;
    const detinit_recipe recipe = detinit_recipe_matrix(1, 0, 2, 2);
    detinit_matrix *matrix = new_matrix(&recipe, DETINIT_ISA_BEST);
    double before, after;
    assert_int_equal(detinit_matrix_weight(matrix, 1, 1, &before), DETINIT_OK);
    detinit_matrix *shared = detinit_matrix_share(matrix);
    assert_ptr_equal(shared, matrix);
    detinit_matrix_free(matrix);
    assert_int_equal(detinit_matrix_weight(shared, 1, 1, &after), DETINIT_OK);
    assert_double_same(after, before);
    detinit_matrix_free(shared);
    detinit_matrix_free(NULL);
}

static void weights_are_std_times_gaussian_of_the_address(void **state)
{
    (void)state;
    const uint64_t shape[] = {4, 3, 2, 5};
    const detinit_recipe recipe = tensor(4, shape);
    detinit_matrix *matrix = new_matrix(&recipe, DETINIT_ISA_BEST);
    for (uint64_t row = 0; row < 24; row++) {
        for (uint64_t x = 0; x < 5; x++) {
            const uint64_t address[] = {recipe.layer, row / 6, row / 2 % 3, row % 2, x};
            double weight;
            assert_int_equal(detinit_matrix_weight(matrix, row, x, &weight), DETINIT_OK);
            assert_double_same(weight, sqrt(2.0 / 30) * detinit_gaussian(recipe.seed, address, 5));
        }
    }
    detinit_matrix_free(matrix);
}

static void slices_sum_to_zero_and_keep_their_variance(void **state)
{
    (void)state;
    const uint64_t shape[] = {8, 8, 3, 5};
    detinit_recipe recipe = tensor(4, shape);
    detinit_matrix *drawn = new_matrix(&recipe, DETINIT_ISA_BEST);
    recipe.zero_mean = true;
    detinit_matrix *centred = new_matrix(&recipe, DETINIT_ISA_BEST);
    double w[960], before[960], squares = 0;
    assert_int_equal(detinit_matrix_fill(centred, NULL, w, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_fill(drawn, NULL, before, NULL), DETINIT_OK);
    turn_little_endian(w, sizeof *w, 960);
    turn_little_endian(before, sizeof *before, 960);
    for (size_t slice = 0; slice < 64; slice++) {
        double sum = 0, mean = 0;
        for (size_t n = 0; n < 15; n++) {
            sum += w[15 * slice + n];
            mean += before[15 * slice + n] / 15;
            squares += w[15 * slice + n] * w[15 * slice + n] / 960;
        }
        assert_double_near(sum, 0, 1e-15);
        for (size_t n = 0; n < 15; n++)
            assert_double_near(w[15 * slice + n], (before[15 * slice + n] - mean) * sqrt(15.0 / 14),
                               1e-15);
    }
    assert_double_near(squares * 120 / 2, 1, 0.15);
    detinit_matrix_free(drawn);
    detinit_matrix_free(centred);
}

static void a_slice_of_one_is_left_as_drawn(void **state)
{
    (void)state;
    const uint64_t shape[] = {5, 7, 1, 1};
    detinit_recipe recipe = tensor(4, shape);
    detinit_matrix *drawn = new_matrix(&recipe, DETINIT_ISA_BEST);
    recipe.zero_mean = true;
    detinit_matrix *centred = new_matrix(&recipe, DETINIT_ISA_BEST);
    double a[35], b[35];
    assert_int_equal(detinit_matrix_fill(drawn, NULL, a, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_fill(centred, NULL, b, NULL), DETINIT_OK);
    assert_memory_equal(a, b, sizeof a);
    detinit_matrix_free(drawn);
    detinit_matrix_free(centred);
}

static void draws_keep_within_their_bounds(void **state)
{
    (void)state;
    detinit_recipe recipe = detinit_recipe_matrix(1, 1, 100, 100);
    recipe.mode = DETINIT_NORMAL;
    recipe.std = 1;
    const double bounds[DETINIT_DIST_COUNT] = {7.4338, 7.4338, 1.7320508075688774,
                                               2 / 0.87962566103423978, 2};
    double *w = allocate(10000 * sizeof *w);
    for (int dist = 0; dist < DETINIT_DIST_COUNT; dist++) {
        double sum = 0, squares = 0;
        recipe.dist = (detinit_dist)dist;
        detinit_matrix *matrix = new_matrix(&recipe, DETINIT_ISA_BEST);
        assert_int_equal(detinit_matrix_fill(matrix, NULL, w, NULL), DETINIT_OK);
        turn_little_endian(w, sizeof *w, 10000);
        for (size_t n = 0; n < 10000; n++) {
            assert_true(fabs(w[n]) <= bounds[dist]);
            sum += w[n];
            squares += w[n] * w[n];
        }
        assert_double_near(sum / 10000, 0, 0.04);
        const bool is_divided = dist != DETINIT_DIST_TRUNC_NORMAL;
        const double variance = is_divided ? 1 : 0.87962566103423978 * 0.87962566103423978;
        assert_double_near(squares / 10000, variance, 0.06);
        detinit_matrix_free(matrix);
    }
    free(w);
}

static void the_far_corner_of_the_largest_matrix_is_reached(void **state)
{
    (void)state;
    const uint64_t side = DETINIT_MAX_DIMENSION;
    const detinit_recipe recipe = detinit_recipe_matrix(1, UINT64_MAX, side, side);
    detinit_matrix *matrix = new_matrix(&recipe, DETINIT_ISA_BEST);
    double window[3][70], weight;
    assert_int_equal(detinit_matrix_window(matrix, side - 3, side - 70, 3, 70, window[0], 70),
                     DETINIT_OK);
    for (uint64_t r = 0; r < 3; r++) {
        for (uint64_t c = 0; c < 70; c++) {
            const uint64_t address[] = {UINT64_MAX, side - 3 + r, side - 70 + c};
            assert_int_equal(detinit_matrix_weight(matrix, side - 3 + r, side - 70 + c, &weight),
                             DETINIT_OK);
            assert_double_same(window[r][c], weight);
            assert_double_same(weight,
                               detinit_recipe_std(&recipe) * detinit_gaussian(1, address, 3));
        }
    }
    assert_true(detinit_matrix_memory(&recipe) < 1 << 20);
    assert_int_not_equal(detinit_matrix_fill(matrix, NULL, window, NULL), DETINIT_OK);
    detinit_matrix_free(matrix);
}

static void places_outside_are_refused(void **state)
{
    (void)state;
    const detinit_recipe recipe = detinit_recipe_matrix(1, 0, 3, 5);
    detinit_matrix *matrix = new_matrix(&recipe, DETINIT_ISA_BEST);
    double w[64] = {123};
    detinit_trace trace;
    assert_int_equal(detinit_matrix_weight(matrix, 3, 0, w), DETINIT_INVALID);
    assert_int_equal(detinit_matrix_weight(matrix, 0, 5, w), DETINIT_INVALID);
    assert_int_equal(detinit_matrix_trace(matrix, 0, 5, &trace), DETINIT_INVALID);
    assert_int_equal(detinit_matrix_window(matrix, 1, 1, 3, 1, w, 1), DETINIT_INVALID);
    assert_int_equal(detinit_matrix_window(matrix, 1, 1, 1, 5, w, 5), DETINIT_INVALID);
    assert_int_equal(detinit_matrix_window(matrix, 0, UINT64_MAX, 1, 2, w, 2), DETINIT_INVALID);
    assert_int_equal(detinit_matrix_window(matrix, 0, 0, 2, 3, w, 2), DETINIT_INVALID);
    assert_int_equal(detinit_matrix_rows(matrix, 1, 3, w), DETINIT_INVALID);
    assert_int_equal(detinit_matrix_rows(matrix, UINT64_MAX, 2, w), DETINIT_INVALID);
    assert_double_same(w[0], 123);
    assert_int_equal(detinit_matrix_window(matrix, 3, 5, 0, 0, w, 0), DETINIT_OK);
    assert_int_equal(detinit_matrix_rows(matrix, 3, 0, w), DETINIT_OK);
    detinit_matrix_free(matrix);
    detinit_matrix_free(NULL);
}

static void a_trace_retraces_the_weight(void **state)
{
    (void)state;
    uint64_t most_attempts = 0;
    for (int dist = DETINIT_DIST_NORMAL; dist < DETINIT_DIST_COUNT; dist++) {
        detinit_recipe recipe = detinit_recipe_matrix(4, 6, 30, 40);
        recipe.dist = (detinit_dist)dist;
        recipe.dtype = DETINIT_FLOAT32;
        detinit_matrix *matrix = new_matrix(&recipe, DETINIT_ISA_BEST);
        for (uint64_t n = 0; n < 1200; n++) {
            detinit_trace t;
            double weight, stored;
            float rounded;
            assert_int_equal(detinit_matrix_trace(matrix, n / 40, n % 40, &t), DETINIT_OK);
            assert_int_equal(detinit_matrix_weight(matrix, n / 40, n % 40, &weight), DETINIT_OK);
            assert_double_same(t.weight, weight);
            const uint64_t address[] = {6, n / 40, n % 40, 2 * t.attempt, 2 * t.attempt + 1};
            assert_true(t.key_layer == detinit_key(4, address, 1));
            assert_true(t.key[0] == detinit_key(4, address, 2));
            assert_true(t.key[1] == detinit_key(4, address, 3));
            assert_true(t.u1_key == detinit_key(t.key[1], address + 3, 1));
            assert_true(t.u2_key == detinit_key(t.key[1], address + 4, 1));
            assert_double_same(t.u1, detinit_u01(t.u1_key));
            assert_double_near(t.z, t.r * cos(t.theta), 1e-14);
            assert_double_near(t.r, sqrt(-2 * log(t.u1)), 1e-14);
            stored = t.std * t.draw;
            rounded = (float)stored;
            assert_double_same(weight, (double)rounded);
            most_attempts = t.attempt > most_attempts ? t.attempt : most_attempts;
        }
        detinit_matrix_free(matrix);
    }
    assert_true(most_attempts >= 1);
}

static void instruction_sets_have_names(void **state)
{
    (void)state;
    for (int isa = 0; isa < DETINIT_ISA_COUNT; isa++) {
        const detinit_isa got = detinit_isa_available((detinit_isa)isa);
        assert_true(got != DETINIT_ISA_BEST);
        assert_true(isa == DETINIT_ISA_BEST || (int)got <= isa);
        assert_non_null(detinit_isa_name(got));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recipe_gives_the_same_bits_every_way),
        cmocka_unit_test(every_width_gives_the_same_bits_every_way),
        cmocka_unit_test(long_rows_give_the_same_bits_every_way),
        cmocka_unit_test(extreme_scales_give_the_same_bits_every_way),
        cmocka_unit_test(tensors_give_the_same_bits_every_way),
        cmocka_unit_test(a_shared_matrix_lives_as_long_as_its_last_owner),
        cmocka_unit_test(weights_are_std_times_gaussian_of_the_address),
        cmocka_unit_test(slices_sum_to_zero_and_keep_their_variance),
        cmocka_unit_test(a_slice_of_one_is_left_as_drawn),
        cmocka_unit_test(draws_keep_within_their_bounds),
        cmocka_unit_test(the_far_corner_of_the_largest_matrix_is_reached),
        cmocka_unit_test(places_outside_are_refused),
        cmocka_unit_test(a_trace_retraces_the_weight),
        cmocka_unit_test(instruction_sets_have_names),
    };
    return cmocka_run_group_tests_name("matrix", tests, NULL, NULL);
}
