/* Files of tensors: what is written is read again, whatever its type. */
#include "data_offset.h"
#include "scratch.h"

#include "detinit_track.h"

static void reads_what_it_writes(void **state)
{
    (void)state;
    detinit_tensorwriter *writer;
    detinit_tensorfile *file;
    const uint64_t shape[2] = {1, 2};
    const float weights[2] = {1.5f, -2.0f};
    float got[2];
    assert_int_equal(detinit_tensorwriter_open("a", &writer, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_metadata(writer, "k", "v", NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_announce(writer, "w", "F32", 2, shape, NULL, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_write(writer, weights, 8, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_commit(writer, NULL, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_open("a", &file, NULL), DETINIT_OK);
    assert_string_equal(detinit_tensorfile_metadata(file, "k"), "v");
    const detinit_tensor *tensor = detinit_tensorfile_find(file, "w");
    assert_non_null(tensor);
    assert_int_equal(detinit_tensor_read(file, tensor, 0, 2, got, NULL), DETINIT_OK);
    assert_memory_equal(got, weights, 8);
    assert_int_equal(truncate("a", data_offset(file, tensor) + 4), 0);
    assert_int_equal(detinit_tensor_read(file, tensor, 0, 2, got, NULL), DETINIT_IO);
    detinit_tensorfile_close(file);
}

/* What no file handed out has nowhere to be read from: a copy, a tensor of another file. */
static void reads_its_own_tensors(void **state)
{
    const uint64_t shape[1] = {1};
    detinit_tensorwriter *writer;
    detinit_tensorfile *file, *other;
    detinit_error error;
    float got;
    (void)state;
    assert_int_equal(detinit_tensorwriter_open("own", &writer, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_announce(writer, "w", "F32", 1, shape, NULL, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_write(writer, "1234", 4, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_commit(writer, NULL, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_open("own", &file, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_open("own", &other, NULL), DETINIT_OK);
    const detinit_tensor *tensor = detinit_tensorfile_tensor(file, 0), copy = *tensor;
    assert_int_equal(detinit_tensor_read(file, tensor, 0, 1, &got, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensor_read(file, &copy, 0, 1, &got, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "'own' has no such weights");
    assert_int_equal(detinit_tensor_read(other, tensor, 0, 1, &got, &error), DETINIT_INVALID);
    detinit_tensorfile_close(file);
    detinit_tensorfile_close(other);
}

/* Every type that can be read can be written; sizes in bits, as the format tells them. */
static const struct {
    const char *type;
    unsigned bits;
    bool weights;
} types[] = {
    {"F64", 64, true},         {"F32", 32, true},     {"F16", 16, true},
    {"BF16", 16, true},        {"BOOL", 8, false},    {"U8", 8, false},
    {"I8", 8, false},          {"U16", 16, false},    {"I16", 16, false},
    {"U32", 32, false},        {"I32", 32, false},    {"U64", 64, false},
    {"I64", 64, false},        {"C64", 64, false},    {"F8_E5M2", 8, false},
    {"F8_E4M3", 8, false},     {"F8_E8M0", 8, false}, {"F8_E5M2FNUZ", 8, false},
    {"F8_E4M3FNUZ", 8, false}, {"F6_E3M2", 6, false}, {"F6_E2M3", 6, false},
    {"F4", 4, false},
};

#define TYPE_COUNT (sizeof types / sizeof types[0])

static void copies_every_type(void **state)
{
    const uint64_t shape[3] = {3, 1, 8};
    unsigned char data[TYPE_COUNT][24 * 8], got[24 * 8];
    detinit_tensorwriter *writer;
    detinit_tensorfile *file;
    uint64_t bytes[TYPE_COUNT];
    (void)state;
    assert_int_equal(detinit_tensorwriter_open("types", &writer, NULL), DETINIT_OK);
    for (size_t n = 0; n < TYPE_COUNT; n++) {
        assert_int_equal(detinit_tensorwriter_announce(writer, types[n].type, types[n].type, 3,
                                                       shape, &bytes[n], NULL),
                         DETINIT_OK);
        assert_int_equal(bytes[n], 24 * types[n].bits / 8);
    }
    for (size_t n = 0; n < TYPE_COUNT; n++) {
        for (size_t k = 0; k < bytes[n]; k++)
            data[n][k] = (unsigned char)detinit_hash64(1000 * n + k);
        assert_int_equal(detinit_tensorwriter_write(writer, data[n], (size_t)bytes[n], NULL),
                         DETINIT_OK);
    }
    assert_int_equal(detinit_tensorwriter_commit(writer, NULL, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_open("types", &file, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_count(file), TYPE_COUNT);
    for (size_t n = 0; n < TYPE_COUNT; n++) {
        const detinit_tensor *tensor = detinit_tensorfile_find(file, types[n].type);
        assert_ptr_equal(tensor, detinit_tensorfile_tensor(file, n));
        assert_string_equal(tensor->type, types[n].type);
        assert_int_equal(tensor->weights, types[n].weights);
        assert_int_equal(tensor->count * tensor->item_bytes, bytes[n]);
        assert_int_equal(detinit_tensor_read(file, tensor, 0, (size_t)tensor->count, got, NULL),
                         DETINIT_OK);
        assert_memory_equal(got, data[n], (size_t)bytes[n]);
        if (tensor->weights)
            assert_string_equal(detinit_dtype_safetensors(tensor->dtype), tensor->type);
    }
    assert_null(detinit_dtype_safetensors(DETINIT_DTYPE_COUNT));
    detinit_tensorfile_close(file);
}

static void refuses_to_announce(void **state)
{
    static const struct {
        const char *name, *type;
        size_t rank;
        uint64_t shape[3];
        const char *message;
    } wrong[] = {
        {"b", "F9", 1, {1}, "'F9' is not a type that can be written"},
        {"a", "F32", 1, {1}, "the name 'a' is taken"},
        {"__metadata__", "F32", 1, {1}, "the name '__metadata__' is taken"},
        {"\xFF", "F32", 1, {1}, "the name '?' is not UTF-8 text"},
        {"b", "C128", 1, {1}, "'C128' is not a type that can be written"},
        {"b", "F4", 1, {3}, "'b': its items do not fill whole bytes"},
        {"b", "U8", 2, {UINT64_MAX, 0}, "'b': its shape is too large"},
        {"b", "U8", 3, {INT64_MAX, INT64_MAX, 1}, "'b': its shape is too large"},
        {"b", "U8", 1, {INT64_MAX}, "'b': the file would be too large"},
    };
    const uint64_t one[1] = {1}, none[2] = {INT64_MAX, 0};
    detinit_tensorwriter *writer;
    detinit_error error;
    (void)state;
    assert_int_equal(detinit_tensorwriter_open("wrong", &writer, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_announce(writer, "a", "F32", 1, one, NULL, NULL),
                     DETINIT_OK);
    for (size_t n = 0; n < sizeof wrong / sizeof wrong[0]; n++) {
        assert_int_equal(detinit_tensorwriter_announce(writer, wrong[n].name, wrong[n].type,
                                                       wrong[n].rank, wrong[n].shape, NULL, &error),
                         DETINIT_INVALID);
        assert_string_equal(error.message, wrong[n].message);
    }
    assert_int_equal(detinit_tensorwriter_announce(writer, "b", "F64", 2, none, NULL, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_write(writer, "1234", 4, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_write(writer, "5", 1, NULL), DETINIT_INVALID);
    assert_int_equal(detinit_tensorwriter_announce(writer, "c", "F32", 1, one, NULL, NULL),
                     DETINIT_INVALID);
    assert_int_equal(detinit_tensorwriter_commit(writer, NULL, NULL), DETINIT_OK);
    detinit_tensorfile *file;
    assert_int_equal(detinit_tensorfile_open("wrong", &file, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_count(file), 2);
    assert_int_equal(detinit_tensorfile_find(file, "b")->shape[0], INT64_MAX);
    detinit_tensorfile_close(file);
}

/* A header that no reader would take is not written. */
static void refuses_long_headers(void **state)
{
    char *value = allocate(100000001);
    detinit_tensorwriter *writer;
    detinit_error error;
    (void)state;
    memset(value, 'x', 100000000);
    value[100000000] = '\0';
    assert_int_equal(detinit_tensorwriter_open("long", &writer, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_metadata(writer, "k", value, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_commit(writer, NULL, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "the header of 'long' would have more than the 100000000 "
                                       "bytes that the format allows; share its tensors out to "
                                       "several files");
    assert_false(exists("long"));
    free(value);
}

static void tells_metadata(void **state)
{
    static const char *const pairs[][2] = {
        {"z", ""}, {"a", "line\nline \xC3\xA4 \"quoted\" \\"}, {"", "empty"}, {"a b", "\t"}};
    static const char *const sorted[] = {"", "a", "a b", "z"};
    detinit_tensorwriter *writer;
    detinit_tensorfile *file;
    (void)state;
    assert_int_equal(detinit_tensorwriter_open("metadata", &writer, NULL), DETINIT_OK);
    for (size_t n = 0; n < 4; n++)
        assert_int_equal(detinit_tensorwriter_metadata(writer, pairs[n][0], pairs[n][1], NULL),
                         DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_metadata(writer, "z", "again", NULL), DETINIT_INVALID);
    assert_int_equal(detinit_tensorwriter_metadata(writer, "y", "\xFF", NULL), DETINIT_INVALID);
    assert_int_equal(detinit_tensorwriter_commit(writer, NULL, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_open("metadata", &file, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_count(file), 0);
    for (size_t n = 0; n < 4; n++) {
        assert_string_equal(detinit_tensorfile_metadata_key(file, n), sorted[n]);
        assert_string_equal(detinit_tensorfile_metadata(file, pairs[n][0]), pairs[n][1]);
    }
    assert_null(detinit_tensorfile_metadata_key(file, 4));
    assert_null(detinit_tensorfile_metadata(file, "none"));
    assert_null(detinit_tensorfile_find(file, ""));
    detinit_tensorfile_close(file);
}

static void tracks_weights_alone(void **state)
{
    static const char *const names[] = {"I64", "F8_E4M3", "BOOL"};
    const uint64_t shape[2] = {1, 2};
    const detinit_recipe recipe = detinit_recipe_matrix(1, 0, 1, 2);
    detinit_tensorwriter *writer;
    detinit_tensorfile *file;
    (void)state;
    assert_int_equal(detinit_tensorwriter_open("alone", &writer, NULL), DETINIT_OK);
    for (size_t n = 0; n < 3; n++)
        assert_int_equal(
            detinit_tensorwriter_announce(writer, names[n], names[n], 2, shape, NULL, NULL),
            DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_write(writer, "01234567012345670123", 20, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_commit(writer, NULL, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_open("alone", &file, NULL), DETINIT_OK);
    for (size_t n = 0; n < 3; n++) {
        detinit_tracked tracked;
        detinit_error error;
        char message[100];
        assert_int_equal(
            detinit_track(file, detinit_tensorfile_tensor(file, n), &recipe, &tracked, &error),
            DETINIT_INVALID);
        snprintf(message, sizeof message,
                 "'alone': %s holds %s; F64, F32, F16 or BF16 was expected", names[n], names[n]);
        assert_string_equal(error.message, message);
    }
    detinit_tensorfile_close(file);
}

/* An index tells of files beside it, of which a piece of memory has none; nor is a text a file of
 * tensors. */
static void refuses_an_index_without_its_folder(void **state)
{
    static const char index[] = "{\"weight_map\": {\"a\": \"w.safetensors\"}}";
    detinit_tensorfile *file;
    detinit_error error;
    (void)state;
    assert_int_equal(
        detinit_tensorfile_open_memory(index, sizeof index - 1, "index", &file, &error),
        DETINIT_INVALID);
    assert_string_equal(error.message, "'index': an index needs the folder of its files");
    assert_int_equal(detinit_tensorfile_open_memory("text", 4, "a text", &file, &error),
                     DETINIT_INVALID);
    assert_non_null(strstr(error.message, "'a text' is neither a .npy"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_what_it_writes),
                                       cmocka_unit_test(reads_its_own_tensors),
                                       cmocka_unit_test(copies_every_type),
                                       cmocka_unit_test(refuses_to_announce),
                                       cmocka_unit_test(refuses_long_headers),
                                       cmocka_unit_test(tells_metadata),
                                       cmocka_unit_test(tracks_weights_alone),
                                       cmocka_unit_test(refuses_an_index_without_its_folder)};
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
