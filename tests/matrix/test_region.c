/* Blocks and ranges of tensors are the bits of the whole, whatever the memory they go to. */
#include "check.h"

#include "base/byteorder.h"
#include "detinit.h"
#include <stdlib.h>
#include <string.h>

typedef struct sample {
    detinit_matrix *matrix;
    unsigned char *whole;
    uint64_t count;
    size_t item;
} sample;

static sample make(const detinit_recipe *recipe)
{
    sample s = {.item = detinit_dtype_size(recipe->dtype)};
    detinit_error error;
    if (detinit_matrix_new(recipe, NULL, &s.matrix, &error) != DETINIT_OK)
        fail_msg("%s", error.message);
    assert_true(detinit_recipe_count(recipe, &s.count));
    s.whole = malloc((size_t)s.count * s.item + 1);
    assert_int_equal(detinit_matrix_fill(s.matrix, NULL, s.whole, NULL), DETINIT_OK);
    return s;
}

static void drop(sample *s)
{
    detinit_matrix_free(s->matrix);
    free(s->whole);
}

static uint64_t random_state;

static uint64_t below(uint64_t most)
{
    random_state = detinit_hash64(random_state);
    return random_state % most;
}

static void check_range(const sample *s, uint64_t first, uint64_t count, unsigned threads)
{
    const detinit_run run = {.threads = threads};
    unsigned char *part = malloc((size_t)count * s->item + 1);
    part[count * s->item] = 0x5A;
    assert_int_equal(detinit_matrix_range(s->matrix, first, count, &run, part, NULL), DETINIT_OK);
    assert_memory_equal(part, s->whole + first * s->item, (size_t)count * s->item);
    assert_int_equal(part[count * s->item], 0x5A);
    free(part);
}

/* The block by the definition: each of its weights looked up in the whole. */
static void check_block(const sample *s, const uint64_t *offsets, const uint64_t *sizes,
                        const int64_t *strides, size_t room, size_t origin, unsigned threads)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(s->matrix);
    const detinit_run run = {.threads = threads};
    unsigned char *expected = calloc(1, room + 1), *made = calloc(1, room + 1);
    uint64_t count = 1;
    for (size_t d = 0; d < recipe->rank; d++)
        count *= sizes[d];
    for (uint64_t n = 0; n < count; n++) {
        uint64_t rest = n, number = 0, pitch = 1;
        int64_t place = 0;
        for (size_t d = recipe->rank; d-- > 0; pitch *= recipe->shape[d]) {
            const uint64_t index = rest % sizes[d];
            rest /= sizes[d];
            number += (offsets[d] + index) * pitch;
            place += (int64_t)index * strides[d];
        }
        memcpy(expected + (int64_t)origin + place, s->whole + number * s->item, s->item);
    }
    assert_int_equal(
        detinit_matrix_block(s->matrix, offsets, sizes, strides, &run, made + origin, NULL),
        DETINIT_OK);
    assert_memory_equal(made, expected, room + 1);
    free(expected);
    free(made);
}

/* A random block, packed, turned round and from the end. */
static void check_random_block(const sample *s)
{
    const detinit_recipe *recipe = detinit_matrix_recipe(s->matrix);
    uint64_t offsets[DETINIT_MAX_RANK], sizes[DETINIT_MAX_RANK];
    int64_t packed[DETINIT_MAX_RANK], turned[DETINIT_MAX_RANK], stride = (int64_t)s->item;
    size_t count = 1;
    for (size_t d = 0; d < recipe->rank; d++) {
        const bool whole = below(3) == 0;
        offsets[d] = whole ? 0 : below(recipe->shape[d]);
        sizes[d] = whole ? recipe->shape[d] : 1 + below(recipe->shape[d] - offsets[d]);
        count *= (size_t)sizes[d];
    }
    for (size_t d = recipe->rank; d-- > 0; stride *= (int64_t)sizes[d])
        packed[d] = stride;
    stride = (int64_t)s->item;
    for (size_t d = 0; d < recipe->rank; stride *= (int64_t)sizes[d++])
        turned[d] = stride;
    check_block(s, offsets, sizes, packed, count * s->item, 0, 2);
    check_block(s, offsets, sizes, turned, count * s->item, 0, 1);
    for (size_t d = 0; d < recipe->rank; d++)
        packed[d] = -packed[d];
    check_block(s, offsets, sizes, packed, count * s->item, (count - 1) * s->item, 3);
}

