/*
 * Files of tensors with every field wrong in turn.  Each gives a status and one sentence; and
 * what only looks wrong is read.
 */
#include "data_offset.h"
#include "scratch.h"

#include "detinit_track.h"

#define FILE_NAME "bad"

/* Opens FILE_NAME, which must be refused with this sentence. */
static void assert_refused(const char *message)
{
    detinit_tensorfile *file;
    detinit_error error;
    detinit_status status = detinit_tensorfile_open(FILE_NAME, &file, &error);
    if (status == DETINIT_OK) {
        print_error("was read, instead of: %s\n", message);
        detinit_tensorfile_close(file);
    }
    assert_int_equal(status, DETINIT_INVALID);
    assert_int_equal(error.status, DETINIT_INVALID);
    assert_string_equal(error.message, message);
}

/* Opens FILE_NAME, which must hold this many tensors, and reads all of them. */
static void assert_read(size_t count)
{
    detinit_tensorfile *file;
    detinit_error error = {.message = ""};
    detinit_status status = detinit_tensorfile_open(FILE_NAME, &file, &error);
    assert_string_equal(error.message, "");
    assert_int_equal(status, DETINIT_OK);
    assert_int_equal(detinit_tensorfile_count(file), count);
    for (size_t n = 0; n < count; n++) {
        const detinit_tensor *tensor = detinit_tensorfile_tensor(file, n);
        void *items = allocate((size_t)(tensor->count * tensor->item_bytes));
        assert_ptr_equal(detinit_tensorfile_find(file, tensor->name), tensor);
        assert_int_equal(detinit_tensor_read(file, tensor, 0, (size_t)tensor->count, items, NULL),
                         DETINIT_OK);
        free(items);
    }
    assert_null(detinit_tensorfile_tensor(file, count));
    assert_null(detinit_tensorfile_find(file, "no such name"));
    detinit_tensorfile_close(file);
}

/* ------------------------------------------------------------- .safetensors */

/* A file that tells this length of its header, then has so many bytes of one, and of data. */
static void put_parts(uint64_t length, const char *header, size_t size, size_t data)
{
    FILE *file = fopen(FILE_NAME, "w");
    assert_non_null(file);
    for (int n = 0; n < 8; n++)
        fputc((int)(length >> (8 * n) & 0xFF), file);
    assert_int_equal(fwrite(header, 1, size, file), size);
    for (size_t n = 0; n < data; n++)
        fputc((int)(n & 0xFF), file);
    assert_int_equal(fclose(file), 0);
}

static void put_safetensors(const char *header, size_t data)
{
    put_parts(strlen(header), header, strlen(header), data);
}

/* A tensor of 4 bytes at 0, its fields as they should be. */
#define TYPE          "\"dtype\":\"F32\""
#define SHAPE         "\"shape\":[1]"
#define PLACE         "\"data_offsets\":[0,4]"
#define ENTRY         "{" TYPE "," SHAPE "," PLACE "}"
#define TENSOR(e)     "{\"a\":" e "}"
#define WITH(t, s, p) "{\"a\":{\"dtype\":\"" t "\",\"shape\":[" s "],\"data_offsets\":[" p "]}}"
#define NINES         "99999999999999999999"

/* A header, the bytes of data behind it, and what is said of them. */
typedef struct bad_header {
    const char *header;
    size_t data;
    const char *message;
} bad_header;

#define OF_A        "'bad', tensor 'a': "
#define BAD_SHAPE   OF_A "its shape must be a list of whole numbers from 0 to 2^63 - 1"
#define BAD_OFFSETS OF_A "its data_offsets must be two whole numbers from 0 to 2^63 - 1"
#define MUST_MAP    "'bad': __metadata__ must map texts to texts"
#define NOT_TENSORS                                                                                \
    "'bad' is neither a .npy, a .npz, a .pt, a .h5, a .index.json nor a .safetensors file"
#define FIELDS(name) OF_A "it has '" name "' twice"

