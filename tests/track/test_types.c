/*
 * Weights stored in another type than their recipe's, against an arithmetic of rounding of the
 * test's own: a model that was cast and not trained has not changed.
 */
#include "trained_file.h"

#include "base/byteorder.h"
#include "detinit_pack.h"

#define ROWS 40
#define COLS 33

/* The nearest number of so many significant bits, and the smallest exponent of a normal one. */
static double rounded(detinit_dtype dtype, double w)
{
    static const struct {
        int bits, least, most;
    } types[] = {{53, -1022, 1023}, {24, -126, 127}, {11, -14, 15}, {8, -126, 127}};
    int exponent;
    if (w == 0 || isinf(w))
        return w;
    frexp(w, &exponent);
    exponent = exponent - 1 < types[dtype].least ? types[dtype].least : exponent - 1;
    const int last = exponent - types[dtype].bits + 1; /* of the last place */
    const double near = ldexp(nearbyint(ldexp(w, -last)), last);
    return fabs(near) < ldexp(1, types[dtype].most + 1) ? near : copysign(INFINITY, w);
}

/* What a file of `stored` holds of the recipe's weights, of which `parts` are fused. */
static void cast(const detinit_recipe *recipe, detinit_dtype stored, unsigned char *out)
{
    detinit_recipe exact = *recipe, parts[2];
    double w[ROWS * COLS];
    detinit_matrix *matrix;
    exact.via = exact.dtype = DETINIT_FLOAT64;
    for (size_t n = 0; n < recipe->part_count; n++) {
        parts[n] = recipe->parts[n];
        parts[n].via = parts[n].dtype = DETINIT_FLOAT64;
        exact.parts = parts;
    }
    assert_int_equal(detinit_matrix_new(&exact, NULL, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_fill(matrix, NULL, w, NULL), DETINIT_OK);
    detinit_matrix_free(matrix);
    turn_little_endian(w, sizeof *w, ROWS * COLS);
    for (size_t n = 0; n < ROWS * COLS; n++)
        w[n] = rounded(stored, rounded(recipe->dtype, rounded(recipe->via, w[n])));
    detinit_encode(stored, w, ROWS * COLS, out);
}

static void assert_untouched(const detinit_tracked *tracked)
{
    detinit_change change;
    detinit_verification verified;
    assert_int_equal(detinit_tracked_change(tracked, 0, DETINIT_DECAY_NOT, NULL, &change, NULL),
                     DETINIT_OK);
    assert_int_equal(change.exactly_unchanged, ROWS * COLS);
    assert_int_equal(change.changed_weights, 0);
    assert_int_equal(detinit_tracked_verify(tracked, NULL, &verified, NULL), DETINIT_OK);
    assert_int_equal(verified.different, 0);
}

/* Packed and unpacked, it is the same again, and its mask has nothing in it. */
static void assert_packs(const detinit_tracked *tracked, const unsigned char *stored)
{
    const size_t item = detinit_dtype_size(tracked->dtype);
    unsigned char *back = allocate(ROWS * COLS * item);
    void *buffer;
    size_t bytes;
    detinit_packing packing;
    detinit_tensorfile *file;
    detinit_packed *packed;
    assert_int_equal(detinit_pack_memory(NULL, tracked, 1,
                                         &(detinit_pack_options){.level = DETINIT_PACK_LEVEL}, NULL,
                                         &buffer, &bytes, &packing, NULL),
                     0);
    assert_int_equal(packing.stored_weights, 0);
    assert_int_equal(detinit_tensorfile_open_memory(buffer, bytes, "b", &file, NULL), DETINIT_OK);
    assert_int_equal(detinit_packed_open(file, &packed, NULL), DETINIT_OK);
    assert_int_equal(detinit_unpack_memory(packed, 0, NULL, back, NULL, NULL), DETINIT_OK);
    assert_memory_equal(back, stored, ROWS * COLS * item);
    detinit_packed_free(packed);
    detinit_tensorfile_close(file);
    free(buffer);
    free(back);
}

/* Weights that training moved a little come back to those of the cast model. */
static void assert_restores(const detinit_tracked *tracked, unsigned char *weights,
                            const unsigned char *stored)
{
    const size_t item = detinit_dtype_size(tracked->dtype);
    const detinit_pruning pruning = {.threshold = 1e300};
    for (size_t n = 0; n < ROWS * COLS; n += 3) {
        double w;
        detinit_decode(tracked->dtype, weights + n * item, 1, &w);
        w = isinf(w) ? w : 1.25 * w;
        detinit_encode(tracked->dtype, &w, 1, weights + n * item);
    }
    assert_int_equal(detinit_restore(tracked, 1, DETINIT_PRUNE_INIT, &pruning, NULL, NULL), 0);
    for (size_t n = 0; n < ROWS * COLS; n++) {
        double w, w0;
        detinit_decode(tracked->dtype, weights + n * item, 1, &w);
        detinit_decode(tracked->dtype, stored + n * item, 1, &w0);
        if (fabs(w) < INFINITY && fabs(w0) < INFINITY)
            assert_memory_equal(weights + n * item, stored + n * item, item);
    }
}

static void check_cast(const detinit_recipe *recipe, detinit_dtype stored)
{
    const size_t bytes = ROWS * COLS * detinit_dtype_size(stored);
    unsigned char *expected = allocate(bytes), *weights = allocate(bytes);
    detinit_memory_tensor memory = {
        .name = "w", .dtype = stored, .rank = 2, .shape = {ROWS, COLS}, .data = weights};
    detinit_tracked tracked, of_file;
    detinit_recipe saved = *recipe;
    cast(recipe, stored, expected);
    memcpy(weights, expected, bytes);
    assert_int_equal(detinit_track_memory(&memory, recipe, &tracked, NULL), DETINIT_OK);
    assert_int_equal(tracked.dtype, stored);
    assert_untouched(&tracked);
    assert_packs(&tracked, expected);
    saved.dtype = stored;
    save_weights("w.safetensors", &saved, expected);
    detinit_tensorfile *file = track_file("w.safetensors", recipe, &of_file);
    assert_untouched(&of_file);
    detinit_tensorfile_close(file);
    assert_restores(&tracked, weights, expected);
    free(expected);
    free(weights);
}

/* Of all types that a recipe, its via and what is stored can have; weights of many sizes. */
static void test_casts(void **state)
{
    (void)state;
    static const double stds[] = {0.3, 1e-7, 3e4};
    for (int via = 0; via < DETINIT_DTYPE_COUNT; via++)
        for (int dtype = 0; dtype < DETINIT_DTYPE_COUNT; dtype++)
            for (int stored = 0; stored < DETINIT_DTYPE_COUNT; stored++)
                for (size_t n = 0; n < 3; n++) {
                    detinit_recipe recipe = detinit_recipe_matrix(4, 2, ROWS, COLS);
                    recipe.mode = DETINIT_NORMAL;
                    recipe.std = stds[n];
                    recipe.via = (detinit_dtype)via;
                    recipe.dtype = (detinit_dtype)dtype;
                    check_cast(&recipe, (detinit_dtype)stored);
                }
}

static void test_orthogonal(void **state)
{
    (void)state;
    detinit_recipe recipe = detinit_recipe_matrix(4, 2, ROWS, COLS);
    recipe.orthogonal = true;
    recipe.dtype = DETINIT_BFLOAT16;
    check_cast(&recipe, DETINIT_FLOAT32);
}

/* A fused tensor, whose parts go with its recipe. */
static void test_fused(void **state)
{
    (void)state;
    for (int dtype = 0; dtype < DETINIT_DTYPE_COUNT; dtype++)
        for (int stored = 0; stored < DETINIT_DTYPE_COUNT; stored++) {
            detinit_recipe parts[2] = {detinit_recipe_matrix(4, 7, 10, COLS),
                                       detinit_recipe_matrix(4, 8, ROWS - 10, COLS)};
            detinit_recipe recipe = detinit_recipe_matrix(4, 0, ROWS, COLS);
            parts[1].mode = DETINIT_XAVIER;
            parts[0].dtype = parts[1].dtype = recipe.dtype = (detinit_dtype)dtype;
            recipe.part_count = 2;
            recipe.parts = parts;
            check_cast(&recipe, (detinit_dtype)stored);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_casts),
        cmocka_unit_test(test_orthogonal),
        cmocka_unit_test(test_fused),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
