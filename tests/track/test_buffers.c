/* Packed files in memory, and unpacked into memory. */
#include "in_memory.h"

static trained t;
static void *buffer; /* the trained file, packed */
static size_t bytes;

static detinit_packed *open_packed(detinit_tensorfile **file)
{
    detinit_packed *packed;
    assert_int_equal(detinit_tensorfile_open_memory(buffer, bytes, "buffer", file, NULL), 0);
    assert_int_equal(detinit_packed_open(*file, &packed, NULL), DETINIT_OK);
    return packed;
}

static void close_packed(detinit_packed *packed, detinit_tensorfile *file)
{
    detinit_packed_free(packed);
    detinit_tensorfile_close(file);
}

static void test_same_as_saved(void **state)
{
    (void)state;
    size_t size;
    assert_int_equal(
        detinit_pack_save(t.file, t.tracked, TRACKED, 4e-3, "p.safetensors", NULL, NULL, NULL),
        DETINIT_OK);
    unsigned char *saved = get_file("p.safetensors", &size);
    assert_int_equal(size, bytes);
    assert_memory_equal(saved, buffer, size);
    free(saved);
}

/* What detinit_restore makes of the same weights, wherever they are put. */
static void test_tracked(void **state)
{
    (void)state;
    detinit_tensorfile *file;
    detinit_tensor about;
    detinit_packed *packed = open_packed(&file);
    assert_int_equal(detinit_packed_count(packed), TRACKED + UNTRACKED);
    for (int how = 0; how < LAYOUT_COUNT; how++) {
        array arrays[TRACKED];
        detinit_tracked tracked[TRACKED];
        size_t next = 0;
        lay_out_all(&t, (layout)how, arrays, tracked);
        for (size_t n = 0; n < TRACKED + UNTRACKED; n++) {
            assert_true(detinit_packed_tensor(packed, n, &about));
            if (next == TRACKED || strcmp(about.name, t.known[next].name) != 0)
                continue;
            array *a = &arrays[next];
            uint64_t zeroed = 0;
            assert_int_equal(about.rank, a->tensor.rank);
            assert_int_equal(about.dtype, a->tensor.dtype);
            assert_int_equal(about.count, t.known[next].count);
            memset(a->memory, 0, a->bytes);
            assert_int_equal(
                detinit_unpack_memory(packed, n, a->tensor.strides, a->tensor.data, NULL, NULL),
                DETINIT_OK);
            assert_restored(a, &t.known[next++], DETINIT_PRUNE_INIT, &zeroed);
        }
        assert_int_equal(next, TRACKED);
        release_all(arrays);
    }
    close_packed(packed, file);
}

static void test_untracked(void **state)
{
    (void)state;
    detinit_tensorfile *file;
    detinit_tensor about;
    uint64_t step[2 * 3] = {0};
    detinit_packed *packed = open_packed(&file);
    assert_true(detinit_packed_tensor(packed, 1, &about));
    assert_string_equal(about.name, "step");
    assert_false(detinit_packed_tensor(packed, TRACKED + UNTRACKED, &about));
    assert_int_equal(detinit_unpack_memory(packed, 1, (int64_t[]){16}, step, NULL, NULL),
                     DETINIT_OK);
    for (size_t n = 0; n < 3; n++)
        assert_true(step[2 * n] == trained_step[n] && step[2 * n + 1] == 0);
    assert_int_equal(detinit_unpack_memory(packed, 1, (int64_t[]){0}, step, NULL, NULL),
                     DETINIT_INVALID);
    assert_int_equal(detinit_unpack_memory(packed, 99, NULL, step, NULL, NULL), DETINIT_INVALID);
    close_packed(packed, file);
}

/* Not the whole of it, and one wrong bit. */
static void test_damaged(void **state)
{
    (void)state;
    detinit_error error;
    detinit_tensorfile *file;
    unsigned char *last = (unsigned char *)buffer + bytes - 9; /* before the bits of tiny's 61 */
    unsigned char *keras = allocate(t.known[4].count * 4);
    for (size_t n = 0; n < bytes; n += bytes / 7) {
        if (detinit_tensorfile_open_memory(buffer, n, "buffer", &file, &error) == DETINIT_OK)
            fail_msg("%zu of %zu bytes", n, bytes);
        assert_non_null(strstr(error.message, "buffer"));
    }
    *last ^= 1;
    detinit_packed *packed = open_packed(&file);
    assert_int_equal(
        detinit_unpack_memory(packed, TRACKED + UNTRACKED - 2, NULL, keras, NULL, &error),
        DETINIT_INVALID);
    assert_non_null(strstr(error.message, "keras does not become"));
    *last ^= 1;
    close_packed(packed, file);
    free(keras);
}

static int set_up(void **state)
{
    if (enter_scratch(state) != 0)
        return -1;
    open_trained(&t);
    return detinit_pack_memory(t.file, t.tracked, TRACKED, 4e-3, NULL, &buffer, &bytes, NULL,
                               NULL) == DETINIT_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    free(buffer);
    close_trained(&t);
    return leave_scratch(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_saved),
        cmocka_unit_test(test_tracked),
        cmocka_unit_test(test_untracked),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