static const bad_header headers[] = {
    /* The header as JSON. */
    {"[]", 0, NOT_TENSORS},
    {"{", 0, "'bad': at byte 1 of its header a text in quotes was expected"},
    {"{}{}", 0, "'bad': at byte 2 of its header nothing but spaces was expected"},
    {"{}\n x", 0, "'bad': at byte 4 of its header nothing but spaces was expected"},
    {"{a:1}", 0, "'bad': at byte 1 of its header a text in quotes was expected"},
    {"{\"a", 0, "'bad': at byte 1 of its header a text begins that does not end"},
    {"{\"a\\", 0, "'bad': at byte 1 of its header a text begins that does not end"},
    {"{\"a\\\"", 0, "'bad': at byte 1 of its header a text begins that does not end"},
    {"{\"a\"}", 0, "'bad': at byte 4 of its header ':' was expected"},
    {"{\"a\":" ENTRY, 4, "'bad': at byte 53 of its header ',' or '}' was expected"},
    {"{\"a\":" ENTRY ",}", 4, "'bad': at byte 54 of its header a text in quotes was expected"},
    {"{\"a\":" ENTRY " \"b\"}", 4, "'bad': at byte 54 of its header ',' or '}' was expected"},
    /* Names. */
    {"{\"\\u0000\":" ENTRY "}", 4,
     "'bad': at byte 1 of its header a text holds a NUL, which names here cannot"},
    {"{\"a\\u0000b\":" ENTRY "}", 4,
     "'bad': at byte 1 of its header a text holds a NUL, which names here cannot"},
    {"{\"\xFF\":" ENTRY "}", 4, "'bad': at byte 1 of its header a text is not UTF-8"},
    {"{\"\xC0\x80\":" ENTRY "}", 4, "'bad': at byte 1 of its header a text is not UTF-8"},
    {"{\"\xED\xA0\x80\":" ENTRY "}", 4, "'bad': at byte 1 of its header a text is not UTF-8"},
    {"{\"\\ud800\":" ENTRY "}", 4, "'bad': at byte 1 of its header a text is not JSON"},
    {"{\"\\x41\":" ENTRY "}", 4, "'bad': at byte 1 of its header a text is not JSON"},
    {"{\"a\nb\":" ENTRY "}", 4, "'bad': at byte 1 of its header a text is not JSON"},
    {"{\"a\":" ENTRY ",\"a\":" ENTRY "}", 4, "'bad' has two tensors named 'a'"},
    {"{\"a\":" ENTRY ",\"\\u0061\":" ENTRY "}", 4, "'bad' has two tensors named 'a'"},
    /* What a name of many lines or of a terminal's commands does to the sentence: nothing. */
    {"{\"x\\n\\u001b[2J\\u009b\\u007f\":1}", 0,
     "'bad', tensor 'x?"
     "?[2J?"
     "?': an object of dtype, shape and data_offsets was expected"},
    /* Entries. */
    {TENSOR("1"), 0, OF_A "an object of dtype, shape and data_offsets was expected"},
    {TENSOR("null"), 0, OF_A "an object of dtype, shape and data_offsets was expected"},
    {TENSOR("[]"), 0, OF_A "an object of dtype, shape and data_offsets was expected"},
    {TENSOR("\"F32\""), 0, OF_A "an object of dtype, shape and data_offsets was expected"},
    {TENSOR("{}"), 0, OF_A "dtype, shape and data_offsets were expected"},
    {TENSOR("{" SHAPE "," PLACE "}"), 4, OF_A "dtype, shape and data_offsets were expected"},
    {TENSOR("{" TYPE "," PLACE "}"), 4, OF_A "dtype, shape and data_offsets were expected"},
    {TENSOR("{" TYPE "," SHAPE "}"), 4, OF_A "dtype, shape and data_offsets were expected"},
    {TENSOR("{" TYPE "," TYPE "," SHAPE "," PLACE "}"), 4, FIELDS("dtype")},
    {TENSOR("{" TYPE "," SHAPE "," SHAPE "," PLACE "}"), 4, FIELDS("shape")},
    {TENSOR("{" TYPE "," SHAPE "," PLACE "," PLACE "}"), 4, FIELDS("data_offsets")},
    {TENSOR("{" TYPE "," SHAPE ",\"offsets\":[0,4]}"), 4,
     OF_A "dtype, shape and data_offsets were expected"},
    {TENSOR("{" TYPE "," SHAPE "," PLACE ",\"more\":[1,]}"), 4,
     "'bad': at byte 63 of its header a value was expected"},
    {TENSOR("{" TYPE "," SHAPE "," PLACE ",\"more\":01}"), 4,
     "'bad': at byte 60 of its header a value was expected"},
    {TENSOR("{" TYPE "," SHAPE "," PLACE ",\"more\":tru}"), 4,
     "'bad': at byte 60 of its header a value was expected"},
    {TENSOR("{" TYPE "," SHAPE "," PLACE ",\"more\":{1:2}}"), 4,
     "'bad': at byte 61 of its header a text in quotes was expected"},
    {TENSOR("{" TYPE "," SHAPE "," PLACE ",\"more\":{\"a\" 2}}"), 4,
     "'bad': at byte 65 of its header ':' was expected"},
    {TENSOR("{" TYPE "," SHAPE "," PLACE ",\"more\":[1}}"), 4,
     "'bad': at byte 62 of its header ',' or the end of a list was expected"},
    {TENSOR("{" TYPE "," SHAPE "," PLACE ",}"), 4,
     "'bad': at byte 53 of its header a text in quotes was expected"},
    {TENSOR("{\"dtype\"}"), 4, "'bad': at byte 13 of its header ':' was expected"},
    /* Types. */
    {TENSOR("{\"dtype\":32," SHAPE "," PLACE "}"), 4,
     "'bad': at byte 14 of its header a text in quotes was expected"},
    {WITH("F9", "1", "0,4"), 4, OF_A "its dtype 'F9' is none of the format's"},
    {WITH("f32", "1", "0,4"), 4, OF_A "its dtype 'f32' is none of the format's"},
    {WITH("", "1", "0,4"), 4, OF_A "its dtype '' is none of the format's"},
    {WITH("F32 ", "1", "0,4"), 4, OF_A "its dtype 'F32 ' is none of the format's"},
    {WITH("F4", "3", "0,2"), 2, OF_A "its items do not fill whole bytes"},
    {WITH("F6_E2M3", "2", "0,2"), 2, OF_A "its items do not fill whole bytes"},
    /* Shapes. */
    {TENSOR("{" TYPE ",\"shape\":1," PLACE "}"), 4, BAD_SHAPE},
    {TENSOR("{" TYPE ",\"shape\":{}," PLACE "}"), 4, BAD_SHAPE},
    {WITH("F32", "-1", "0,4"), 4, BAD_SHAPE},
    {WITH("F32", "-0", "0,0"), 0, BAD_SHAPE},
    {WITH("F32", "+1", "0,4"), 4, BAD_SHAPE},
    {WITH("F32", "1.0", "0,4"), 4, BAD_SHAPE},
    {WITH("F32", "1e0", "0,4"), 4, BAD_SHAPE},
    {WITH("F32", "01", "0,4"), 4, BAD_SHAPE},
    {WITH("F32", "0x1", "0,4"), 4, BAD_SHAPE},
    {WITH("F32", "\\u0031", "0,4"), 4, BAD_SHAPE},
    {WITH("F32", "\"1\"", "0,4"), 4, BAD_SHAPE},
    {WITH("F32", "[1]", "0,4"), 4, BAD_SHAPE},
    {WITH("F32", "1,", "0,4"), 4, BAD_SHAPE},
    {WITH("F32", "1 1", "0,4"), 4, BAD_SHAPE},
    {WITH("F32", "null", "0,4"), 4, BAD_SHAPE},
    {WITH("F32", "9223372036854775808", "0,4"), 4, BAD_SHAPE},
    {WITH("F32", NINES, "0,4"), 4, BAD_SHAPE},
    {WITH("F32", NINES "," NINES ",0", "0,0"), 0, BAD_SHAPE},
    {WITH("U8", "4294967296,4294967296,1", "0,4"), 4, OF_A "its shape is too large"},
    {WITH("F32", "4611686018427387905", "0,4"), 4, OF_A "its shape is too large"},
    {WITH("F64", "2305843009213693953", "0,8"), 8, OF_A "its shape is too large"},
    {WITH("F32", "2", "0,4"), 4, OF_A "its data_offsets hold 4 bytes; its shape and dtype take 8"},
    {WITH("F32", "", "0,8"), 8, OF_A "its data_offsets hold 8 bytes; its shape and dtype take 4"},
    {WITH("F32", "0", "0,4"), 4, OF_A "its data_offsets hold 4 bytes; its shape and dtype take 0"},
    {WITH("F16", "1", "0,4"), 4, OF_A "its data_offsets hold 4 bytes; its shape and dtype take 2"},
    {WITH("F4", "4", "0,4"), 4, OF_A "its data_offsets hold 4 bytes; its shape and dtype take 2"},
    /* Places. */
    {TENSOR("{" TYPE "," SHAPE ",\"data_offsets\":4}"), 4, BAD_OFFSETS},
    {WITH("F32", "1", ""), 4, BAD_OFFSETS},
    {WITH("F32", "1", "0"), 4, BAD_OFFSETS},
    {WITH("F32", "1", "0,4,8"), 4, BAD_OFFSETS},
    {WITH("F32", "1", "-4,0"), 4, BAD_OFFSETS},
    {WITH("F32", "1", "-0,4"), 4, BAD_OFFSETS},
    {WITH("F32", "1", "0,4.0"), 4, BAD_OFFSETS},
    {WITH("F32", "1", "0,4e0"), 4, BAD_OFFSETS},
    {WITH("F32", "1", "0,18446744073709551620"), 4, BAD_OFFSETS},
    {WITH("F32", "1", "4,0"), 4,
     OF_A "its data_offsets 4 to 0 do not lie within the 4 bytes of data"},
    {WITH("F32", "1", "4,8"), 4,
     OF_A "its data_offsets 4 to 8 do not lie within the 4 bytes of data"},
    {WITH("F32", "1", "9223372036854775803,9223372036854775807"), 4,
     OF_A "its data_offsets 9223372036854775803 to 9223372036854775807 do not lie within the 4 "
          "bytes of data"},
    {WITH("F32", "1", "0,4"), 8, "'bad': from byte 4 on its data belong to no tensor"},
    {WITH("F32", "1", "4,8"), 8, "'bad': from byte 0 on its data belong to no tensor"},
    {"{}", 1, "'bad': from byte 0 on its data belong to no tensor"},
    {"{\"a\":" ENTRY ",\"b\":{" TYPE "," SHAPE ",\"data_offsets\":[8,12]}}", 12,
     "'bad': from byte 4 on its data belong to no tensor"},
    {"{\"a\":" ENTRY ",\"b\":" ENTRY "}", 4, "'bad': the data of its tensors 'a' and 'b' overlap"},
    {"{\"a\":" ENTRY ",\"b\":{" TYPE "," SHAPE ",\"data_offsets\":[2,6]}}", 6,
     "'bad': the data of its tensors 'a' and 'b' overlap"},
    {"{\"a\":" ENTRY ",\"b\":{" TYPE ",\"shape\":[0],\"data_offsets\":[2,2]}}", 4,
     "'bad': the data of its tensors 'a' and 'b' overlap"},
    /* Metadata. */
    {"{\"__metadata__\":1}", 0, MUST_MAP},
    {"{\"__metadata__\":[]}", 0, MUST_MAP},
    {"{\"__metadata__\":{\"k\":1}}", 0, MUST_MAP "; 'k' has none"},
    {"{\"__metadata__\":{\"k\":{}}}", 0, MUST_MAP "; 'k' has none"},
    {"{\"__metadata__\":{\"k\"}}", 0, "'bad': at byte 20 of its header ':' was expected"},
    {"{\"__metadata__\":{\"k\":", 0,
     "'bad': at byte 21 of its header a text in quotes was expected"},
    {"{\"__metadata__\":{\"k\":\"v\"", 0,
     "'bad': at byte 24 of its header ',' or '}' was expected"},
    {"{\"__metadata__\":{\"k\":\"v\",\"k\":\"v\"}}", 0, "'bad' has 'k' twice in __metadata__"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "'bad' has __metadata__ twice"},
    {"{\"__metadata__\":{\"k\":\"\\u0000\"}}", 0,
     "'bad': at byte 21 of its header a text holds a NUL, which names here cannot"},
};

