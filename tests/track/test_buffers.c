/* Packed files in memory, and unpacked into memory. */
#include "data_offset.h"
#include "in_memory.h"

#include "detinit_pack.h"

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
    assert_int_equal(detinit_pack_save(t.file, t.tracked, TRACKED, PACK_AT(4e-3), "p.safetensors",
                                       NULL, NULL, NULL),
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
    detinit_packed *packed = open_packed(&file);
    const size_t behind = detinit_tensorfile_find(file, "tiny.blocks")->count;
    unsigned char *last = (unsigned char *)buffer + bytes - behind - 9; /* of keras */
    close_packed(packed, file);
    unsigned char *keras = allocate(t.known[4].count * 4);
    for (size_t n = 0; n < bytes; n += bytes / 7) {
        if (detinit_tensorfile_open_memory(buffer, n, "buffer", &file, &error) == DETINIT_OK)
            fail_msg("%zu of %zu bytes", n, bytes);
        assert_non_null(strstr(error.message, "buffer"));
    }
    *last ^= 1;
    packed = open_packed(&file);
    assert_int_equal(
        detinit_unpack_memory(packed, TRACKED + UNTRACKED - 2, NULL, keras, NULL, &error),
        DETINIT_INVALID);
    assert_non_null(strstr(error.message, "tensor keras is not a good packed file: a block of it"));
    *last ^= 1;
    close_packed(packed, file);
    free(keras);
}

/* Tensors without recipes: a number, bytes that become fewer in blocks, and what shares bytes. */
static const unsigned char fours[] = {0x12, 0x34}, number[] = {0x5A, 0xA5};
static unsigned char many[70000];