static void check_recipe(const detinit_recipe *recipe)
{
    sample s = make(recipe);
    for (int n = 0; n < 20; n++) {
        const uint64_t first = below(s.count + 1);
        check_range(&s, first, below(s.count - first + 1), (unsigned)n % 3 + 1);
        check_random_block(&s);
    }
    check_range(&s, 0, s.count, 7);
    drop(&s);
}

static void parts_are_of_the_whole(void **state)
{
    static const uint64_t shapes[][5] = {
        {100000, 0}, {7, 30011, 0}, {3000, 41, 0}, {24, 12, 3, 5}, {5, 4, 3, 40, 9}};
    (void)state;
    for (size_t n = 0; n < sizeof shapes / sizeof shapes[0]; n++) {
        for (int dtype = 0; dtype < DETINIT_DTYPE_COUNT; dtype++) {
            detinit_recipe recipe = detinit_recipe_matrix(3, n, 1, 1);
            recipe.rank = 0;
            while (recipe.rank < 5 && shapes[n][recipe.rank] != 0) {
                recipe.shape[recipe.rank] = shapes[n][recipe.rank];
                recipe.rank++;
            }
            recipe.dtype = (detinit_dtype)dtype;
            recipe.dist = (detinit_dist)(dtype % DETINIT_DIST_COUNT);
            recipe.zero_mean = recipe.rank == 4;
            check_recipe(&recipe);
        }
    }
}

static void orthogonal_parts_are_of_the_whole(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(3, 1, 130, 70);
    (void)state;
    recipe.orthogonal = true;
    recipe.dtype = DETINIT_FLOAT32;
    check_recipe(&recipe);
}

/* More is done to these weights than drawing, and parts of tensors are cut anywhere. */
static void finished_parts_are_of_the_whole(void **state)
{
    detinit_recipe recipe = detinit_recipe_matrix(3, 2, 300, 70);
    (void)state;
    recipe.zero = 0.25;
    recipe.mean = -1;
    recipe.has_zero_row = true;
    recipe.zero_row = 299;
    recipe.via = DETINIT_BFLOAT16;
    recipe.dtype = DETINIT_FLOAT32;
    check_recipe(&recipe);
    const uint64_t shape[] = {12, 9, 3, 5};
    recipe = detinit_recipe_tensor(3, 3, 4, shape);
    recipe.mode = DETINIT_DELTA_ORTHOGONAL;
    check_recipe(&recipe);
    recipe.mode = DETINIT_CONSTANT;
    recipe.value = 0.1;
    recipe.dtype = DETINIT_FLOAT16;
    check_recipe(&recipe);
}

static void fused_parts_are_of_the_whole(void **state)
{
    (void)state;
    for (size_t rank = 1; rank <= 3; rank++) {
        const uint64_t shape[] = {90, 33, 5};
        detinit_recipe parts[3], whole = detinit_recipe_tensor(3, 0, rank, shape);
        for (size_t n = 0; n < 3; n++) {
            parts[n] = detinit_recipe_tensor(3, 10 + n, rank, shape);
            parts[n].shape[0] = 15 * (n + 1);
            parts[n].orthogonal = n == 1 && rank > 1;
        }
        whole.part_count = 3;
        whole.parts = parts;
        whole.mode = DETINIT_DELTA_ORTHOGONAL; /* of no account, as all but shape, via and dtype */
        assert_true(rank > 1 || detinit_matrix_memory(&whole) < 10000);
        check_recipe(&whole);
    }
}