static void refuses_bad_headers(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof headers / sizeof headers[0]; n++) {
        put_safetensors(headers[n].header, headers[n].data);
        assert_refused(headers[n].message);
    }
}

/* What looks odd and is right. */
static void reads_odd_headers(void **state)
{
    static const struct {
        const char *header;
        size_t data, count;
    } odd[] = {
        {"{}", 0, 0},
        {"{}       ", 0, 0},
        {"{\"__metadata__\":{}}", 0, 0},
        {"{\"__metadata__\":null}", 0, 0},
        {" {}", 0, 0},
        {" \n\t\r              {}", 0, 0},
        {TENSOR("{" TYPE "," SHAPE "," PLACE ",\"more\":[[[[{\"a\":[1e5,null]}],\"\"]]]}"), 4, 1},
        {TENSOR("{\"note\":true," TYPE "," SHAPE ",\"n\":-1.5 ," PLACE "}"), 4, 1},
        {WITH("F32", "1,1,1,1,1,1,1,1,1,1", "0,4"), 4, 1},
        {"{ \t\n\r\"a\" : " ENTRY "\t} \n\r\t", 4, 1},
        {"{\"\":" ENTRY "}", 4, 1},
        {"{\"\\u00e4\\ud83d\\ude00\\\"\\\\\\/\":" ENTRY "}", 4, 1},
        {"{\"__metadata__ \":" ENTRY "}", 4, 1},
        {TENSOR("{" PLACE "," SHAPE "," TYPE "}"), 4, 1},
        {WITH("F32", "", "0,4"), 4, 1},
        {WITH("F32", "1,1,1,1,1,1,1,1", "0,4"), 4, 1},
        {WITH("F64", "9223372036854775807,9223372036854775807,0", "0,0"), 0, 1},
        {WITH("F64", "0,9223372036854775807,9223372036854775807", "0,0"), 0, 1},
        {WITH("F4", "2,3", "0,3"), 3, 1},
        {WITH("F6_E3M2", "4", "0,3"), 3, 1},
        {WITH("C64", "2", "0,16"), 16, 1},
        /* In another order than their data, and empty ones in between. */
        {"{\"b\":{" TYPE "," SHAPE ",\"data_offsets\":[4,8]},\"a\":" ENTRY ",\"c\":{" TYPE
         ",\"shape\":[0],\"data_offsets\":[4,4]},\"d\":{" TYPE
         ",\"shape\":[3,0],\"data_offsets\":[8,8]}}",
         8, 4},
    };
    (void)state;
    for (size_t n = 0; n < sizeof odd / sizeof odd[0]; n++) {
        put_safetensors(odd[n].header, odd[n].data);
        assert_read(odd[n].count);
    }
}

