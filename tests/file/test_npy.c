/* Headers of .npy files, against bytes that NumPy 1.24 wrote. */
#include "check.h"

#include "detinit_files.h"
#include "file/npy.h"

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
static size_t numpy_bytes(const header *h, unsigned char *bytes)
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

/* The last is larger than any file. */
static void reads_what_it_writes(void **state)
{
    (void)state;
    for (size_t n = 0; n < HEADER_COUNT; n++) {
        const header *h = &headers[n];
        unsigned char bytes[NPY_HEADER_MOST];
        npy_array array;
        detinit_error error;
        const size_t size = numpy_bytes(h, bytes);
        uint64_t data = detinit_dtype_size(h->dtype);
        bool fits = true;
        for (size_t d = 0; d < h->rank; d++)
            fits = !__builtin_mul_overflow(data, h->shape[d], &data) && fits;
        if (!fits || data > INT64_MAX) {
            assert_int_equal(npy_read(bytes, size, size, "w.npy", &array, &error), DETINIT_INVALID);
            assert_string_equal(error.message, "'w.npy': its shape is too large");
            continue;
        }
        assert_int_equal(npy_read(bytes, size, size + data, "w.npy", &array, &error), DETINIT_OK);
        assert_true(array.tensor.weights);
        assert_string_equal(array.tensor.name, "");
        assert_string_equal(array.tensor.type, detinit_dtype_safetensors(h->dtype));
        assert_int_equal(array.tensor.dtype, h->dtype);
        assert_int_equal(array.tensor.rank, h->rank);
        assert_int_equal(array.offset, size);
        assert_true(array.tensor.count * array.tensor.item_bytes == (uint64_t)data);
        for (size_t d = 0; d < h->rank; d++)
            assert_true(array.tensor.shape[d] == h->shape[d]);
    }
}

/* A file of this version with this dictionary and no padding. */
static size_t file_of(int version, const char *dictionary, unsigned char *bytes)
{
    const size_t length = strlen(dictionary), prefix = version == 1 ? 10 : 12;
    memcpy(bytes, "\x93NUMPY", 6);
    memset(bytes + 6, 0, prefix - 6);
    bytes[6] = (unsigned char)version;
    bytes[8] = (unsigned char)(length & 0xFF);
    bytes[9] = (unsigned char)(length >> 8);
    memcpy(bytes + prefix, dictionary, length);
    return prefix + length;
}

/* The file has so many bytes of data. */
static detinit_status read_text(int version, const char *dictionary, uint64_t data,
                                npy_array *array, detinit_error *error)
{
    unsigned char bytes[NPY_HEADER_MOST];
    const size_t size = file_of(version, dictionary, bytes);
    return npy_read(bytes, size, size + data, "w.npy", array, error);
}

static void reads_what_others_write(void **state)
{
    static const char *const texts[] = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }\n",
        "{'shape': (3, 4), 'fortran_order': False, 'descr': '<f4'}",
        "{\"descr\":\"<f4\",\"fortran_order\":False,\"shape\":(3,4)}",
        " { 'descr' : '<f4' ,'fortran_order':False,'shape': ( 3 , 4 , ) }  \r\n",
        "{'descr': 'f4', 'fortran_order': False, 'shape': (3, 4), }\n",
        "{'descr': '=f4', 'fortran_order': False, 'shape': (3, 4), }\n",
    };
    npy_array array;
    (void)state;
    for (size_t n = 0; n < 3 * sizeof texts / sizeof texts[0]; n++) {
        assert_int_equal(read_text((int)(n % 3) + 1, texts[n / 3], 48, &array, NULL), DETINIT_OK);
        assert_int_equal(array.tensor.dtype, DETINIT_FLOAT32);
        assert_int_equal(array.tensor.rank, 2);
        assert_int_equal(array.tensor.shape[0], 3);
        assert_int_equal(array.tensor.shape[1], 4);
        assert_false(array.big_endian);
        assert_false(array.column_major);
    }
}

/* Types, orders and ranks; what a header of this dictionary, with so much data, tells. */
typedef struct variant {
    const char *dictionary;
    uint64_t data;
    const char *type;
    bool weights, big_endian, column_major;
    size_t rank;
    uint64_t count;
} variant;