static detinit_packed *pack_others(detinit_tensorfile **file)
{
    static const uint64_t three = 3, four = 4, all = sizeof many;
    const detinit_recipe recipe = recipe_of(DETINIT_FLOAT32, 0, 1, &three);
    detinit_tensorwriter *to;
    detinit_tensorfile *whole;
    detinit_tracked tracked;
    detinit_packed *packed;
    const float weights[3] = {0};
    for (size_t n = 0; n < sizeof many; n++)
        many[n] = (unsigned char)(n / 1000);
    assert_int_equal(detinit_tensorwriter_open("others.safetensors", &to, NULL), DETINIT_OK);
    detinit_tensorwriter_announce(to, "w", "F32", 1, &three, NULL, NULL);
    detinit_tensorwriter_announce(to, "number", "I16", 0, NULL, NULL, NULL);
    detinit_tensorwriter_announce(to, "fours", "F4", 1, &four, NULL, NULL);
    detinit_tensorwriter_announce(to, "many", "U8", 1, &all, NULL, NULL);
    detinit_tensorwriter_write(to, weights, sizeof weights, NULL);
    detinit_tensorwriter_write(to, number, sizeof number, NULL);
    detinit_tensorwriter_write(to, fours, sizeof fours, NULL);
    detinit_tensorwriter_write(to, many, sizeof many, NULL);
    assert_int_equal(detinit_tensorwriter_commit(to, NULL, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_open("others.safetensors", &whole, NULL), DETINIT_OK);
    assert_int_equal(
        detinit_track(whole, detinit_tensorfile_tensor(whole, 0), &recipe, &tracked, NULL),
        DETINIT_OK);
    assert_int_equal(
        detinit_pack_save(whole, &tracked, 1, PACK_AT(0), "p.safetensors", NULL, NULL, NULL),
        DETINIT_OK);
    detinit_tensorfile_close(whole);
    assert_int_equal(detinit_tensorfile_open("p.safetensors", file, NULL), DETINIT_OK);
    assert_int_equal(detinit_packed_open(*file, &packed, NULL), DETINIT_OK);
    return packed;
}

/* Steps of any size are those of whole items: one number has none, and halves of bytes cannot. */
static void test_items_of_any_size(void **state)
{
    (void)state;
    detinit_tensorfile *file;
    detinit_error error;
    unsigned char out[2] = {0}, *spread = allocate(3 * sizeof many);
    detinit_packed *packed = pack_others(&file);
    assert_true(detinit_tensorfile_find(file, "many.blocks") != NULL);
    assert_int_equal(detinit_unpack_memory(packed, 1, (int64_t[1]){0}, out, NULL, NULL),
                     DETINIT_OK);
    assert_memory_equal(out, number, sizeof number);
    assert_int_equal(detinit_unpack_memory(packed, 2, (int64_t[]){1}, out, NULL, &error),
                     DETINIT_INVALID);
    assert_string_equal(error.message,
                        "'fours': several items of F4 share a byte, which have no strides");
    assert_memory_equal(out, number, sizeof number);
    assert_int_equal(detinit_unpack_memory(packed, 2, NULL, out, NULL, NULL), DETINIT_OK);
    assert_memory_equal(out, fours, sizeof fours);
    memset(spread, 0xEE, 3 * sizeof many);
    assert_int_equal(detinit_unpack_memory(packed, 3, (int64_t[]){-3},
                                           spread + 3 * (sizeof many - 1), NULL, NULL),
                     DETINIT_OK);
    for (size_t n = 0; n < 3 * sizeof many; n++) {
        const unsigned char expected = n % 3 == 0 ? many[sizeof many - 1 - n / 3] : 0xEE;
        if (spread[n] != expected)
            fail_msg("byte %zu is %d", n, spread[n]);
    }
    free(spread);
    close_packed(packed, file);
}

/* As the file that was packed: parts of tensors that are in blocks, though they have no recipe. */
static void test_read_as_unpacked(void **state)
{
    (void)state;
    static const size_t parts[][2] = {
        {0, sizeof many}, {65530, 12}, {0, 65536}, {69999, 1}, {7, 0}};
    detinit_tensorfile *file, *whole;
    unsigned char *out = allocate(sizeof many);
    detinit_packed *packed = pack_others(&file);
    close_packed(packed, file);
    assert_int_equal(detinit_tensorfile_open_unpacked("p.safetensors", &whole, NULL), DETINIT_OK);
    const detinit_tensor *tensor = detinit_tensorfile_find(whole, "many");
    for (size_t n = 0; n < sizeof parts / sizeof parts[0]; n++) {
        memset(out, 0xEE, sizeof many);
        assert_int_equal(detinit_tensor_read(whole, tensor, parts[n][0], parts[n][1], out, NULL),
                         DETINIT_OK);
        assert_memory_equal(out, many + parts[n][0], parts[n][1]);
        if (parts[n][1] < sizeof many)
            assert_int_equal(out[parts[n][1]], 0xEE);
    }
    detinit_tensorfile_close(whole);
    /* A block that is damaged is so each time, and the other one is not. */
    size_t size;
    unsigned char *bytes_of = get_file("p.safetensors", &size);
    assert_int_equal(detinit_tensorfile_open("p.safetensors", &file, NULL), DETINIT_OK);
    const off_t at = data_offset(file, detinit_tensorfile_find(file, "many.blocks"));
    detinit_tensorfile_close(file);
    bytes_of[at + 4] ^= 1; /* the CRC-32 of the first block */
    assert_int_equal(detinit_tensorfile_open_memory(bytes_of, size, "damaged", &file, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_tensorfile_unpacked(file, &whole, NULL), DETINIT_OK);
    tensor = detinit_tensorfile_find(whole, "many");
    for (int n = 0; n < 2; n++) {
        detinit_error error;
        assert_int_equal(detinit_tensor_read(whole, tensor, 100, 5, out, &error), DETINIT_INVALID);
        assert_string_equal(error.message,
                            "'damaged', tensor many is not a good packed file: a block of it does "
                            "not become what was packed; its CRC-32 is another");
        assert_int_equal(detinit_tensor_read(whole, tensor, 65600, 5, out, NULL), DETINIT_OK);
        assert_memory_equal(out, many + 65600, 5);
    }
    detinit_tensorfile_close(whole);
    free(bytes_of);
    free(out);
}

/* A file that was packed without loss, saved as what has no ending of a format. */
static void test_no_format(void **state)
{
    (void)state;
    const detinit_pack_options how = {.level = 1, .lossless = true};
    detinit_tensorfile *file;
    detinit_packed *packed;
    detinit_error error;
    assert_int_equal(
        detinit_pack_save(t.file, t.tracked, TRACKED, &how, "p.safetensors", NULL, NULL, NULL),
        DETINIT_OK);
    assert_int_equal(detinit_tensorfile_open("p.safetensors", &file, NULL), DETINIT_OK);
    assert_int_equal(detinit_packed_open(file, &packed, NULL), DETINIT_OK);
    assert_int_equal(detinit_unpack_save(packed, "whole", NULL, NULL, &error), DETINIT_INVALID);
    assert_false(exists("whole"));
    assert_int_equal(detinit_unpack_save(packed, "none/whole.safetensors", NULL, NULL, &error),
                     DETINIT_IO);
    assert_non_null(strstr(error.message, "No such file or directory"));
    assert_int_equal(detinit_unpack_save(packed, "again.safetensors", NULL, NULL, &error),
                     DETINIT_OK);
    assert_same_files("trained.safetensors", "again.safetensors");
    close_packed(packed, file);
}

/* What cannot be packed. */
static void test_refused(void **state)
{
    (void)state;
    static float weights[60];
    const detinit_recipe recipe = recipe_of(DETINIT_FLOAT32, 0, 1, (uint64_t[]){60});
    const detinit_memory_tensor memory = {
        .name = "a\nb", .dtype = DETINIT_FLOAT32, .rank = 1, .shape = {60}, .data = weights};
    detinit_tracked own, twice[2] = {t.tracked[0], t.tracked[0]};
    detinit_error error;
    assert_int_equal(detinit_track_memory(&memory, &recipe, &own, NULL), DETINIT_OK);
    assert_int_equal(
        detinit_pack_save(NULL, &own, 1, PACK_AT(0), "no.safetensors", NULL, NULL, &error),
        DETINIT_INVALID);
    assert_ptr_equal(strstr(error.message, "the name of tensor 'a?b' must be "), error.message);
    own.name = "fc1"; /* but not of the file */
    assert_int_equal(
        detinit_pack_save(t.file, &own, 1, PACK_AT(0), "no.safetensors", NULL, NULL, &error),
        DETINIT_INVALID);
    assert_string_equal(
        error.message,
        "the tracked tensor 'fc1' is not one of 'trained.safetensors', or comes twice");
    assert_int_equal(
        detinit_pack_save(t.file, twice, 2, PACK_AT(0), "no.safetensors", NULL, NULL, &error),
        DETINIT_INVALID);
    assert_non_null(strstr(error.message, "or comes twice"));
    for (int level = 0; level <= 20; level += 20) {
        char expected[100];
        assert_int_equal(detinit_pack_save(t.file, t.tracked, TRACKED,
                                           &(detinit_pack_options){.level = level},
                                           "no.safetensors", NULL, NULL, &error),
                         DETINIT_INVALID);
        snprintf(expected, sizeof expected, "a level of 1 .. 19 was expected, not %d", level);
        assert_string_equal(error.message, expected);
    }
    assert_false(exists("no.safetensors"));
}

static int set_up(void **state)
{
    if (enter_scratch(state) != 0)
        return -1;
    open_trained(&t);
    return detinit_pack_memory(t.file, t.tracked, TRACKED, PACK_AT(4e-3), NULL, &buffer, &bytes,
                               NULL, NULL) == DETINIT_OK
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
        cmocka_unit_test(test_same_as_saved),     cmocka_unit_test(test_tracked),
        cmocka_unit_test(test_untracked),         cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_items_of_any_size), cmocka_unit_test(test_read_as_unpacked),
        cmocka_unit_test(test_no_format),         cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