static void refuses_bad_lengths(void **state)
{
    static const char header[] = TENSOR(ENTRY);
    const size_t size = sizeof header - 1;
    (void)state;
    put_parts(size, header, size, 4);
    assert_read(1);
    put_parts(0, header, size, 4);
    assert_refused(NOT_TENSORS);
    put_parts(1, header, size, 4);
    assert_refused("'bad': at byte 1 of its header a text in quotes was expected");
    put_parts(size - 1, header, size, 4);
    assert_refused("'bad': at byte 53 of its header ',' or '}' was expected");
    put_parts(size + 4, header, size, 4);
    assert_refused(
        "'bad', tensor 'a': its data_offsets 0 to 4 do not lie within the 0 bytes of data");
    put_parts(size + 5, header, size, 4);
    assert_refused("'bad' ends within its .safetensors header of 59 bytes");
    put_parts(100000000, header, size, 4);
    assert_refused("'bad' ends within its .safetensors header of 100000000 bytes");
    put_parts(100000001, header, size, 4);
    assert_refused(
        "'bad' has a .safetensors header of 100000001 bytes; at most 100000000 are read");
    put_parts(UINT64_MAX, header, size, 4);
    assert_refused("'bad' has a .safetensors header of 18446744073709551615 bytes; at most "
                   "100000000 are read");
}

