/* Weights in memory, with strides of every kind, beside the same weights in a file. */
#include "in_memory.h"

#include "detinit_pack.h"

static trained t;

/* ------------------------------------------------------------- one tensor each */

typedef struct delta_list {
    double *deltas;
    uint64_t count;
} delta_list;

static detinit_status take_deltas(void *context, uint64_t first, size_t count, const double *deltas,
                                  detinit_error *error)
{
    delta_list *list = context;
    (void)error;
    assert_int_equal(first, list->count);
    memcpy(list->deltas + first, deltas, count * sizeof *deltas);
    list->count += count;
    return DETINIT_OK;
}

static void compare_deltas(const detinit_tracked *a, const detinit_tracked *b)
{
    delta_list x = {allocate(a->count * sizeof(double) + 1), 0};
    delta_list y = {allocate(a->count * sizeof(double) + 1), 0};
    assert_int_equal(detinit_tracked_deltas(a, take_deltas, &x, NULL, NULL), DETINIT_OK);
    assert_int_equal(detinit_tracked_deltas(b, take_deltas, &y, NULL, NULL), DETINIT_OK);
    assert_int_equal(x.count, a->count);
    assert_int_equal(y.count, a->count);
    assert_memory_equal(x.deltas, y.deltas, a->count * sizeof(double));
    free(x.deltas);
    free(y.deltas);
}

static void compare_masks(const detinit_tracked *a, const detinit_tracked *b, double threshold)
{
    unsigned char *x = allocate(a->count + 1), *y = allocate(a->count + 1);
    uint64_t changed[2];
    assert_int_equal(detinit_tracked_mask(a, threshold, NULL, x, &changed[0], NULL), DETINIT_OK);
    assert_int_equal(detinit_tracked_mask(b, threshold, NULL, y, &changed[1], NULL), DETINIT_OK);
    assert_int_equal(changed[0], changed[1]);
    assert_memory_equal(x, y, a->count);
    free(x);
    free(y);
}

/* All that looks at one tensor says the same of both. */
static void compare_one(const detinit_tracked *a, const detinit_tracked *b, double threshold)
{
    detinit_change change[2];
    detinit_verification verified[2];
    uint64_t near[2];
    assert_int_equal(
        detinit_tracked_change(a, threshold, DETINIT_DECAY_EXACT, NULL, &change[0], NULL), 0);
    assert_int_equal(
        detinit_tracked_change(b, threshold, DETINIT_DECAY_EXACT, NULL, &change[1], NULL), 0);
    assert_memory_equal(&change[0], &change[1], sizeof change[0]);
    assert_int_equal(detinit_tracked_decay(a, threshold, 0.9, NULL, &near[0], NULL), DETINIT_OK);
    assert_int_equal(detinit_tracked_decay(b, threshold, 0.9, NULL, &near[1], NULL), DETINIT_OK);
    assert_int_equal(near[0], near[1]);
    memset(verified, 0, sizeof verified);
    assert_int_equal(detinit_tracked_verify(a, NULL, &verified[0], NULL), DETINIT_OK);
    assert_int_equal(detinit_tracked_verify(b, NULL, &verified[1], NULL), DETINIT_OK);
    assert_memory_equal(&verified[0], &verified[1], offsetof(detinit_verification, found_value));
    compare_masks(a, b, threshold);
    compare_deltas(a, b);
}

static void test_one(void **state)
{
    (void)state;
    for (int how = 0; how < LAYOUT_COUNT; how++) {
        array arrays[TRACKED];
        detinit_tracked tracked[TRACKED];
        lay_out_all(&t, (layout)how, arrays, tracked);
        for (size_t n = 0; n < TRACKED; n++) {
            compare_one(&t.tracked[n], &tracked[n], 4e-3);
            compare_one(&t.tracked[n], &tracked[n], 0);
        }
        release_all(arrays);
    }
}

/* ------------------------------------------------------------ all tensors together */

static void compare_thresholds(const detinit_tracked *a, const detinit_tracked *b)
{
    double x, y;
    for (double share = 0; share < 1; share += 0.3) {
        assert_int_equal(detinit_threshold_of_sparsity(a, TRACKED, share, NULL, &x, NULL), 0);
        assert_int_equal(detinit_threshold_of_sparsity(b, TRACKED, share, NULL, &y, NULL), 0);
        assert_double_same(x, y);
    }
    assert_int_equal(detinit_threshold_auto(a, TRACKED, NULL, &x, NULL), DETINIT_OK);
    assert_int_equal(detinit_threshold_auto(b, TRACKED, NULL, &y, NULL), DETINIT_OK);
    assert_double_same(x, y);
}

