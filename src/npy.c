#include "npy.h"

#include "error.h"

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

static const char *const descr[DETINIT_DTYPE_COUNT] = {"<f8", "<f4", "<f2", "<V2"};

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
    char shape[200], text[NPY_HEADER_MOST];
    shape_tuple(recipe->rank, recipe->shape, shape, sizeof shape);
    int digits = snprintf(NULL, 0, "%llu", (unsigned long long)recipe->shape[0]);
    int length =
        snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': %s, }%*s",
                 descr[recipe->dtype], shape, GROWTH_DIGITS - digits, "");
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

/* What is left to read of the dictionary. Never past `end`. */
typedef struct cursor {
    const char *at, *end;
} cursor;

static void skip_space(cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t'))
        c->at++;
}

/* Goes past `word`, and any space before it, where it comes next. */
static bool take(cursor *c, const char *word)
{
    size_t length = strlen(word);
    skip_space(c);
    if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0)
        return false;
    c->at += length;
    return true;
}

static bool take_number(cursor *c, uint64_t *number)
{
    uint64_t value = 0;
    skip_space(c);
    const char *first = c->at;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        unsigned digit = (unsigned)(*c->at - '0');
        if (value > (DETINIT_MAX_DIMENSION - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *number = value;
    return c->at > first;
}

/* A text between quotes of either kind, into `out`. */
static bool take_string(cursor *c, char *out, size_t size)
{
    skip_space(c);
    if (c->at == c->end || (*c->at != '\'' && *c->at != '"'))
        return false;
    const char quote = *c->at++;
    size_t length = 0;
    while (c->at < c->end && *c->at != quote) {
        if (length + 1 >= size)
            return false;
        out[length++] = *c->at++;
    }
    out[length] = '\0';
    return c->at < c->end && *c->at++ == quote;
}

/* A tuple of 1 .. DETINIT_MAX_RANK dimensions. */
static bool take_shape(cursor *c, npy_array *array)
{
    array->rank = 0;
    if (!take(c, "("))
        return false;
    while (array->rank < DETINIT_MAX_RANK && take_number(c, &array->shape[array->rank])) {
        array->rank++;
        if (!take(c, ","))
            break;
    }
    return take(c, ")") && array->rank > 0;
}

static bool dtype_of_descr(const char *text, detinit_dtype *dtype)
{
    bool void_2 = strcmp(text, "|V2") == 0;
    for (int n = 0; n < DETINIT_DTYPE_COUNT; n++) {
        if (strcmp(text, descr[n]) == 0 || (void_2 && n == DETINIT_BFLOAT16)) {
            *dtype = (detinit_dtype)n;
            return true;
        }
    }
    return false;
}

/* The dictionary's entries, in any order; each has to be there once. */
typedef struct entries {
    char descr[32];
    bool fortran_order;
    bool has_descr, has_order, has_shape;
} entries;

static bool take_entry(cursor *c, entries *e, npy_array *array)
{
    char key[32];
    if (!take_string(c, key, sizeof key) || !take(c, ":"))
        return false;
    if (strcmp(key, "descr") == 0 && !e->has_descr)
        return e->has_descr = take_string(c, e->descr, sizeof e->descr);
    if (strcmp(key, "shape") == 0 && !e->has_shape)
        return e->has_shape = take_shape(c, array);
    if (strcmp(key, "fortran_order") != 0 || e->has_order)
        return false;
    e->fortran_order = take(c, "True");
    return e->has_order = e->fortran_order || take(c, "False");
}

static bool take_dictionary(cursor *c, entries *e, npy_array *array)
{
    if (!take(c, "{"))
        return false;
    while (!take(c, "}"))
        if (!take_entry(c, e, array) || !(take(c, ",") || (c->at < c->end && *c->at == '}')))
            return false;
    skip_space(c);
    return e->has_descr && e->has_order && e->has_shape && c->at == c->end;
}

/* Finds the dictionary of a file of version 1, 2 or 3. */
static bool find_dictionary(const unsigned char *file, size_t size, cursor *c)
{
    if (size < PREFIX_2 || memcmp(file, MAGIC, MAGIC_LENGTH) != 0 || file[6] < 1 || file[6] > 3)
        return false;
    size_t prefix = file[6] == 1 ? PREFIX_1 : PREFIX_2;
    size_t length = file[8] | (size_t)file[9] << 8;
    if (prefix == PREFIX_2)
        length |= (size_t)file[10] << 16 | (size_t)file[11] << 24;
    if (length > size - prefix)
        return false;
    c->at = (const char *)file + prefix;
    c->end = c->at + length;
    return true;
}

detinit_status npy_read(const unsigned char *file, size_t size, const char *shown, npy_array *array,
                        detinit_error *error)
{
    cursor c;
    entries e = {0};
    npy_array found = {0};
    if (!find_dictionary(file, size, &c))
        return error_set(error, DETINIT_INVALID, "'%.200s' is not a .npy file", shown);
    found.offset = (size_t)(c.end - (const char *)file);
    if (!take_dictionary(&c, &e, &found))
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' has a .npy header that cannot be understood", shown);
    if (!dtype_of_descr(e.descr, &found.dtype))
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' holds '%s'; little-endian float64, float32, float16 or bfloat16 "
                         "was expected",
                         shown, e.descr);
    if (e.fortran_order && found.rank > 1)
        return error_set(error, DETINIT_INVALID,
                         "'%.200s' is stored column by column; row by row was expected", shown);
    *array = found;
    return DETINIT_OK;
}