/* Cut off at every byte, of header and data. */
static void refuses_cut_files(void **state)
{
    static const char header[] =
        "{\"__metadata__\":{\"k\":\"v\"},\"a\":" ENTRY
        ",\"\\u00e4\":{\"dtype\":\"F16\",\"shape\":[1,2],\"data_offsets\":[4,8]}}  ";
    const off_t whole = 8 + (off_t)(sizeof header - 1) + 8;
    (void)state;
    for (off_t size = 0; size <= whole; size++) {
        detinit_tensorfile *file;
        detinit_error error;
        put_safetensors(header, 8);
        assert_int_equal(truncate(FILE_NAME, size), 0);
        detinit_status status = detinit_tensorfile_open(FILE_NAME, &file, &error);
        assert_int_equal(status, size == whole ? DETINIT_OK : DETINIT_INVALID);
        if (status == DETINIT_OK)
            detinit_tensorfile_close(file);
        else
            assert_null(strchr(error.message, '\n'));
    }
}

/* Brackets without end: neither stack nor memory go, whatever is nested where. */
static void refuses_deep_nesting(void **state)
{
    static const char *const begins[] = {"{\"a\":", TENSOR(ENTRY) "", "{\"a\":{\"shape\":",
                                         "{\"a\":{\"dtype\":", "{\"__metadata__\":"};
    const size_t deep = 1000000;
    (void)state;
    for (size_t n = 0; n < 2 * sizeof begins / sizeof begins[0]; n++) {
        const char *begin = begins[n / 2];
        char *header = allocate(deep + strlen(begin) + 1);
        detinit_tensorfile *file;
        strcpy(header, begin);
        memset(header + strlen(begin), n % 2 == 0 ? '[' : '{', deep);
        put_parts(deep + strlen(begin), header, deep + strlen(begin), 4);
        assert_int_equal(detinit_tensorfile_open(FILE_NAME, &file, NULL), DETINIT_INVALID);
        free(header);
    }
}

/* --------------------------------------------------------------------- .npy */

