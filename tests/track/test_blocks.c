/* Blocks of a tensor, each by itself and put together, beside the whole. */
#include "trained_file.h"

#include "base/byteorder.h"
#include "detinit_pack.h"

/* Tensors of every kind of layer, in either layout. */
static const struct {
    size_t rank;
    uint64_t shape[4];
    detinit_axis fan_in;
    bool zero_mean, orthogonal;
} tensors[] = {
    {1, {1000}, DETINIT_FAN_IN_COLS, false, false},
    {2, {301, 517}, DETINIT_FAN_IN_COLS, false, false},
    {2, {301, 517}, DETINIT_FAN_IN_ROWS, false, false},
    {2, {60, 70}, DETINIT_FAN_IN_COLS, false, true},
    {3, {20, 30, 50}, DETINIT_FAN_IN_ROWS, false, false},
    {4, {12, 10, 3, 5}, DETINIT_FAN_IN_COLS, true, false},
    {4, {3, 5, 12, 10}, DETINIT_FAN_IN_ROWS, false, false},
};

#define TENSORS (sizeof tensors / sizeof tensors[0])

typedef struct trained_tensor {
    detinit_recipe recipe;
    size_t item, count;
    unsigned char *initial, *trained;
    detinit_tracked whole;
} trained_tensor;

/* Some units sleep as a whole, and some inputs; some weights become infinite. */
static void train(trained_tensor *t, size_t index)
{
    uint64_t state = index;
    for (size_t n = 0; n < t->count; n++) {
        double w;
        size_t place = n;
        bool asleep = false;
        for (size_t d = t->recipe.rank; d-- > 0; place /= (size_t)t->recipe.shape[d])
            asleep |= place % (size_t)t->recipe.shape[d] % 7 == 3 && d % 2 == 0;
        if (asleep || random_below(&state, 3) == 0)
            continue;
        detinit_decode(t->recipe.dtype, t->trained + n * t->item, 1, &w);
        w += 0.01 * (detinit_u01(detinit_hash64(state)) - 0.5);
        if (random_below(&state, 500) == 0)
            w = INFINITY;
        detinit_encode(t->recipe.dtype, &w, 1, t->trained + n * t->item);
    }
}

static trained_tensor make(size_t index, detinit_dtype dtype)
{
    trained_tensor t = {
        .recipe = detinit_recipe_tensor(5, index, tensors[index].rank, tensors[index].shape)};
    t.recipe.dtype = dtype;
    t.recipe.fan_in = tensors[index].fan_in;
    t.recipe.zero_mean = tensors[index].zero_mean;
    t.recipe.orthogonal = tensors[index].orthogonal;
    t.item = detinit_dtype_size(dtype);
    t.initial = initial_weights(&t.recipe, &t.count);
    t.trained = allocate(t.count * t.item);
    memcpy(t.trained, t.initial, t.count * t.item);
    train(&t, index);
    detinit_memory_tensor memory = {
        .name = "w", .dtype = dtype, .rank = t.recipe.rank, .data = t.trained};
    memcpy(memory.shape, t.recipe.shape, sizeof memory.shape);
    assert_int_equal(detinit_track_memory(&memory, &t.recipe, &t.whole, NULL), DETINIT_OK);
    return t;
}

static void release(trained_tensor *t)
{
    free(t->initial);
    free(t->trained);
}

/* The weights of a box where they lie in the whole, as a view of it. */
static detinit_tracked track_view(const trained_tensor *t, const uint64_t *offsets,
                                  const uint64_t *sizes, int64_t *strides)
{
    detinit_tracked tracked;
    detinit_memory_tensor memory = {.name = "w", .dtype = t->recipe.dtype, .rank = t->recipe.rank};
    unsigned char *data = t->trained;
    int64_t step = (int64_t)t->item;
    for (size_t d = t->recipe.rank; d-- > 0; step *= (int64_t)t->recipe.shape[d]) {
        memory.shape[d] = sizes[d];
        strides[d] = step;
        data += (int64_t)offsets[d] * step;
    }
    memory.strides = strides;
    memory.data = data;
    assert_int_equal(detinit_track_block(&memory, &t->recipe, offsets, &tracked, NULL), DETINIT_OK);
    return tracked;
}