/* Each part by itself is what its columns of the whole are. */
static void parts_lie_side_by_side(void **state)
{
    (void)state;
    double of_part[40 * 33], of_whole[40 * 33];
    const uint64_t shape[] = {40, 66};
    uint64_t offsets[] = {0, 0};
    detinit_recipe parts[3], whole = detinit_recipe_tensor(3, 0, 2, shape);
    for (size_t n = 0; n < 3; n++) {
        parts[n] = detinit_recipe_tensor(3, 10 + n, 2, shape);
        parts[n].shape[1] = 11 * (n + 1);
        parts[n].orthogonal = n == 1;
    }
    whole.part_count = 3;
    whole.parts = parts;
    whole.part_axis = 1;
    assert_double_near(detinit_recipe_std(&whole), sqrt((2 / 11. + 2 * 2 / 40. + 3 * 2 / 33.) / 6),
                       1e-14);
    check_recipe(&whole);
    detinit_matrix *m, *part;
    assert_int_equal(detinit_matrix_new(&whole, NULL, &m, NULL), DETINIT_OK);
    for (size_t n = 0; n < 3; offsets[1] += parts[n++].shape[1]) {
        assert_int_equal(detinit_matrix_new(&parts[n], NULL, &part, NULL), DETINIT_OK);
        assert_int_equal(detinit_matrix_fill(part, NULL, of_part, NULL), DETINIT_OK);
        assert_int_equal(
            detinit_matrix_block(m, offsets, parts[n].shape, NULL, NULL, of_whole, NULL),
            DETINIT_OK);
        assert_memory_equal(of_part, of_whole, 40 * parts[n].shape[1] * sizeof(double));
        detinit_matrix_free(part);
    }
    detinit_matrix_free(m);
    whole.rank = 3;
    whole.shape[2] = 1;
    assert_int_equal(detinit_recipe_check(&whole, NULL), DETINIT_INVALID);
}

static void the_smallest_tensors_have_parts(void **state)
{
    const uint64_t empty[] = {3, 0, 5}, zeros[] = {0, 0, 0}, sizes[] = {2, 0, 5};
    detinit_recipe recipe = detinit_recipe_tensor(3, 2, 3, empty);
    detinit_matrix *matrix;
    double out[2] = {7, 7}, weight;
    (void)state;
    assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_range(matrix, 0, 0, NULL, out, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_range(matrix, 0, 1, NULL, out, NULL), DETINIT_INVALID);
    assert_int_equal(detinit_matrix_block(matrix, zeros, sizes, NULL, NULL, out, NULL), DETINIT_OK);
    assert_double_same(out[0], 7);
    detinit_matrix_free(matrix);
    recipe = detinit_recipe_matrix(3, 2, 3, 0); /* rows of nothing */
    assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_rows(matrix, 0, 3, out), DETINIT_OK);
    assert_int_equal(detinit_matrix_rows(matrix, 3, 0, out), DETINIT_OK);
    assert_int_equal(detinit_matrix_rows(matrix, 0, 4, out), DETINIT_INVALID);
    assert_double_same(out[0], 7);
    detinit_matrix_free(matrix);
    recipe = detinit_recipe_tensor(3, 2, 0, NULL);
    assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_weight(matrix, 0, 0, &weight), DETINIT_OK);
    assert_int_equal(detinit_matrix_block(matrix, NULL, NULL, NULL, NULL, out, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_range(matrix, 0, 1, NULL, out + 1, NULL), DETINIT_OK);
    turn_little_endian(out, sizeof *out, 2);
    assert_double_same(out[0], weight);
    assert_double_same(out[1], weight);
    detinit_matrix_free(matrix);
}