static void put_npy(const char *dictionary, size_t data)
{
    const size_t length = strlen(dictionary);
    FILE *file = fopen(FILE_NAME, "w");
    assert_non_null(file);
    assert_int_equal(fwrite("\x93NUMPY\x01\x00", 1, 8, file), 8);
    fputc((int)(length & 0xFF), file);
    fputc((int)(length >> 8), file);
    assert_int_equal(fwrite(dictionary, 1, length, file), length);
    for (size_t n = 0; n < data; n++)
        fputc((int)(n & 0xFF), file);
    assert_int_equal(fclose(file), 0);
}

#define ARRAY(descr, order, shape)                                                                 \
    "{'descr': " descr ", 'fortran_order': " order ", 'shape': " shape ", }"
#define OF_SHAPE(shape) ARRAY("'<f4'", "False", shape)

#define IN_NPY   "'bad' has a .npy header in which "
#define NO_DICT  IN_NPY "no dictionary of descr, fortran_order and shape can be found"
#define NO_SHAPE IN_NPY "the shape is not a tuple of whole numbers from 0 to 2^63 - 1"
#define NO_DESCR IN_NPY "descr is not the code of a type, such as '<f4'"
#define NO_ORDER IN_NPY "fortran_order is neither True nor False"
#define HOLDS(code)                                                                                \
    "'bad' holds '" code "'; floating-point numbers ('<f4') of at most 8 bytes, complex ones, "    \
    "integers or bool were expected"
#define ONCE(key)                                                                                  \
    "'bad' has a .npy header with '" key "' where descr, fortran_order and shape were expected "   \
    "once each"

#define ONES "1, 1, 1, 1, 1, 1, 1, 1, "