#define BLOCKS_MOST 81

/* Cuts every dimension into up to three pieces, some of them empty. */
static size_t cut(const detinit_recipe *r, uint64_t *state, uint64_t offsets[][DETINIT_MAX_RANK],
                  uint64_t sizes[][DETINIT_MAX_RANK])
{
    uint64_t cuts[DETINIT_MAX_RANK][4];
    size_t blocks = 1;
    for (size_t d = 0; d < r->rank; d++) {
        const uint64_t a = random_below(state, r->shape[d] + 1);
        cuts[d][0] = 0;
        cuts[d][1] = a;
        cuts[d][2] = a + random_below(state, r->shape[d] - a + 1);
        cuts[d][3] = r->shape[d];
        blocks *= 3;
    }
    for (size_t n = 0; n < blocks; n++) {
        size_t which = n;
        for (size_t d = 0; d < r->rank; d++, which /= 3) {
            offsets[n][d] = cuts[d][which % 3];
            sizes[n][d] = cuts[d][which % 3 + 1] - cuts[d][which % 3];
        }
    }
    return blocks;
}

/* As if it had come from another machine. */
static void carry(const detinit_recipe *recipe, detinit_change_part **part)
{
    const size_t size = detinit_change_part_size(*part);
    void *bytes = allocate(size);
    detinit_change_part_write(*part, bytes);
    detinit_change_part_free(*part);
    assert_int_equal(detinit_change_part_read(recipe, bytes, size, part, NULL), DETINIT_OK);
    free(bytes);
}

static detinit_change merge_blocks(const trained_tensor *t, double threshold, uint64_t *state)
{
    uint64_t offsets[BLOCKS_MOST][DETINIT_MAX_RANK], sizes[BLOCKS_MOST][DETINIT_MAX_RANK];
    const size_t blocks = cut(&t->recipe, state, offsets, sizes);
    detinit_change_part *parts[2], *all;
    detinit_change change;
    for (size_t n = 0; n < 2; n++)
        assert_int_equal(detinit_change_part_new(&t->recipe, threshold, &parts[n], NULL), 0);
    assert_int_equal(detinit_change_part_new(&t->recipe, threshold, &all, NULL), DETINIT_OK);
    for (size_t n = blocks; n-- > 0;) {
        int64_t strides[DETINIT_MAX_RANK];
        const detinit_tracked block = track_view(t, offsets[n], sizes[n], strides);
        assert_int_equal(detinit_change_part_add(parts[n % 2], &block, NULL, NULL), DETINIT_OK);
    }
    for (size_t n = 0; n < 2; n++) {
        carry(&t->recipe, &parts[n]);
        assert_int_equal(detinit_change_part_merge(all, parts[n], NULL), DETINIT_OK);
        detinit_change_part_free(parts[n]);
    }
    assert_int_equal(detinit_change_part_finish(all, &change, NULL), DETINIT_OK);
    detinit_change_part_free(all);
    return change;
}

static void test_merged(void **state)
{
    uint64_t random = 1;
    (void)state;
    for (size_t index = 0; index < TENSORS; index++) {
        trained_tensor t = make(index, (detinit_dtype)(index % DETINIT_DTYPE_COUNT));
        const double thresholds[] = {0, 1e-3, 0.01};
        for (size_t n = 0; n < 3; n++) {
            detinit_change whole;
            assert_int_equal(detinit_tracked_change(&t.whole, thresholds[n], DETINIT_DECAY_NOT,
                                                    NULL, &whole, NULL),
                             DETINIT_OK);
            detinit_change merged = merge_blocks(&t, thresholds[n], &random);
            if (n == 0)
                assert_true(tensors[index].rank < 2 || whole.dead_units + whole.dead_inputs > 0);
            assert_double_near(merged.mean_delta, whole.mean_delta, 1e-13 * whole.mean_delta);
            assert_double_near(merged.decay, whole.decay, 1e-13);
            merged.mean_delta = whole.mean_delta;
            merged.decay = whole.decay;
            assert_memory_equal(&merged, &whole, sizeof whole);
        }
        release(&t);
    }
}