/* Of more weights than 2^64: the last corner, in long runs, short ones, and one by one. */
static void tensors_beyond_64_bits_have_parts(void **state)
{
    const uint64_t most = DETINIT_MAX_DIMENSION, wide = 100;
    const detinit_recipe recipe = detinit_recipe_matrix(7, 3, most, most);
    const int64_t scattered[] = {16 * (int64_t)wide, 16};
    detinit_matrix *matrix;
    double packed[200], apart[400], weight;
    (void)state;
    assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, NULL), DETINIT_OK);
    for (uint64_t cols = 10; cols <= wide; cols += 90) {
        const uint64_t offsets[] = {most - 2, most - cols}, sizes[] = {2, cols};
        assert_int_equal(detinit_matrix_block(matrix, offsets, sizes, NULL, NULL, packed, NULL),
                         DETINIT_OK);
        assert_int_equal(detinit_matrix_block(matrix, offsets, sizes, scattered, NULL, apart, NULL),
                         DETINIT_OK);
        for (uint64_t n = 0; n < 2 * cols; n++) {
            const uint64_t row = n / cols, col = n % cols;
            assert_int_equal(
                detinit_matrix_weight(matrix, offsets[0] + row, offsets[1] + col, &weight),
                DETINIT_OK);
            turn_little_endian(&weight, sizeof weight, 1);
            assert_memory_equal(&weight, &packed[n], sizeof weight);
            assert_memory_equal(&weight, &apart[2 * (row * wide + col)], sizeof weight);
        }
    }
    /* Ranges reach 2^64 - 1 weights: the last lies in row 2. */
    assert_int_equal(detinit_matrix_range(matrix, UINT64_MAX - 1, 1, NULL, packed, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_matrix_weight(matrix, 2, 0, &weight), DETINIT_OK);
    turn_little_endian(&weight, sizeof weight, 1);
    assert_memory_equal(&weight, packed, sizeof weight);
    assert_int_equal(detinit_matrix_range(matrix, UINT64_MAX, 1, NULL, packed, NULL),
                     DETINIT_INVALID);
    assert_int_equal(detinit_matrix_rows(matrix, 0, 4, packed), DETINIT_INVALID);
    detinit_matrix_free(matrix);
}

static void what_leaves_the_tensor_is_refused(void **state)
{
    const detinit_recipe recipe = detinit_recipe_matrix(1, 1, 10, 20);
    const uint64_t zero[] = {0, 0}, past[] = {3, 21}, long_[] = {8, 20}, from[] = {3, 0};
    detinit_matrix *matrix;
    detinit_error error;
    double out[200];
    (void)state;
    assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, NULL), DETINIT_OK);
    assert_int_equal(detinit_matrix_range(matrix, 150, 51, NULL, out, &error), DETINIT_INVALID);
    assert_non_null(strstr(error.message, "the tensor has 200"));
    assert_int_equal(detinit_matrix_range(matrix, UINT64_MAX, 2, NULL, out, &error),
                     DETINIT_INVALID);
    assert_int_equal(detinit_matrix_block(matrix, zero, past, NULL, NULL, out, &error),
                     DETINIT_INVALID);
    assert_int_equal(detinit_matrix_block(matrix, from, long_, NULL, NULL, out, &error),
                     DETINIT_INVALID);
    assert_non_null(strstr(error.message, "dimension 0"));
    assert_int_equal(detinit_matrix_block(matrix, from, zero, NULL, NULL, out, &error), DETINIT_OK);
    assert_int_equal(detinit_matrix_range(matrix, 200, 0, NULL, out, &error), DETINIT_OK);
    detinit_matrix_free(matrix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_of_the_whole),
        cmocka_unit_test(orthogonal_parts_are_of_the_whole),
        cmocka_unit_test(finished_parts_are_of_the_whole),
        cmocka_unit_test(fused_parts_are_of_the_whole),
        cmocka_unit_test(parts_lie_side_by_side),
        cmocka_unit_test(the_smallest_tensors_have_parts),
        cmocka_unit_test(tensors_beyond_64_bits_have_parts),
        cmocka_unit_test(what_leaves_the_tensor_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
