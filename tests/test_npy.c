/* Headers of .npy files, against bytes that NumPy 1.24 wrote. */
#include "check.h"

#include "npy.h"

/* What numpy.save put before the data, spaces at the end left out. */
typedef struct header {
    detinit_dtype dtype;
    size_t rank;
    uint64_t shape[DETINIT_MAX_RANK];
    size_t size;
    const char *dictionary;
} header;

static const header headers[] = {
    {DETINIT_FLOAT64,
     2,
     {10, 20},
     128,
     "{'descr': '<f8', 'fortran_order': False, 'shape': (10, 20), }"},
    {DETINIT_FLOAT32,
     2,
     {1, 1},
     128,
     "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }"},
    {DETINIT_FLOAT16,
     2,
     {1, 5},
     128,
     "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 5), }"},
    {DETINIT_BFLOAT16,
     2,
     {5, 1},
     128,
     "{'descr': '<V2', 'fortran_order': False, 'shape': (5, 1), }"},
    {DETINIT_FLOAT64, 1, {7}, 128, "{'descr': '<f8', 'fortran_order': False, 'shape': (7,), }"},
    {DETINIT_FLOAT32,
     4,
     {64, 3, 7, 7},
     128,
     "{'descr': '<f4', 'fortran_order': False, 'shape': (64, 3, 7, 7), }"},
    /* One digit less than a full line, and a full one, which gets another line of spaces. */
    {DETINIT_FLOAT64,
     3,
     {1, 10000000000000000, 1000000000000000000},
     128,
     "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 10000000000000000, "
     "1000000000000000000), }"},
    {DETINIT_FLOAT64,
     3,
     {1, 100000000000000000, 1000000000000000000},
     192,
     "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 100000000000000000, "
     "1000000000000000000), }"},
    {DETINIT_FLOAT64,
     8,
     {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX},
     256,
     "{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775807, 9223372036854775807, "
     "9223372036854775807, 9223372036854775807, 9223372036854775807, 9223372036854775807, "
     "9223372036854775807, 9223372036854775807), }"},
};

/* The bytes of a header as numpy.save wrote them. */
static size_t numpy_bytes(const header *h, unsigned char bytes[NPY_HEADER_MOST])
{
    const size_t length = strlen(h->dictionary);
    memcpy(bytes, "\x93NUMPY\x01\x00", 8);
    bytes[8] = (unsigned char)((h->size - 10) & 0xFF);
    bytes[9] = (unsigned char)((h->size - 10) >> 8);
    memset(bytes + 10, ' ', h->size - 10);
    memcpy(bytes + 10, h->dictionary, length);
    bytes[h->size - 1] = '\n';
    return h->size;
}

#define HEADER_COUNT (sizeof headers / sizeof headers[0])

static void writes_what_numpy_writes(void **state)
{
    (void)state;
    for (size_t n = 0; n < HEADER_COUNT; n++) {
        const header *h = &headers[n];
        unsigned char expected[NPY_HEADER_MOST], actual[NPY_HEADER_MOST];
        detinit_recipe recipe = {.rank = h->rank, .dtype = h->dtype};
        memcpy(recipe.shape, h->shape, sizeof recipe.shape);
        assert_int_equal(npy_header(&recipe, actual), numpy_bytes(h, expected));
        assert_memory_equal(actual, expected, h->size);
    }
}

static void reads_what_it_writes(void **state)
{
    (void)state;
    for (size_t n = 0; n < HEADER_COUNT; n++) {
        const header *h = &headers[n];
        unsigned char bytes[NPY_HEADER_MOST];
        npy_array array;
        const size_t size = numpy_bytes(h, bytes);
        assert_int_equal(npy_read(bytes, size, "w.npy", &array, NULL), DETINIT_OK);
        assert_int_equal(array.dtype, h->dtype);
        assert_int_equal(array.rank, h->rank);
        assert_int_equal(array.offset, size);
        for (size_t d = 0; d < h->rank; d++)
            assert_true(array.shape[d] == h->shape[d]);
    }
}

/* A file of this version with this dictionary and no padding. */
static size_t file_of(int version, const char *dictionary, unsigned char bytes[NPY_HEADER_MOST])
{
    const size_t length = strlen(dictionary), prefix = version == 1 ? 10 : 12;
    memset(bytes, 0, NPY_HEADER_MOST);
    memcpy(bytes, "\x93NUMPY", 6);
    bytes[6] = (unsigned char)version;
    bytes[8] = (unsigned char)(length & 0xFF);
    bytes[9] = (unsigned char)(length >> 8);
    memcpy(bytes + prefix, dictionary, length);
    return prefix + length;
}

