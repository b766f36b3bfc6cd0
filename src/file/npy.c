#include "file/npy.h"

#include "detinit_files.h"
#include "base/error.h"
#include "base/whole.h"
#include "file/npy_code.h"

#include <stdio.h>
#include <string.h>

/* Every file begins so; then follow the major and the minor version. */
#define MAGIC        "\x93NUMPY"
#define MAGIC_LENGTH 6

/* Data starts on a multiple of this. */
#define ALIGNMENT 64

/* Before the dictionary: magic, version, and its length, in two bytes until version 2. */
#define PREFIX_1 10
#define PREFIX_2 12

/* numpy (1.24 and later) leaves room for the first dimension to grow in place to these digits. */
#define GROWTH_DIGITS 21

/* ----------------------------------------------------------------- writing */

/* "(10, 20)", and "(10,)" for rank 1, as Python writes tuples. */
static void shape_tuple(size_t rank, const uint64_t *shape, char *out, size_t size)
{
    size_t length = (size_t)snprintf(out, size, "(");
    for (size_t n = 0; n < rank && length < size; n++)
        length += (size_t)snprintf(out + length, size - length, "%s%llu", n > 0 ? ", " : "",
                                   (unsigned long long)shape[n]);
    if (length < size)
        snprintf(out + length, size - length, rank == 1 ? ",)" : ")");
}

void npy_describe(detinit_dtype dtype, size_t rank, const uint64_t *shape, char *out, size_t size)
{
    char tuple[200];
    shape_tuple(rank, shape, tuple, sizeof tuple);
    snprintf(out, size, "%s %s", detinit_dtype_name(dtype), tuple);
}

size_t npy_header(const detinit_recipe *recipe, unsigned char header[NPY_HEADER_MOST])
{
    return npy_header_of(tensor_type_of_dtype(recipe->dtype), recipe->rank, recipe->shape, header);
}

size_t npy_header_of(const tensor_type *type, size_t rank, const uint64_t *shape,
                     unsigned char header[NPY_HEADER_MOST])
{
    char tuple[200], text[NPY_HEADER_MOST];
    shape_tuple(rank, shape, tuple, sizeof tuple);
    /* Without dimensions none can grow. */
    int digits = rank > 0 ? snprintf(NULL, 0, "%llu", (unsigned long long)shape[0]) : GROWTH_DIGITS;
    int length =
        snprintf(text, sizeof text, "{'descr': '%c%s', 'fortran_order': False, 'shape': %s, }%*s",
                 type->bits > 8 ? '<' : '|', type->npy, tuple, GROWTH_DIGITS - digits, "");
    /* The newline counts; what ends on a boundary without padding gets a whole line of it. */
    size_t unpadded = PREFIX_1 + (size_t)length + 1;
    size_t total = unpadded + (ALIGNMENT - unpadded % ALIGNMENT);
    size_t dictionary = total - PREFIX_1;

    memcpy(header, MAGIC "\x01\x00", MAGIC_LENGTH + 2);
    header[8] = (unsigned char)(dictionary & 0xFF);
    header[9] = (unsigned char)(dictionary >> 8);
    memset(header + PREFIX_1, ' ', dictionary);
    memcpy(header + PREFIX_1, text, (size_t)length);
    header[total - 1] = '\n';
    return total;
}

/* ----------------------------------------------------------------- reading */

/* What is left to read of the dictionary, and where its entries go. */
typedef struct reading {
    const char *at, *end; /* `at` is never past `end` */
    const char *shown;
    int version;
    npy_array *array;
    char descr[32];
    bool has_descr, has_order, has_shape;
    detinit_error *error;
} reading;

static detinit_status expected(const reading *r, const char *what)
{
    return error_set(r->error, DETINIT_INVALID, "'%.200s' has a .npy header in which %s", r->shown,
                     what);
}

static void skip_space(reading *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

/* Goes past `word`, and any space before it, where it comes next. */
static bool take(reading *r, const char *word)
{
    size_t length = strlen(word);
    skip_space(r);
    if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0)
        return false;
    r->at += length;
    return true;
}