/* Each block: its mask, its decay, what it verifies, and what is set back, are those of the whole.
 */
static void check_block(const trained_tensor *t, const uint64_t *offsets, const uint64_t *sizes,
                        const unsigned char *whole_mask, uint64_t *near)
{
    int64_t strides[DETINIT_MAX_RANK];
    const detinit_tracked block = track_view(t, offsets, sizes, strides);
    unsigned char *mask = allocate(block.count + 1);
    uint64_t different = 0, found_near;
    detinit_verification verified;
    assert_int_equal(detinit_tracked_mask(&block, 1e-3, NULL, mask, NULL, NULL), DETINIT_OK);
    assert_int_equal(detinit_tracked_verify(&block, NULL, &verified, NULL), DETINIT_OK);
    assert_int_equal(detinit_tracked_decay(&block, 1e-3, 0.9, NULL, &found_near, NULL), 0);
    *near += found_near;
    for (uint64_t n = 0; n < block.count; n++) {
        uint64_t rest = n, number = 0, pitch = 1;
        for (size_t d = t->recipe.rank; d-- > 0; rest /= sizes[d]) {
            number += (offsets[d] + rest % sizes[d]) * pitch;
            pitch *= t->recipe.shape[d];
        }
        assert_int_equal(mask[n], whole_mask[number]);
        different +=
            memcmp(t->initial + number * t->item, t->trained + number * t->item, t->item) != 0;
    }
    assert_int_equal(verified.different, different);
    free(mask);
}

static void test_each(void **state)
{
    uint64_t random = 2;
    (void)state;
    for (size_t index = 0; index < TENSORS; index++) {
        uint64_t offsets[BLOCKS_MOST][DETINIT_MAX_RANK], sizes[BLOCKS_MOST][DETINIT_MAX_RANK];
        trained_tensor t = make(index, (detinit_dtype)((index + 1) % DETINIT_DTYPE_COUNT));
        unsigned char *mask = allocate(t.count);
        uint64_t near = 0, whole_near;
        const size_t blocks = cut(&t.recipe, &random, offsets, sizes);
        assert_int_equal(detinit_tracked_mask(&t.whole, 1e-3, NULL, mask, NULL, NULL), DETINIT_OK);
        assert_int_equal(detinit_tracked_decay(&t.whole, 1e-3, 0.9, NULL, &whole_near, NULL), 0);
        for (size_t n = 0; n < blocks; n++)
            check_block(&t, offsets[n], sizes[n], mask, &near);
        assert_int_equal(near, whole_near);
        /* Set back block by block, all is as it was drawn. */
        const detinit_pruning pruning = {.threshold = 1e300};
        detinit_change change;
        for (size_t n = 0; n < blocks; n++) {
            int64_t strides[DETINIT_MAX_RANK];
            const detinit_tracked block = track_view(&t, offsets[n], sizes[n], strides);
            assert_int_equal(detinit_restore(&block, 1, DETINIT_PRUNE_INIT, &pruning, NULL, NULL),
                             0);
        }
        assert_int_equal(
            detinit_tracked_change(&t.whole, 0, DETINIT_DECAY_NOT, NULL, &change, NULL), 0);
        assert_int_equal(change.exactly_unchanged + change.not_finite, t.count);
        assert_true(change.not_finite < t.count / 50 + 2);
        free(mask);
        release(&t);
    }
}

/* ------------------------------------------------------------------- thresholds */

/* By `ranks` searches, each of which sees some blocks, in step. */
static double search_together(const detinit_tracked *blocks, size_t count, double sparsity,
                              detinit_status expected)
{
    enum { RANKS = 3 };
    detinit_threshold_search *ranks[RANKS];
    double threshold = -1;
    bool found = false;
    for (size_t r = 0; r < RANKS; r++)
        assert_int_equal(detinit_threshold_search_new(sparsity, &ranks[r], NULL), DETINIT_OK);
    while (!found) {
        for (size_t n = 0; n < count; n++)
            assert_int_equal(
                detinit_threshold_search_add(ranks[n % RANKS], &blocks[n], 1, NULL, NULL), 0);
        for (size_t k = 0; k < DETINIT_SEARCH_COUNTS; k++) {
            uint64_t sum = 0;
            for (size_t r = 0; r < RANKS; r++)
                sum += detinit_threshold_search_counts(ranks[r])[k];
            for (size_t r = 0; r < RANKS; r++)
                detinit_threshold_search_counts(ranks[r])[k] = sum;
        }
        for (size_t r = 0; r < RANKS; r++) {
            const detinit_status status =
                detinit_threshold_search_step(ranks[r], &found, &threshold, NULL);
            assert_int_equal(status, found ? expected : DETINIT_OK);
        }
    }
    for (size_t r = 0; r < RANKS; r++)
        detinit_threshold_search_free(ranks[r]);
    return threshold;
}