static detinit_status read_text(int version, const char *dictionary, npy_array *array,
                                detinit_error *error)
{
    unsigned char bytes[NPY_HEADER_MOST];
    const size_t size = file_of(version, dictionary, bytes);
    return npy_read(bytes, size, "w.npy", array, error);
}

static void reads_what_others_write(void **state)
{
    static const char *const texts[] = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }\n",
        "{'shape': (3, 4), 'fortran_order': False, 'descr': '<f4'}",
        "{\"descr\":\"<f4\",\"fortran_order\":False,\"shape\":(3,4)}",
        " { 'descr' : '<f4' ,'fortran_order':False,'shape': ( 3 , 4 , ) }  \n",
    };
    npy_array array;
    (void)state;
    for (size_t n = 0; n < 3 * sizeof texts / sizeof texts[0]; n++) {
        assert_int_equal(read_text((int)(n % 3) + 1, texts[n / 3], &array, NULL), DETINIT_OK);
        assert_int_equal(array.dtype, DETINIT_FLOAT32);
        assert_int_equal(array.rank, 2);
        assert_int_equal(array.shape[0], 3);
        assert_int_equal(array.shape[1], 4);
    }
    assert_int_equal(
        read_text(1, "{'descr': '|V2', 'fortran_order': True, 'shape': (0,), }", &array, NULL),
        DETINIT_OK);
    assert_int_equal(array.dtype, DETINIT_BFLOAT16);
    assert_int_equal(array.shape[0], 0);
}

static void refuses_what_it_cannot_use(void **state)
{
    static const char *const refused[][2] = {
        {"{'descr': '>f4', 'fortran_order': False, 'shape': (3, 4), }",
         "'w.npy' holds '>f4'; little-endian float64, float32, float16 or bfloat16 was expected"},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (3, 4), }",
         "'w.npy' holds '<i8'; little-endian float64, float32, float16 or bfloat16 was expected"},
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (3, 4), }",
         "'w.npy' is stored column by column; row by row was expected"},
    };
    static const char *const senseless[] = {
        "{  ",
        "{}",
        "{'descr': '<f4', 'fortran_order': False, }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4 }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3 4), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-3, 4), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999999,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1), }",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (3, 4), }",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), 'more': 1}",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (3, 4), }",
        "{'descr': '<f4\", 'fortran_order': False, 'shape': (3, 4), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), } and more",
    };
    detinit_error error;
    npy_array array;
    (void)state;
    for (size_t n = 0; n < sizeof refused / sizeof refused[0]; n++) {
        assert_int_equal(read_text(1, refused[n][0], &array, &error), DETINIT_INVALID);
        assert_string_equal(error.message, refused[n][1]);
    }
    for (size_t n = 0; n < sizeof senseless / sizeof senseless[0]; n++) {
        assert_int_equal(read_text(1, senseless[n], &array, &error), DETINIT_INVALID);
        assert_string_equal(error.message, "'w.npy' has a .npy header that cannot be understood");
    }
}

static void refuses_what_is_no_npy(void **state)
{
    unsigned char bytes[NPY_HEADER_MOST];
    detinit_error error;
    npy_array array;
    (void)state;
    const size_t size = numpy_bytes(&headers[0], bytes);
    for (size_t part = 0; part < size; part++) {
        assert_int_equal(npy_read(bytes, part, "w.npy", &array, &error), DETINIT_INVALID);
        assert_string_equal(error.message, "'w.npy' is not a .npy file");
    }
    for (int version = 0; version < 8; version += version == 0 ? 4 : 1) {
        bytes[6] = (unsigned char)version;
        assert_int_equal(npy_read(bytes, size, "w.npy", &array, NULL), DETINIT_INVALID);
    }
}

/* Any damage to any byte is either refused or still makes sense; memory checkers look on. */
static void survives_damage(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 20000; n++) {
        unsigned char *bytes = allocate(128); /* of its own, so that a read beyond it is seen */
        npy_array array;
        numpy_bytes(&headers[0], bytes);
        for (uint64_t key = detinit_hash64(n), damage = 0; damage <= n % 3; damage++, key >>= 16)
            bytes[key % 80] = (unsigned char)(key >> 8 & 0xFF);
        if (npy_read(bytes, 128, "w.npy", &array, NULL) == DETINIT_OK) {
            assert_in_range(array.rank, 1, DETINIT_MAX_RANK);
            assert_in_range(array.dtype, 0, DETINIT_DTYPE_COUNT - 1);
            assert_true(array.offset <= 128);
        }
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_numpy_writes), cmocka_unit_test(reads_what_it_writes),
        cmocka_unit_test(reads_what_others_write),  cmocka_unit_test(refuses_what_it_cannot_use),
        cmocka_unit_test(refuses_what_is_no_npy),   cmocka_unit_test(survives_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