/* A whole number, behind which NumPy of Python 2 wrote an L. */
static bool take_number(reading *r, uint64_t *number)
{
    skip_space(r);
    const char *behind = whole_digits(r->at, r->end, DETINIT_MAX_DIMENSION, number);
    if (behind == NULL || (*r->at == '0' && *number > 0))
        return false; /* Python takes no zeros before a number */
    r->at = behind;
    if (r->version < 3 && r->at < r->end && *r->at == 'L')
        r->at++;
    return true;
}

/* A text between quotes of either kind, into `out`; Python 2 wrote a u before it. */
static bool take_string(reading *r, char *out, size_t size)
{
    skip_space(r);
    if (r->end - r->at > 1 && (*r->at == 'u' || *r->at == 'U') && r->at[1] != ' ')
        r->at++;
    if (r->at == r->end || (*r->at != '\'' && *r->at != '"'))
        return false;
    const char quote = *r->at++;
    size_t length = 0;
    while (r->at < r->end && *r->at != quote) {
        if (length + 1 >= size || *r->at == '\0')
            return false;
        out[length++] = *r->at++;
    }
    out[length] = '\0';
    return r->at < r->end && *r->at++ == quote;
}

/* A tuple: "()", "(3,)", "(3, 4)". */
static detinit_status take_shape(reading *r)
{
    static const char *const what = "the shape is not a tuple of whole numbers from 0 to 2^63 - 1";
    detinit_tensor *tensor = &r->array->tensor;
    bool comma = true;
    if (!take(r, "("))
        return expected(r, what);
    while (!take(r, ")")) {
        uint64_t dimension;
        if (!comma || !take_number(r, &dimension))
            return expected(r, what);
        if (tensor->rank == NPY_RANK_MOST)
            return expected(r, "the shape has more than 64 dimensions, the most that NumPy has");
        r->array->shape[tensor->rank++] = dimension;
        comma = take(r, ",");
    }
    if (tensor->rank == 1 && !comma)
        return expected(r, what);
    r->has_shape = true;
    return DETINIT_OK;
}

static detinit_status take_descr(reading *r)
{
    r->has_descr = take_string(r, r->descr, sizeof r->descr);
    if (r->has_descr)
        return DETINIT_OK;
    r->array->foreign = take(r, "[");
    return expected(r, r->array->foreign
                           ? "descr tells of an array of records; one of numbers was expected"
                           : "descr is not the code of a type, such as '<f4'");
}

static detinit_status take_order(reading *r)
{
    r->array->column_major = take(r, "True");
    r->has_order = r->array->column_major || take(r, "False");
    return r->has_order ? DETINIT_OK : expected(r, "fortran_order is neither True nor False");
}

static detinit_status take_entry(reading *r)
{
    char key[32];
    if (!take_string(r, key, sizeof key) || !take(r, ":"))
        return expected(r, "no dictionary of descr, fortran_order and shape can be found");
    if (strcmp(key, "descr") == 0 && !r->has_descr)
        return take_descr(r);
    if (strcmp(key, "fortran_order") == 0 && !r->has_order)
        return take_order(r);
    if (strcmp(key, "shape") == 0 && !r->has_shape)
        return take_shape(r);
    return error_set(r->error, DETINIT_INVALID,
                     "'%.200s' has a .npy header with '%.32s' where descr, fortran_order and "
                     "shape were expected once each",
                     r->shown, key);
}

/* The dictionary's entries, in any order; each has to be there once. */
static detinit_status take_dictionary(reading *r)
{
    static const char *const what = "no dictionary of descr, fortran_order and shape can be found";
    bool comma = true;
    if (!take(r, "{"))
        return expected(r, what);
    while (!take(r, "}")) {
        if (!comma)
            return expected(r, what);
        detinit_status status = take_entry(r);
        if (status != DETINIT_OK)
            return status;
        comma = take(r, ",");
    }
    skip_space(r);
    if (!r->has_descr || !r->has_order || !r->has_shape || r->at != r->end)
        return expected(r, what);
    return DETINIT_OK;
}