static void test_thresholds(void **state)
{
    (void)state;
    uint64_t random = 3, offsets[BLOCKS_MOST][DETINIT_MAX_RANK];
    uint64_t sizes[BLOCKS_MOST][DETINIT_MAX_RANK];
    static const double shares[] = {DETINIT_SEARCH_AUTO, 0, 1e-9, 0.3, 0.5, 0.9};
    trained_tensor t[2] = {make(1, DETINIT_FLOAT32), make(5, DETINIT_BFLOAT16)};
    detinit_tracked whole[2] = {t[0].whole, t[1].whole}, blocks[BLOCKS_MOST + 9];
    int64_t strides[BLOCKS_MOST + 9][DETINIT_MAX_RANK];
    size_t count = 0;
    for (size_t k = 0; k < 2; k++) {
        const size_t pieces = cut(&t[k].recipe, &random, offsets, sizes);
        for (size_t n = 0; n < pieces; n++, count++)
            blocks[count] = track_view(&t[k], offsets[n], sizes[n], strides[count]);
    }
    for (size_t n = 0; n < sizeof shares / sizeof shares[0]; n++) {
        double expected;
        detinit_status status =
            shares[n] < 0
                ? detinit_threshold_auto(whole, 2, NULL, &expected, NULL)
                : detinit_threshold_of_sparsity(whole, 2, shares[n], NULL, &expected, NULL);
        assert_int_equal(status, DETINIT_OK);
        assert_double_same(search_together(blocks, count, shares[n], DETINIT_OK), expected);
    }
    assert_true(search_together(blocks, count, 1, DETINIT_INVALID) == -1);
    release(&t[0]);
    release(&t[1]);
}

/* ---------------------------------------------------------------------- refusals */