static const bad_header arrays[] = {
    /* The dictionary. */
    {"", 0, NO_DICT},
    {"  ", 0, NO_DICT},
    {"{", 0, NO_DICT},
    {"{}", 0, NO_DICT},
    {"[]", 0, NO_DICT},
    {"{'descr'}", 0, NO_DICT},
    {"{'descr: '<f4'}", 0, NO_DICT},
    {"{'descr': '<f4', 'fortran_order': False, }", 0, NO_DICT},
    {"{'descr': '<f4', 'shape': (1,), }", 4, NO_DICT},
    {"{'fortran_order': False, 'shape': (1,), }", 4, NO_DICT},
    {"{'descr': '<f4' 'fortran_order': False, 'shape': (1,), }", 4, NO_DICT},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)", 4, NO_DICT},
    {OF_SHAPE("(1,)") " and more", 4, NO_DICT},
    {OF_SHAPE("(1,)") OF_SHAPE("(1,)"), 4, NO_DICT},
    {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", 4, ONCE("descr")},
    {"{'shape': (1,), 'shape': (1,), 'fortran_order': False, 'descr': '<f4', }", 4, ONCE("shape")},
    {"{'fortran_order': False, 'fortran_order': False, }", 4, ONCE("fortran_order")},
    {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}", 4, ONCE("more")},
    {"{'a\nb\x1b[2J\xff': 1}", 4, ONCE("a?b?[2J?")},
    /* Types. */
    {ARRAY("'|O'", "False", "(1,)"), 8, HOLDS("|O")},
    {ARRAY("'<c32'", "False", "(1,)"), 32, HOLDS("<c32")},
    {ARRAY("'<float32'", "False", "(1,)"), 4, HOLDS("<float32")},
    {ARRAY("'Float32'", "False", "(1,)"), 4, HOLDS("Float32")},
    {ARRAY("'oat'", "False", "(1,)"), 4, HOLDS("oat")},
    {ARRAY("'float32 single'", "False", "(1,)"), 4, HOLDS("float32 single")},
    {ARRAY("b'<f4'", "False", "(1,)"), 4, NO_DESCR},
    {ARRAY("u '<f4'", "False", "(1,)"), 4, NO_DESCR},
    {ARRAY("'<U5'", "False", "(1,)"), 20, HOLDS("<U5")},
    {ARRAY("'|S4'", "False", "(1,)"), 4, HOLDS("|S4")},
    {ARRAY("'|V4'", "False", "(1,)"), 4, HOLDS("|V4")},
    {ARRAY("'<M8[ns]'", "False", "(1,)"), 8, HOLDS("<M8[ns]")},
    {ARRAY("'<f16'", "False", "(1,)"), 16, HOLDS("<f16")},
    {ARRAY("'<f3'", "False", "(1,)"), 3, HOLDS("<f3")},
    {ARRAY("'<'", "False", "(1,)"), 4, HOLDS("<")},
    {ARRAY("''", "False", "(1,)"), 4, HOLDS("")},
    {ARRAY("'<<f4'", "False", "(1,)"), 4, HOLDS("<<f4")},
    {ARRAY("'<f4 '", "False", "(1,)"), 4, HOLDS("<f4 ")},
    {ARRAY("'<f4\"", "False", "(1,)"), 4, NO_DICT},
    {ARRAY("'<f44444444444444444444444444444444444444'", "False", "(1,)"), 4, NO_DESCR},
    {ARRAY("f4", "False", "(1,)"), 4, NO_DESCR},
    {ARRAY("('<f4', (2,))", "False", "(1,)"), 4, NO_DESCR},
    {ARRAY("[('a', '<f4'), ('b', '<i4')]", "False", "(1,)"), 8,
     IN_NPY "descr tells of an array of records; one of numbers was expected"},
    /* Order. */
    {ARRAY("'<f4'", "Maybe", "(1,)"), 4, NO_ORDER},
    {ARRAY("'<f4'", "0", "(1,)"), 4, NO_ORDER},
    {ARRAY("'<f4'", "'False'", "(1,)"), 4, NO_ORDER},
    {ARRAY("'<f4'", "Falsey", "(1,)"), 4, NO_DICT},
    /* Shapes. */
    {OF_SHAPE("3"), 12, NO_SHAPE},
    {OF_SHAPE("[3]"), 12, NO_SHAPE},
    {OF_SHAPE("(3)"), 12, NO_SHAPE},
    {OF_SHAPE("(,)"), 0, NO_SHAPE},
    {OF_SHAPE("(3,,4)"), 48, NO_SHAPE},
    {OF_SHAPE("(3 4)"), 48, NO_SHAPE},
    {OF_SHAPE("(3, 4"), 48, NO_SHAPE},
    {OF_SHAPE("(-3, 4)"), 48, NO_SHAPE},
    {OF_SHAPE("(3.0, 4)"), 48, NO_SHAPE},
    {OF_SHAPE("(3e0, 4)"), 48, NO_SHAPE},
    {OF_SHAPE("('3', 4)"), 48, NO_SHAPE},
    {OF_SHAPE("(3LL, 4)"), 48, NO_SHAPE},
    {OF_SHAPE("(None, 4)"), 48, NO_SHAPE},
    {OF_SHAPE("((3, 4))"), 48, NO_SHAPE},
    {OF_SHAPE("(9223372036854775808,)"), 4, NO_SHAPE},
    {OF_SHAPE("(" NINES NINES ",)"), 4, NO_SHAPE},
    {OF_SHAPE("(" ONES ONES ONES ONES ONES ONES ONES ONES "1,)"), 4,
     IN_NPY "the shape has more than 64 dimensions, the most that NumPy has"},
    {OF_SHAPE("(06, 5)"), 120, NO_SHAPE},
    {OF_SHAPE("(001,)"), 4, NO_SHAPE},
    {OF_SHAPE("(4294967296, 4294967296)"), 4, "'bad': its shape is too large"},
    {OF_SHAPE("(4611686018427387905,)"), 4, "'bad': its shape is too large"},
    /* Data. */
    {OF_SHAPE("(3, 4)"), 47, "'bad' holds 47 bytes of data; its shape (3, 4) of '<f4' takes 48"},
    {OF_SHAPE("(3, 4)"), 0, "'bad' holds 0 bytes of data; its shape (3, 4) of '<f4' takes 48"},
    {OF_SHAPE("()"), 0, "'bad' holds 0 bytes of data; its shape () of '<f4' takes 4"},
    {ARRAY("'>f8'", "True", "(3, 4)"), 48,
     "'bad' holds 48 bytes of data; its shape (3, 4) of '>f8' takes 96"},
    {ARRAY("'<i2'", "False", "(9,)"), 17,
     "'bad' holds 17 bytes of data; its shape (9,) of '<i2' takes 18"},
};

static void refuses_bad_arrays(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof arrays / sizeof arrays[0]; n++) {
        put_npy(arrays[n].header, arrays[n].data);
        assert_refused(arrays[n].message);
    }
}

static void refuses_cut_arrays(void **state)
{
    (void)state;
    put_npy(OF_SHAPE("(2, 2)"), 16);
    assert_read(1);
    size_t whole;
    free(get_file(FILE_NAME, &whole));
    for (size_t size = 0; size < whole; size++) {
        detinit_tensorfile *file;
        detinit_error error;
        put_npy(OF_SHAPE("(2, 2)"), 16);
        assert_int_equal(truncate(FILE_NAME, (off_t)size), 0);
        assert_int_equal(detinit_tensorfile_open(FILE_NAME, &file, &error), DETINIT_INVALID);
        assert_null(strchr(error.message, '\n'));
    }
}

