/* Files of tensors: what is written is read again, and what is wrong is refused. */
#include "scratch.h"

#include "detinit_tracking.h"

static void test_round_trip(void **state)
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
    assert_int_equal(truncate("a", (off_t)tensor->offset + 4), 0);
    assert_int_equal(detinit_tensor_read(file, tensor, 0, 2, got, NULL), DETINIT_IO);
    detinit_tensorfile_close(file);
}

/* Headers with four bytes of data behind them. */
static const char *const bad[][2] = {
    {"[]", "neither a .npy nor"},
    {"{", "a text in quotes"},
    {"{\"__metadata__\":{\"a\":1}}", "must map texts to texts"},
    {"{\"a\":1}", "an object of dtype"},
    {"{\"a\":{\"dtype\":\"F9\",\"shape\":[1],\"data_offsets\":[0,4]}}", "its dtype"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", "its shape"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", "its data_offsets"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", "its data_offsets"},
    {"{\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]}}", "from byte 2 on"},
};

static void test_bad_headers(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof bad / sizeof bad[0]; n++) {
        detinit_tensorfile *opened;
        detinit_error error;
        FILE *file = fopen("bad", "w");
        assert_non_null(file);
        fprintf(file, "%c", (int)strlen(bad[n][0]));
        fwrite("\0\0\0\0\0\0\0", 1, 7, file);
        fprintf(file, "%sdata", bad[n][0]);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(detinit_tensorfile_open("bad", &opened, &error), DETINIT_INVALID);
        assert_non_null(strstr(error.message, bad[n][1]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip),
                                       cmocka_unit_test(test_bad_headers)};
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