static void test_refused(void **state)
{
    (void)state;
    trained_tensor t = make(5, DETINIT_FLOAT32), other = make(1, DETINIT_FLOAT32);
    detinit_change_part *part, *read, *at_another;
    detinit_change change;
    detinit_threshold_search *search;
    detinit_error error;
    assert_int_equal(detinit_change_part_new(&t.recipe, NAN, &part, NULL), DETINIT_INVALID);
    assert_int_equal(detinit_change_part_new(&t.recipe, 0.5, &at_another, NULL), DETINIT_OK);
    assert_int_equal(detinit_change_part_new(&t.recipe, 0, &part, NULL), DETINIT_OK);
    assert_int_equal(detinit_change_part_add(part, &other.whole, NULL, &error), DETINIT_INVALID);
    assert_int_equal(detinit_change_part_merge(part, at_another, &error), DETINIT_INVALID);
    assert_int_equal(detinit_change_part_finish(part, &change, &error), DETINIT_INVALID);
    assert_non_null(strstr(error.message, "0 of the tensor's 1800 weights were compared"));
    assert_int_equal(detinit_change_part_add(part, &t.whole, NULL, NULL), DETINIT_OK);
    assert_int_equal(detinit_change_part_add(part, &t.whole, NULL, NULL), DETINIT_OK);
    assert_int_equal(detinit_change_part_finish(part, &change, &error), DETINIT_INVALID);
    /* Bytes that are not a part, or of something else. */
    const size_t size = detinit_change_part_size(part);
    unsigned char *bytes = allocate(size);
    detinit_change_part_write(part, bytes); /* of twice as many weights */
    assert_int_equal(detinit_change_part_read(&t.recipe, bytes, size, &read, &error),
                     DETINIT_INVALID);
    assert_non_null(strstr(error.message, "its counts contradict one another"));
    detinit_change_part_write(at_another, bytes);
    assert_int_equal(detinit_change_part_read(&t.recipe, bytes, size - 8, &read, &error),
                     DETINIT_INVALID);
    assert_int_equal(detinit_change_part_read(&other.recipe, bytes, size, &read, &error),
                     DETINIT_INVALID);
    bytes[MACHINE_IS_LITTLE_ENDIAN ? size - 1 : size - 8] |= 0x80; /* the highest of a word */
    assert_int_equal(detinit_change_part_read(&t.recipe, bytes, size, &read, &error),
                     DETINIT_INVALID);
    assert_non_null(strstr(error.message, "marks units"));
    bytes[0] ^= 1;
    assert_int_equal(detinit_change_part_read(&t.recipe, bytes, size, &read, &error),
                     DETINIT_INVALID);
    assert_int_equal(detinit_threshold_search_new(1.5, &search, &error), DETINIT_INVALID);
    assert_int_equal(detinit_threshold_search_new(NAN, &search, &error), DETINIT_INVALID);
    /* A block is not packed: its recipe makes the whole. */
    int64_t strides[DETINIT_MAX_RANK];
    void *buffer;
    const detinit_tracked block =
        track_view(&t, (uint64_t[4]){0}, (uint64_t[]){6, 10, 3, 5}, strides);
    assert_int_equal(detinit_pack_memory(NULL, &block, 1,
                                         &(detinit_pack_options){.level = DETINIT_PACK_LEVEL}, NULL,
                                         &buffer, (size_t[1]){0}, NULL, &error),
                     DETINIT_INVALID);
    assert_non_null(strstr(error.message, "a block of a larger tensor"));
    free(bytes);
    detinit_change_part_free(part);
    detinit_change_part_free(at_another);
    release(&t);
    release(&other);
}

/* A part's bytes begin with numbers of 8 bytes each: one by one changed to what cannot be. */
static void test_contradictions(void **state)
{
    (void)state;
    enum { MARK, THRESHOLD, WEIGHTS, CHANGED, UNCHANGED, NOT_FINITE, MAX_DELTA };
    static const char begins[] = "it does not begin as one";
    static const char counts[] = "its counts contradict one another";
    const struct {
        size_t field;
        double number; /* where it is not 0 or `whole` is 0 */
        uint64_t whole;
        const char *words;
    } cases[] = {
        {MARK, 0, 1, begins},
        {THRESHOLD, -1, 0, begins},
        {THRESHOLD, NAN, 0, begins},
        {THRESHOLD, INFINITY, 0, begins},
        {WEIGHTS, 0, 1801, counts},
        {CHANGED, 0, 1801, counts},
        {UNCHANGED, 0, 1801, counts},
        {NOT_FINITE, 0, 1801, counts},
        {MAX_DELTA, -1, 0, counts},
        {MAX_DELTA, NAN, 0, counts},
        {MAX_DELTA, INFINITY, 0, counts},
    };
    trained_tensor t = make(5, DETINIT_FLOAT32);
    detinit_change_part *part, *read;
    detinit_error error;
    assert_int_equal(t.count, 1800);
    assert_int_equal(detinit_change_part_new(&t.recipe, 0, &part, NULL), DETINIT_OK);
    assert_int_equal(detinit_change_part_add(part, &t.whole, NULL, NULL), DETINIT_OK);
    const size_t size = detinit_change_part_size(part);
    unsigned char *bytes = allocate(size);
    detinit_change_part_write(part, bytes);
    assert_int_equal(detinit_change_part_read(&t.recipe, bytes, size, &read, NULL), DETINIT_OK);
    detinit_change_part_free(read);
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        detinit_change_part_write(part, bytes);
        if (cases[n].whole != 0)
            memcpy(bytes + 8 * cases[n].field, &cases[n].whole, 8);
        else
            memcpy(bytes + 8 * cases[n].field, &cases[n].number, 8);
        assert_int_equal(detinit_change_part_read(&t.recipe, bytes, size, &read, &error),
                         DETINIT_INVALID);
        if (strstr(error.message, cases[n].words) == NULL)
            fail_msg("%zu: %s", n, error.message);
    }
    free(bytes);
    detinit_change_part_free(part);
    release(&t);
}