/* ------------------------------------------------------------- other trouble */

static void refuses_what_is_no_file(void **state)
{
    detinit_tensorfile *file;
    detinit_error error;
    (void)state;
    assert_int_equal(detinit_tensorfile_open("none", &file, &error), DETINIT_IO);
    assert_string_equal(error.message, "cannot open 'none': No such file or directory");
    assert_int_equal(detinit_tensorfile_open(".", &file, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "'.' is a folder without an index.json, .safetensors, .bin, "
                                       ".pt or .npy file");
    assert_int_equal(mkfifo("pipe", 0666), 0);
    assert_int_equal(detinit_tensorfile_open("pipe", &file, &error), DETINIT_INVALID);
    assert_string_equal(error.message, "'pipe' is not a regular file: what comes through a pipe "
                                       "is read once, tensors at any place");
    put_file(FILE_NAME, "");
    assert_refused("'bad' is empty; a file of tensors was expected");
    put_file(FILE_NAME, "PK\x03\x04 a zip archive, as .npz and .pt are");
    assert_refused("'bad' is no whole zip archive: it has no end record, so that it may have been "
                   "cut off");
    /* A path is shown without what commands terminals, and cut between characters. */
    assert_int_equal(detinit_tensorfile_open("\x1b[31m\n", &file, &error), DETINIT_IO);
    assert_string_equal(error.message, "cannot open '?[31m?': No such file or directory");
    char path[301] = "x";
    for (size_t n = 1; n + 1 < sizeof path; n += 2)
        memcpy(path + n, "\xC3\xA4", 2);
    path[299] = '\0';
    assert_int_equal(detinit_tensorfile_open(path, &file, &error), DETINIT_IO);
    assert_non_null(strstr(error.message, "\xC3\xA4?': "));
}

/* A file that is cut while it is open: what is left is read, the rest is an error, no signal. */
static void notices_files_that_shrink(void **state)
{
    static const char *const orders[] = {"False", "True"};
    (void)state;
    for (size_t n = 0; n < 2; n++) {
        char dictionary[200];
        detinit_tensorfile *file;
        detinit_error error;
        float items[200];
        snprintf(dictionary, sizeof dictionary, ARRAY("'<f4'", "%s", "(10, 20)"), orders[n]);
        put_npy(dictionary, 800);
        assert_int_equal(detinit_tensorfile_open(FILE_NAME, &file, NULL), DETINIT_OK);
        const detinit_tensor *tensor = detinit_tensorfile_tensor(file, 0);
        assert_int_equal(truncate(FILE_NAME, data_offset(file, tensor) + 400), 0);
        assert_int_equal(detinit_tensor_read(file, tensor, 0, 200, items, &error), DETINIT_IO);
        assert_string_equal(error.message, "'bad' became shorter while it was read");
        assert_int_equal(detinit_tensor_read(file, tensor, 199, 1, items, &error), DETINIT_IO);
        assert_int_equal(detinit_tensor_read(file, tensor, 0, 1, items, &error), DETINIT_OK);
        detinit_tensorfile_close(file);
    }
}

static void refuses_other_places(void **state)
{
    detinit_tensorfile *file;
    detinit_error error;
    float item;
    (void)state;
    put_npy(OF_SHAPE("(2, 2)"), 16);
    assert_int_equal(detinit_tensorfile_open(FILE_NAME, &file, NULL), DETINIT_OK);
    const detinit_tensor *tensor = detinit_tensorfile_tensor(file, 0);
    assert_int_equal(detinit_tensor_read(file, tensor, 4, 0, &item, NULL), DETINIT_OK);
    assert_int_equal(detinit_tensor_read(file, tensor, 4, 1, &item, &error), DETINIT_INVALID);
    assert_int_equal(detinit_tensor_read(file, tensor, UINT64_MAX, 2, &item, &error),
                     DETINIT_INVALID);
    assert_int_equal(detinit_tensor_read(file, tensor, 1, SIZE_MAX, &item, &error),
                     DETINIT_INVALID);
    detinit_tensorfile_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_bad_headers),       cmocka_unit_test(reads_odd_headers),
        cmocka_unit_test(refuses_bad_lengths),       cmocka_unit_test(refuses_cut_files),
        cmocka_unit_test(refuses_deep_nesting),      cmocka_unit_test(refuses_bad_arrays),
        cmocka_unit_test(refuses_cut_arrays),        cmocka_unit_test(refuses_what_is_no_file),
        cmocka_unit_test(notices_files_that_shrink), cmocka_unit_test(refuses_other_places),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