static const variant variants[] = {
    {"{'descr': '>f8', 'fortran_order': False, 'shape': (2,), }", 16, "F64", 1, 1, 0, 1, 2},
    {"{'descr': '>f2', 'fortran_order': True, 'shape': (2, 3), }", 12, "F16", 1, 1, 1, 2, 6},
    {"{'descr': '|V2', 'fortran_order': False, 'shape': (), }", 2, "BF16", 1, 0, 0, 0, 1},
    /* Column by column and row by row are the same here. */
    {"{'descr': '<f4', 'fortran_order': True, 'shape': (7,), }", 28, "F32", 1, 0, 0, 1, 7},
    {"{'descr': '<f4', 'fortran_order': True, 'shape': (1, 7, 1), }", 28, "F32", 1, 0, 0, 3, 7},
    {"{'descr': '<f4', 'fortran_order': True, 'shape': (4, 0), }", 0, "F32", 1, 0, 0, 2, 0},
    /* A 0 among dimensions whose product would be too large. */
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775807, 9, 0), }", 0, "F64",
     1, 0, 0, 3, 0},
    /* No weights, but numbers. */
    {"{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", 3, "BOOL", 0, 0, 0, 1, 3},
    {"{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", 3, "U8", 0, 0, 0, 1, 3},
    {"{'descr': '>i1', 'fortran_order': False, 'shape': (3,), }", 3, "I8", 0, 0, 0, 1, 3},
    {"{'descr': '>i8', 'fortran_order': False, 'shape': (3,), }", 24, "I64", 0, 1, 0, 1, 3},
    {"{'descr': '<u2', 'fortran_order': False, 'shape': (3,), }", 6, "U16", 0, 0, 0, 1, 3},
    /* Python 2 wrote longs so. */
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (10L, 2L), }", 80, "F32", 1, 0, 0, 2, 20},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (10L,), }", 40, "F32", 1, 0, 0, 1, 10},
};

static void reads_all_kinds(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof variants / sizeof variants[0]; n++) {
        const variant *v = &variants[n];
        npy_array array;
        for (int version = 1; version <= (strchr(v->dictionary, 'L') != NULL ? 2 : 3); version++) {
            assert_int_equal(read_text(version, v->dictionary, v->data, &array, NULL), DETINIT_OK);
            assert_string_equal(array.tensor.type, v->type);
            assert_int_equal(array.tensor.weights, v->weights);
            assert_int_equal(array.big_endian, v->big_endian);
            assert_int_equal(array.column_major, v->column_major);
            assert_int_equal(array.tensor.rank, v->rank);
            assert_int_equal(array.tensor.count, v->count);
            assert_true(array.tensor.count * array.tensor.item_bytes == v->data);
        }
    }
}

/* A header of so many characters is read, one of a character more is not. */
static void reads_long_headers(void **state)
{
    static const char dictionary[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }";
    (void)state;
    for (int version = 1; version <= 3; version++) {
        for (size_t length = NPY_HEADER_READ; length <= NPY_HEADER_READ + 1; length++) {
            const size_t prefix = version == 1 ? 10 : 12;
            unsigned char *bytes = allocate(prefix + length);
            npy_array array;
            detinit_error error;
            file_of(version, dictionary, bytes);
            memset(bytes + prefix, ' ', length);
            memcpy(bytes + prefix, dictionary, strlen(dictionary));
            bytes[8] = (unsigned char)(length & 0xFF);
            bytes[9] = (unsigned char)(length >> 8);
            detinit_status status =
                npy_read(bytes, prefix + length, prefix + length + 48, "w.npy", &array, &error);
            assert_int_equal(status, length > NPY_HEADER_READ ? DETINIT_INVALID : DETINIT_OK);
            if (status != DETINIT_OK)
                assert_string_equal(error.message,
                                    "'w.npy' has a .npy header of 10001 bytes; at most 10000 "
                                    "are read, as numpy.load does");
            free(bytes);
        }
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
        assert_int_equal(npy_read(bytes, part, part, "w.npy", &array, &error), DETINIT_INVALID);
        assert_string_equal(error.message, part < 6 ? "'w.npy' is not a .npy file"
                                                    : "'w.npy' ends within its .npy header");
    }
    for (int version = 0; version < 8; version += version == 0 ? 4 : 1) {
        bytes[6] = (unsigned char)version;
        assert_int_equal(npy_read(bytes, size, size, "w.npy", &array, NULL), DETINIT_INVALID);
    }
    bytes[6] = 1;
    bytes[7] = 1;
    assert_int_equal(npy_read(bytes, size, size, "w.npy", &array, &error), DETINIT_INVALID);
    assert_string_equal(error.message,
                        "'w.npy' is of .npy version 1.1; 1.0, 2.0 or 3.0 was expected");
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
        if (npy_read(bytes, 128, 128 + 1600, "w.npy", &array, NULL) == DETINIT_OK) {
            assert_in_range(array.tensor.rank, 0, DETINIT_MAX_RANK);
            assert_in_range(array.tensor.dtype, 0, DETINIT_DTYPE_COUNT - 1);
            assert_true(array.offset + array.tensor.count * array.tensor.item_bytes <= 128 + 1600);
        }
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_numpy_writes), cmocka_unit_test(reads_what_it_writes),
        cmocka_unit_test(reads_what_others_write),  cmocka_unit_test(reads_all_kinds),
        cmocka_unit_test(reads_long_headers),       cmocka_unit_test(refuses_what_is_no_npy),
        cmocka_unit_test(survives_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