/* Parts of tensors that are not the same: other layouts, shapes and ranks. */
static void test_other_tensors(void **state)
{
    (void)state;
    detinit_recipe recipe = detinit_recipe_matrix(5, 0, 30, 20), others[4];
    float weights[600];
    detinit_tracked tracked;
    detinit_change_part *part, *other;
    detinit_error error;
    recipe.dtype = DETINIT_FLOAT32;
    for (size_t n = 0; n < 4; n++)
        others[n] = recipe;
    others[0].fan_in = DETINIT_FAN_IN_ROWS;
    others[1].shape[0] = 20;
    others[1].shape[1] = 30;
    others[2].rank = 1;
    others[2].shape[0] = 600;
    others[3].rank = 3;
    others[3].shape[2] = 1;
    assert_int_equal(detinit_change_part_new(&recipe, 0, &part, NULL), DETINIT_OK);
    for (size_t n = 0; n < 4; n++) {
        detinit_memory_tensor memory = {
            .name = "w", .dtype = DETINIT_FLOAT32, .rank = others[n].rank, .data = weights};
        memcpy(memory.shape, others[n].shape, sizeof memory.shape);
        assert_int_equal(detinit_change_part_new(&others[n], 0, &other, NULL), DETINIT_OK);
        assert_int_equal(detinit_change_part_merge(part, other, &error), DETINIT_INVALID);
        assert_string_equal(error.message,
                            "parts of the same tensor at the same threshold were expected");
        assert_int_equal(detinit_track_memory(&memory, &others[n], &tracked, NULL), DETINIT_OK);
        assert_int_equal(detinit_change_part_add(part, &tracked, NULL, &error), DETINIT_INVALID);
        assert_string_equal(error.message,
                            "'w' is no block of the tensor whose changes are gathered");
        detinit_change_part_free(other);
    }
    detinit_change_part_free(part);
    detinit_change_part_free(NULL);
    /* More weights than can be counted. */
    recipe.shape[0] = recipe.shape[1] = UINT64_C(1) << 40;
    assert_int_equal(detinit_change_part_new(&recipe, 0, &part, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "a tensor of at most 2^64 - 1 weights was expected");
    assert_int_equal(detinit_change_part_read(&recipe, weights, 8, &part, &error), DETINIT_INVALID);
}

/* Where nothing was trained there is no largest change, and no first difference. */
static void test_untouched(void **state)
{
    (void)state;
    const detinit_recipe recipe = detinit_recipe_tensor(5, 1, tensors[1].rank, tensors[1].shape);
    size_t count;
    unsigned char *initial = initial_weights(&recipe, &count);
    detinit_memory_tensor memory = {.dtype = recipe.dtype, .rank = recipe.rank, .data = initial};
    detinit_tracked tracked;
    detinit_change_part *part;
    detinit_change change;
    memcpy(memory.shape, recipe.shape, sizeof memory.shape);
    assert_int_equal(detinit_track_memory(&memory, &recipe, &tracked, NULL), DETINIT_OK);
    assert_int_equal(detinit_change_part_new(&recipe, 0, &part, NULL), DETINIT_OK);
    assert_int_equal(detinit_change_part_add(part, &tracked, NULL, NULL), DETINIT_OK);
    assert_int_equal(detinit_change_part_finish(part, &change, NULL), DETINIT_OK);
    assert_int_equal(change.exactly_unchanged, count);
    assert_int_equal(change.max_position, 0);
    assert_int_equal(change.first_difference, count);
    assert_double_same(change.max_delta, 0);
    assert_double_same(change.mean_delta, 0);
    assert_double_same(change.decay, 1);
    detinit_change_part_free(part);
    free(initial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merged),         cmocka_unit_test(test_each),
        cmocka_unit_test(test_thresholds),     cmocka_unit_test(test_refused),
        cmocka_unit_test(test_contradictions), cmocka_unit_test(test_other_tensors),
        cmocka_unit_test(test_untouched),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