static detinit_pruning compare_prunings(const detinit_tracked *a, const detinit_tracked *b)
{
    detinit_pruning found[2];
    detinit_effect effects[2][TRACKED];
    memset(found, 0, sizeof found);
    assert_int_equal(detinit_pruning_find(a, TRACKED, 4e-3, true, NULL, &found[0], NULL), 0);
    assert_int_equal(detinit_pruning_find(b, TRACKED, 4e-3, true, NULL, &found[1], NULL), 0);
    assert_memory_equal(&found[0], &found[1], sizeof found[0]);
    assert_int_equal(detinit_prune_effects(a, TRACKED, &found[0], NULL, effects[0], NULL), 0);
    assert_int_equal(detinit_prune_effects(b, TRACKED, &found[0], NULL, effects[1], NULL), 0);
    assert_memory_equal(effects[0], effects[1], sizeof effects[0]);
    return found[0];
}

/* Files that are saved from memory are those that are saved from the tensors of a file. */
static void compare_saved(const detinit_tracked *b, const detinit_pruning *found)
{
    detinit_packing packing[2];
    void *buffer;
    size_t bytes, size;
    uint64_t changed[2][TRACKED];
    assert_int_equal(
        detinit_mask_save(t.tracked, TRACKED, 4e-3, "a.safetensors", NULL, changed[0], NULL, NULL),
        DETINIT_OK);
    assert_int_equal(
        detinit_mask_save(b, TRACKED, 4e-3, "b.safetensors", NULL, changed[1], NULL, NULL), 0);
    assert_same_files("a.safetensors", "b.safetensors");
    assert_memory_equal(changed[0], changed[1], sizeof changed[0]);
    for (int way = 0; way < DETINIT_PRUNE_COUNT; way++) {
        assert_int_equal(detinit_prune_save(NULL, t.tracked, TRACKED, (detinit_prune)way, found,
                                            "a.safetensors", NULL, NULL, NULL),
                         DETINIT_OK);
        assert_int_equal(detinit_prune_save(NULL, b, TRACKED, (detinit_prune)way, found,
                                            "b.safetensors", NULL, NULL, NULL),
                         DETINIT_OK);
        assert_same_files("a.safetensors", "b.safetensors");
    }
    assert_int_equal(detinit_pack_save(NULL, t.tracked, TRACKED, PACK_AT(4e-3), "a.safetensors",
                                       NULL, &packing[0], NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_pack_memory(NULL, b, TRACKED, PACK_AT(4e-3), NULL, &buffer, &bytes,
                                         &packing[1], NULL),
                     0);
    assert_int_equal(packing[0].bytes, packing[1].bytes);
    assert_int_equal(packing[0].stored_weights, packing[1].stored_weights);
    assert_int_equal(packing[0].dense_bytes, packing[1].dense_bytes);
    unsigned char *file = get_file("a.safetensors", &size);
    assert_int_equal(bytes, size);
    assert_memory_equal(buffer, file, size);
    free(file);
    free(buffer);
    remove("a.safetensors");
    remove("b.safetensors");
}

static void test_together(void **state)
{
    (void)state;
    for (int how = 0; how < LAYOUT_COUNT; how++) {
        array arrays[TRACKED];
        detinit_tracked tracked[TRACKED];
        lay_out_all(&t, (layout)how, arrays, tracked);
        compare_thresholds(t.tracked, tracked);
        const detinit_pruning found = compare_prunings(t.tracked, tracked);
        compare_saved(tracked, &found);
        release_all(arrays);
    }
}

/* ------------------------------------------------------------------- in place */

static void test_restore(void **state)
{
    (void)state;
    detinit_pruning found;
    assert_int_equal(detinit_pruning_find(t.tracked, TRACKED, 4e-3, true, NULL, &found, NULL), 0);
    for (int how = 0; how < LAYOUT_COUNT; how++) {
        for (int way = 0; way < DETINIT_PRUNE_COUNT; way++) {
            array arrays[TRACKED];
            detinit_tracked tracked[TRACKED];
            uint64_t zeroed = 0;
            size_t outside = 0;
            lay_out_all(&t, (layout)how, arrays, tracked);
            assert_int_equal(
                detinit_restore(tracked, TRACKED, (detinit_prune)way, &found, NULL, NULL),
                DETINIT_OK);
            for (size_t n = 0; n < TRACKED; n++)
                assert_restored(&arrays[n], &t.known[n], (detinit_prune)way, &zeroed);
            if (way == DETINIT_PRUNE_MAGNITUDE)
                assert_true(zeroed > 0 && zeroed <= found.sleeping);
            /* Nothing is written between the weights. */
            for (size_t n = 0; how == GAPS && n < arrays[0].bytes; n++)
                outside += n % 8 >= 4 && arrays[0].memory[n] != 0xA5;
            assert_int_equal(outside, 0);
            release_all(arrays);
        }
    }
}

/* ----------------------------------------------------------------- few weights */

static detinit_tensorfile *track_both(const detinit_recipe *recipe, const void *stored,
                                      detinit_tracked tracked[2])
{
    detinit_tensorfile *file;
    detinit_tensorwriter *writer;
    uint64_t bytes;
    const detinit_memory_tensor memory = {.name = "w",
                                          .dtype = recipe->dtype,
                                          .rank = recipe->rank,
                                          .shape = {recipe->shape[0], recipe->shape[1]},
                                          .data = (void *)(uintptr_t)stored};
    assert_int_equal(detinit_tensorwriter_open("w.safetensors", &writer, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_announce(writer, "w",
                                                   detinit_dtype_safetensors(recipe->dtype),
                                                   recipe->rank, recipe->shape, &bytes, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_write(writer, stored, (size_t)bytes, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_commit(writer, NULL, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_open("w.safetensors", &file, NULL), DETINIT_OK);
    assert_int_equal(
        detinit_track(file, detinit_tensorfile_tensor(file, 0), recipe, &tracked[0], NULL), 0);
    assert_int_equal(detinit_track_memory(&memory, recipe, &tracked[1], NULL), DETINIT_OK);
    return file;
}

/* `count` weights, in a file and in memory, that nobody trained. */
static void check_small(const detinit_tracked both[2], uint64_t count)
{
    detinit_change change;
    detinit_pruning pruning;
    detinit_effect effects[2];
    double threshold = -1;
    compare_one(&both[0], &both[1], 0);
    assert_int_equal(detinit_tracked_change(&both[1], 0, DETINIT_DECAY_EXACT, NULL, &change, NULL),
                     0);
    assert_int_equal(change.exactly_unchanged, count);
    assert_int_equal(change.changed_weights, 0);
    assert_true(change.mean_delta == 0 && change.decay == 1);
    assert_true(change.dead_units == count && change.dead_inputs == count);
    assert_true(change.dead_rows == count && change.dead_cols == count);
    assert_int_equal(detinit_threshold_of_sparsity(both, 2, 1, NULL, &threshold, NULL), 0);
    assert_true(threshold == 0);
    assert_int_equal(detinit_threshold_auto(both, 2, NULL, &threshold, NULL), DETINIT_OK);
    assert_true(threshold == 0);
    assert_int_equal(detinit_pruning_find(both, 2, 0, true, NULL, &pruning, NULL), DETINIT_OK);
    assert_int_equal(pruning.sleeping, 2 * count);
    assert_int_equal(detinit_prune_effects(both, 2, &pruning, NULL, effects, NULL), DETINIT_OK);
    assert_true(detinit_effect_relative(&effects[1], DETINIT_PRUNE_INIT) == 0);
    assert_int_equal(detinit_restore(&both[1], 1, DETINIT_PRUNE_INIT, &pruning, NULL, NULL), 0);
}

static void check_small_packed(const detinit_tracked *tracked, const void *initial)
{
    detinit_tensorfile *file;
    detinit_packed *packed;
    double back[1] = {0};
    void *buffer;
    size_t bytes;
    assert_int_equal(
        detinit_pack_memory(NULL, tracked, 1, PACK_AT(0), NULL, &buffer, &bytes, NULL, NULL),
        DETINIT_OK);
    assert_int_equal(detinit_tensorfile_open_memory(buffer, bytes, "b", &file, NULL), DETINIT_OK);
    assert_int_equal(detinit_packed_open(file, &packed, NULL), DETINIT_OK);
    assert_int_equal(detinit_unpack_memory(packed, 0, NULL, back, NULL, NULL), DETINIT_OK);
    assert_memory_equal(back, initial, tracked->count * detinit_dtype_size(tracked->dtype));
    detinit_packed_free(packed);
    detinit_tensorfile_close(file);
    free(buffer);
}

/* Nothing, and one number: no figure of them is a quotient by 0. */
static void test_small(void **state)
{
    (void)state;
    static const struct {
        size_t rank;
        uint64_t shape[2];
    } shapes[] = {{0, {0}}, {1, {0}}, {2, {0, 5}}, {2, {3, 0}}, {1, {1}}};
    for (size_t n = 0; n < sizeof shapes / sizeof shapes[0]; n++) {
        for (int dtype = 0; dtype < DETINIT_DTYPE_COUNT; dtype++) {
            detinit_recipe recipe =
                recipe_of((detinit_dtype)dtype, 3, shapes[n].rank, shapes[n].shape);
            detinit_tracked both[2];
            double initial[1];
            uint64_t count = 0;
            detinit_matrix *matrix;
            recipe.mode = DETINIT_NORMAL;
            recipe.std = 2;
            detinit_recipe_count(&recipe, &count);
            assert_int_equal(detinit_matrix_new(&recipe, NULL, &matrix, NULL), DETINIT_OK);
            assert_int_equal(detinit_matrix_range(matrix, 0, count, NULL, initial, NULL), 0);
            detinit_matrix_free(matrix);
            detinit_tensorfile *file = track_both(&recipe, initial, both);
            check_small(both, count);
            detinit_tensorfile_close(file);
            check_small_packed(&both[1], initial);
        }
    }
}

/* A step of 0 repeats a weight: one row stands for all. */
static void test_broadcast(void **state)
{
    (void)state;
    const known_tensor *k = &t.known[0];
    const size_t rows = 300, cols = 251;
    float *whole = allocate(rows * cols * sizeof *whole);
    detinit_tracked tracked[2];
    detinit_pruning pruning;
    detinit_error error;
    for (size_t row = 0; row < rows; row++)
        memcpy(whole + row * cols, k->trained, cols * sizeof *whole);
    detinit_memory_tensor memory = {
        .dtype = DETINIT_FLOAT32, .rank = 2, .shape = {rows, cols}, .data = whole};
    assert_int_equal(detinit_track_memory(&memory, &k->recipe, &tracked[0], NULL), DETINIT_OK);
    memory.strides = (int64_t[]){0, 4};
    memory.data = k->trained;
    assert_int_equal(detinit_track_memory(&memory, &k->recipe, &tracked[1], NULL), DETINIT_OK);
    compare_one(&tracked[0], &tracked[1], 1e-3);
    assert_int_equal(detinit_pruning_find(tracked, 2, 1e-3, false, NULL, &pruning, NULL), 0);
    assert_int_equal(detinit_restore(&tracked[1], 1, DETINIT_PRUNE_INIT, &pruning, NULL, &error),
                     DETINIT_INVALID);
    assert_non_null(strstr(error.message, "'weight' has strides by which weights share memory"));
    free(whole);
}

/* -------------------------------------------------------------------- progress */

typedef struct told {
    uint64_t done, total, stop_at;
} told;

static bool note(void *context, uint64_t done, uint64_t total)
{
    told *last = context;
    assert_true(done >= last->done && done <= total);
    assert_true(last->total == 0 || last->total == total);
    last->done = done;
    last->total = total;
    return done < last->stop_at;
}

/* All of it is told, and what is stopped sets back the rest when it is done again. */
static void test_progress(void **state)
{
    (void)state;
    array arrays[TRACKED];
    detinit_tracked tracked[TRACKED];
    detinit_pruning pruning;
    uint64_t total = 0, zeroed = 0;
    lay_out_all(&t, FORTRAN, arrays, tracked);
    for (size_t n = 0; n < TRACKED; n++)
        total += tracked[n].count;
    assert_int_equal(detinit_pruning_find(tracked, TRACKED, 4e-3, false, NULL, &pruning, NULL), 0);
    for (uint64_t stop_at = 1; stop_at <= total; stop_at += total / 3) {
        told stopped = {.stop_at = stop_at};
        const detinit_run run = {.threads = 2, .progress = note, .context = &stopped};
        assert_int_equal(
            detinit_restore(tracked, TRACKED, DETINIT_PRUNE_INIT, &pruning, &run, NULL),
            DETINIT_CANCELLED);
    }
    told finished = {.stop_at = UINT64_MAX};
    const detinit_run run = {.progress = note, .context = &finished};
    assert_int_equal(detinit_restore(tracked, TRACKED, DETINIT_PRUNE_INIT, &pruning, &run, NULL),
                     DETINIT_OK);
    assert_true(finished.done == total && finished.total == total);
    for (size_t n = 0; n < TRACKED; n++)
        assert_restored(&arrays[n], &t.known[n], DETINIT_PRUNE_INIT, &zeroed);
    release_all(arrays);
}

/* -------------------------------------------------------------------- refusals */

static void test_refused(void **state)
{
    (void)state;
    const detinit_recipe recipe = recipe_of(DETINIT_FLOAT32, 0, 2, (uint64_t[]){3, 4});
    float weights[12] = {0};
    const detinit_memory_tensor good = {
        .name = "w", .dtype = DETINIT_FLOAT32, .rank = 2, .shape = {3, 4}, .data = weights};
    const struct {
        detinit_memory_tensor memory;
        const char *expected;
    } bad[] = {
        {{.dtype = (detinit_dtype)9, .rank = 2, .shape = {3, 4}, .data = weights},
         "'weight' has no storage type"},
        {{.name = "w", .rank = 9, .data = weights}, "'w' has 9 dimensions; at most 8"},
        {{.name = "w", .rank = 2, .shape = {3, 4}}, "'w' has weights, but no data"},
        {{.name = "w", .rank = 2, .shape = {UINT64_MAX, 4}, .data = weights}, "can hold"},
        {{.name = "w", .rank = 2, .shape = {1u << 31, 1u << 31}, .data = weights}, "can hold"},
        {{.name = "w", .rank = 2, .shape = {4, 3}, .data = weights}, "(3, 4) was expected"},
        {{.name = "w", .rank = 1, .shape = {12}, .data = weights}, "(3, 4) was expected"},
    };
    detinit_tracked tracked;
    detinit_error error;
    for (size_t n = 0; n < sizeof bad / sizeof bad[0]; n++) {
        assert_int_equal(detinit_track_memory(&bad[n].memory, &recipe, &tracked, &error),
                         DETINIT_INVALID);
        if (strstr(error.message, bad[n].expected) == NULL)
            fail_msg("%s; not %s", error.message, bad[n].expected);
    }
    assert_int_equal(detinit_track_block(&good, &recipe, (uint64_t[]){0, 1}, &tracked, &error),
                     DETINIT_INVALID);
    assert_non_null(strstr(error.message, "a block within"));
    assert_int_equal(detinit_track_block(&good, &recipe, (uint64_t[]){4, 0}, &tracked, &error),
                     DETINIT_INVALID);
    assert_string_equal(error.message,
                        "'w' holds float32 (3, 4); a block within float32 (3, 4) was expected");
    detinit_pruning pruning = {.threshold = 1};
    assert_int_equal(detinit_restore(t.tracked, 1, DETINIT_PRUNE_INIT, &pruning, NULL, &error),
                     DETINIT_INVALID);
    assert_non_null(strstr(error.message, "is a file; weights in memory were expected"));
    assert_int_equal(detinit_track_memory(&good, &recipe, &tracked, &error), DETINIT_OK);
    pruning.threshold = -1;
    assert_int_equal(detinit_restore(&tracked, 1, DETINIT_PRUNE_INIT, &pruning, NULL, &error),
                     DETINIT_INVALID);
    assert_int_equal(detinit_prune_save(t.file, &tracked, 1, DETINIT_PRUNE_INIT, &pruning,
                                        "p.safetensors", NULL, NULL, &error),
                     DETINIT_INVALID);
}

static int set_up(void **state)
{
    if (enter_scratch(state) != 0)
        return -1;
    open_trained(&t);
    return 0;
}

static int tear_down(void **state)
{
    close_trained(&t);
    return leave_scratch(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one),       cmocka_unit_test(test_together),
        cmocka_unit_test(test_restore),   cmocka_unit_test(test_small),
        cmocka_unit_test(test_broadcast), cmocka_unit_test(test_progress),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
