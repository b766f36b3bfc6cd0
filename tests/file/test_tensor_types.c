/* Types of tensors that are no weights: their values are those that ml_dtypes and NumPy have. */
#include "scratch.h"

#include "base/byteorder.h"
#include "detinit_files.h"
#include "file/npy_code.h"
#include "file/tensortype.h"

/* Every item of every small type; small_types.csv is what ml_dtypes makes of its bits. */
static void decodes_small_types(void **state)
{
    FILE *file = open_in("TEST_DATA", "small_types.csv");
    char name[32], value[64];
    unsigned item, lines = 0;
    (void)state;
    while (fscanf(file, "%31[^,],%u,%63s\n", name, &item, value) == 3) {
        const tensor_type *type = tensor_type_named(name);
        const unsigned char stored[2] = {(unsigned char)item, 0xFF};
        double got, wanted = strtod(value, NULL);
        assert_non_null(type);
        tensor_decode(type, stored, 0, 1, &got);
        if (isnan(wanted))
            assert_true(isnan(got));
        else
            assert_double_same(got, wanted);
        lines++;
    }
    fclose(file);
    assert_int_equal(lines, 5 * 256 + 2 * 64 + 16);
}

/* A file of one tensor of eight items; what its values are. */
static void assert_values(const char *type, const void *data, size_t bytes, size_t numbers,
                          const double *values)
{
    detinit_tensorwriter *writer;
    detinit_tensorfile *file;
    double got[16];
    const uint64_t shape[2] = {2, 4};
    assert_int_equal(detinit_tensorwriter_open("values", &writer, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_announce(writer, "w", type, 2, shape, NULL, NULL),
                     DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_write(writer, data, bytes, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorwriter_commit(writer, NULL, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensorfile_open("values", &file, NULL), DETINIT_OK);
    const detinit_tensor *tensor = detinit_tensorfile_tensor(file, 0);
    for (size_t first = 0; first <= 8; first++)
        for (size_t count = 0; first + count <= 8; count++) {
            assert_int_equal(detinit_tensor_values(file, tensor, first, count, got, NULL),
                             DETINIT_OK);
            for (size_t n = 0; n < count * numbers; n++)
                assert_double_same(got[n], values[first * numbers + n]);
        }
    assert_int_equal(detinit_tensor_values(file, tensor, 8, 1, got, NULL), DETINIT_INVALID);
    detinit_tensorfile_close(file);
}

static void gives_values(void **state)
{
    static int16_t shorts[8] = {0, 1, -1, INT16_MAX, INT16_MIN, 256, -256, 77};
    static uint64_t longs[8] = {0, 1, UINT64_MAX, 1ull << 63, (1ull << 53) + 1, 2, 3, 4};
    static float complexes[16] = {0, -1, 2, 3.5f, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    /* Lowest bits first: 1 2 3 4 5 6 7 0 as four bits, and 1 2 4 8 16 31 33 63 as six. */
    static const unsigned char fours[4] = {0x21, 0x43, 0x65, 0x07};
    static const unsigned char sixes[6] = {0x81, 0x40, 0x20, 0xD0, 0x17, 0xFE};
    (void)state;
    turn_little_endian(shorts, sizeof *shorts, 8);
    turn_little_endian(longs, sizeof *longs, 8);
    turn_little_endian(complexes, sizeof *complexes, 16);
    assert_values("I16", shorts, sizeof shorts, 1,
                  (double[]){0, 1, -1, 32767, -32768, 256, -256, 77});
    assert_values("U64", longs, sizeof longs, 1, (double[]){0, 1, 0x1p64, 0x1p63, 0x1p53, 2, 3, 4});
    assert_values("C64", complexes, sizeof complexes, 2,
                  (double[]){0, -1, 2, 3.5, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
    assert_values("F4", fours, sizeof fours, 1, (double[]){0.5, 1, 1.5, 2, 3, 4, 6, 0});
    assert_values("F6_E3M2", sixes, sizeof sixes, 1,
                  (double[]){0.0625, 0.125, 0.25, 0.5, 2, 28, -0.0625, -28});
    assert_values("BOOL", "\0\1\1\0\1\0\0\1", 8, 1, (double[]){0, 1, 1, 0, 1, 0, 0, 1});
    assert_values("I8", "\xFF\x80\x7F\0\1\2\3\4", 8, 1, (double[]){-1, -128, 127, 0, 1, 2, 3, 4});
}

/* As numpy.dtype has them; NULL: it has none, or one that is not read. */
static void knows_numpys_names(void **state)
{
    static const struct {
        const char *descr, *type;
        bool big_endian;
    } known[] = {
        {"float32", "F32", false},    {"f4", "F32", false},
        {"<f", "F32", false},         {">f", "F32", true},
        {"=d", "F64", false},         {"double", "F64", false},
        {"float", "F64", false},      {"e", "F16", false},
        {"half", "F16", false},       {"single", "F32", false},
        {"int", "I64", false},        {"l", "I64", false},
        {">q", "I64", true},          {"uint8", "U8", false},
        {">B", "U8", false},          {"?", "BOOL", false},
        {"bool", "BOOL", false},      {"int16", "I16", false},
        {"complex64", "C64", false},  {"D", "C128", false},
        {">c16", "C128", true},       {"|u1", "U8", false},
        {"uintp", "U64", false},      {"V2", "BF16", false},
        {"<float32", NULL, false},    {"longdouble", NULL, false},
        {"g", NULL, false},           {"float ", NULL, false},
        {"float float", NULL, false}, {"loat", NULL, false},
        {"fd", NULL, false},          {"", NULL, false},
        {"<", NULL, false},           {"Float32", NULL, false},
        {"O", NULL, false},           {"i16", NULL, false},
    };
    (void)state;
    for (size_t n = 0; n < sizeof known / sizeof known[0]; n++) {
        bool big_endian;
        const tensor_type *type = npy_type(known[n].descr, &big_endian);
        if (known[n].type == NULL) {
            assert_null(type);
            continue;
        }
        assert_non_null(type);
        assert_string_equal(type->name, known[n].type);
        assert_int_equal(big_endian, known[n].big_endian);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_small_types),
        cmocka_unit_test_setup_teardown(gives_values, enter_scratch, leave_scratch),
        cmocka_unit_test(knows_numpys_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