/* Finds the dictionary, and where the data begin. */
static detinit_status find_dictionary(reading *r, const unsigned char *file, size_t size)
{
    if (size < MAGIC_LENGTH || memcmp(file, MAGIC, MAGIC_LENGTH) != 0)
        return error_set(r->error, DETINIT_INVALID, "'%.200s' is not a .npy file", r->shown);
    const size_t prefix = size > MAGIC_LENGTH && file[MAGIC_LENGTH] == 1 ? PREFIX_1 : PREFIX_2;
    if (size < prefix)
        return error_set(r->error, DETINIT_INVALID, "'%.200s' ends within its .npy header",
                         r->shown);
    if (file[6] < 1 || file[6] > 3 || file[7] != 0)
        return error_set(r->error, DETINIT_INVALID,
                         "'%.200s' is of .npy version %d.%d; 1.0, 2.0 or 3.0 was expected",
                         r->shown, file[6], file[7]);
    size_t length = file[8] | (size_t)file[9] << 8;
    if (prefix == PREFIX_2)
        length |= (size_t)file[10] << 16 | (size_t)file[11] << 24;
    r->version = file[6];
    r->at = (const char *)file + prefix;
    if (length > NPY_HEADER_READ)
        return error_set(r->error, DETINIT_INVALID,
                         "'%.200s' has a .npy header of %zu bytes; at most %d are read, as "
                         "numpy.load does",
                         r->shown, length, NPY_HEADER_READ);
    if (length > size - prefix)
        return error_set(r->error, DETINIT_INVALID, "'%.200s' ends within its .npy header",
                         r->shown);
    r->end = r->at + length;
    r->array->offset = prefix + length;
    return DETINIT_OK;
}

/* Joins what the entries tell, and holds it against the size of the file. */
static detinit_status check_entries(const reading *r, uint64_t file_size)
{
    npy_array *array = r->array;
    detinit_tensor *tensor = &array->tensor;
    uint64_t bytes, data = file_size - array->offset, longer = 0;
    char shape[24 * NPY_RANK_MOST];
    const tensor_type *type = npy_type(r->descr, &array->big_endian);
    array->foreign = type == NULL;
    if (type == NULL)
        return error_set(r->error, DETINIT_INVALID,
                         "'%.200s' holds '%s'; floating-point numbers ('<f4') of at most 8 bytes, "
                         "complex ones, integers or bool were expected",
                         r->shown, r->descr);
    const char *wrong = tensor_measure(tensor, type, &bytes);
    if (wrong != NULL)
        return error_set(r->error, DETINIT_INVALID, "'%.200s': %s", r->shown, wrong);
    shape_tuple(tensor->rank, tensor->shape, shape, sizeof shape);
    if (bytes > data) /* what lies behind them NumPy passes over */
        return error_set(r->error, DETINIT_INVALID,
                         "'%.200s' holds %llu bytes of data; its shape %s of '%s' takes %llu",
                         r->shown, (unsigned long long)data, shape, r->descr,
                         (unsigned long long)bytes);
    for (size_t n = 0; n < tensor->rank; n++)
        longer += tensor->shape[n] > 1;
    array->column_major = array->column_major && longer > 1 && tensor->count > 0;
    return DETINIT_OK;
}

detinit_status npy_read(const unsigned char *file, size_t size, uint64_t file_size,
                        const char *shown, npy_array *array, detinit_error *error)
{
    npy_array found = {.tensor = {.name = ""}};
    found.tensor.shape = found.shape;
    reading r = {.shown = shown, .array = &found, .error = error};
    detinit_status status = find_dictionary(&r, file, size);
    if (status == DETINIT_OK)
        status = take_dictionary(&r);
    if (status == DETINIT_OK)
        status = check_entries(&r, file_size);
    *array = found;
    array->tensor.shape = array->shape;
    return status;
}
