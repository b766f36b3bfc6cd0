#include "file/tensortype.h"

#include "detinit_files.h"
#include "number/dtype.h"

#include <math.h>
#include <string.h>

#define ROW(with, id, bytes, fraction_bits, word, alias, unspoken, safetensors, code)              \
    {.name = safetensors,                                                                          \
     .npy = code,                                                                                  \
     .bits = 8 * (bytes),                                                                          \
     .weights = true,                                                                              \
     .dtype = DETINIT_##id},
#define WHOLE(word, code, width, sign)                                                             \
    {.name = word, .npy = code, .bits = width, .coding = CODING_##sign},
#define COMPLEX(word, code, width, part, where)                                                    \
    {.name = word,                                                                                 \
     .npy = code,                                                                                  \
     .bits = width,                                                                                \
     .dtype = DETINIT_##part,                                                                      \
     .coding = CODING_COMPLEX,                                                                     \
     .elsewhere = where},
#define SMALL(word, width, exponent_bits, fraction_bits, zero, beside)                             \
    {.name = word,                                                                                 \
     .bits = width,                                                                                \
     .coding = CODING_SMALL,                                                                       \
     .exponent = exponent_bits,                                                                    \
     .fraction = fraction_bits,                                                                    \
     .bias = zero,                                                                                 \
     .special = beside},

/*
 * The weights come first, in the order of detinit_dtype.  Small types: the OCP's 8-bit floating
 * point and microscaling formats, and, behind FNUZ, those of Noune et al., arXiv 2206.02915.
 */
static const tensor_type types[] = {
    DTYPES(ROW, )
    /* and what is no weight */
    WHOLE("BOOL", "b1", 8, UNSIGNED)
    WHOLE("U8", "u1", 8, UNSIGNED)
    WHOLE("I8", "i1", 8, SIGNED)
    WHOLE("U16", "u2", 16, UNSIGNED)
    WHOLE("I16", "i2", 16, SIGNED)
    WHOLE("U32", "u4", 32, UNSIGNED)
    WHOLE("I32", "i4", 32, SIGNED)
    WHOLE("U64", "u8", 64, UNSIGNED)
    WHOLE("I64", "i8", 64, SIGNED)
    COMPLEX("C64", "c8", 64, FLOAT32, false)
    COMPLEX("C128", "c16", 128, FLOAT64, true)
    COMPLEX("C32", NULL, 32, FLOAT16, true)
    SMALL("F8_E5M2", 8, 5, 2, 15, SMALL_IEEE)
    SMALL("F8_E4M3", 8, 4, 3, 7, SMALL_LAST_NAN)
    SMALL("F8_E8M0", 8, 8, 0, 127, SMALL_LAST_NAN)
    SMALL("F8_E5M2FNUZ", 8, 5, 2, 16, SMALL_ZERO_NAN)
    SMALL("F8_E4M3FNUZ", 8, 4, 3, 8, SMALL_ZERO_NAN)
    SMALL("F6_E3M2", 6, 3, 2, 3, SMALL_FINITE)
    SMALL("F6_E2M3", 6, 2, 3, 1, SMALL_FINITE)
    SMALL("F4", 4, 2, 1, 1, SMALL_FINITE)
};
#undef ROW
#undef WHOLE
#undef COMPLEX
#undef SMALL

#define TYPE_COUNT (sizeof types / sizeof types[0])

const tensor_type *tensor_type_named(const char *name)
{
    const tensor_type *type = tensor_type_anywhere(name);
    return type != NULL && !type->elsewhere ? type : NULL;
}

const tensor_type *tensor_type_anywhere(const char *name)
{
    for (size_t n = 0; n < TYPE_COUNT; n++)
        if (strcmp(types[n].name, name) == 0)
            return &types[n];
    return NULL;
}

const tensor_type *tensor_type_of_npy(const char *code)
{
    for (size_t n = 0; n < TYPE_COUNT; n++)
        if (types[n].npy != NULL && strcmp(types[n].npy, code) == 0)
            return &types[n];
    return NULL;
}

const tensor_type *tensor_type_of_dtype(detinit_dtype dtype)
{
    return (unsigned)dtype < DETINIT_DTYPE_COUNT ? &types[dtype] : NULL;
}

const char *detinit_dtype_safetensors(detinit_dtype dtype)
{
    const tensor_type *type = tensor_type_of_dtype(dtype);
    return type != NULL ? type->name : NULL;
}

const char *tensor_weights_told(char *buffer, size_t size)
{
#define ROW(with, id, bytes, fraction_bits, name, alias, unspoken, safetensors, npy) safetensors,
    static const char *const names[] = {DTYPES(ROW, )};
#undef ROW
    const name_table table = NAME_TABLE(names);
    return names_told(&table, buffer, size);
}

/* The product of a shape; false where it has more than 64 bits. A 0 makes any product 0. */
static bool product(size_t rank, const uint64_t *shape, uint64_t *count)
{
    bool fits = true, zero = false;
    *count = 1;
    for (size_t n = 0; n < rank; n++) {
        if (shape[n] > DETINIT_MAX_DIMENSION)
            return false;
        zero = zero || shape[n] == 0;
        fits = fits && !__builtin_mul_overflow(*count, shape[n], count);
    }
    if (zero)
        *count = 0;
    return fits || zero;
}

const char *tensor_measure(detinit_tensor *tensor, const tensor_type *type, uint64_t *bytes)
{
    uint64_t items;
    if (!product(tensor->rank, tensor->shape, &items))
        return "its shape is too large";
    uint64_t size; /* of all whole eights of items, which fill whole bytes */
    const uint64_t rest = items % 8 * type->bits;
    if (rest % 8 != 0)
        return "its items do not fill whole bytes";
    if (__builtin_mul_overflow(items / 8, (uint64_t)type->bits, &size) ||
        __builtin_add_overflow(size, rest / 8, bytes) || *bytes > INT64_MAX)
        return "its shape is too large";
    tensor->type = type->name;
    tensor->weights = type->weights;
    tensor->dtype = type->dtype;
    tensor->item_bytes = type->bits < 8 ? 1 : type->bits / 8;
    tensor->count = *bytes / tensor->item_bytes;
    return NULL;
}

/* ---------------------------------------------------------------- decoding */

size_t tensor_type_parts(const tensor_type *type)
{
    return type->coding == CODING_COMPLEX ? 2 : 1;
}

static double decode_small(const tensor_type *type, unsigned item)
{
    const unsigned magnitude_bits = type->exponent + type->fraction;
    const unsigned largest = (1u << magnitude_bits) - 1, magnitude = item & largest;
    const unsigned exponent = magnitude >> type->fraction;
    const unsigned fraction = magnitude & ((1u << type->fraction) - 1);
    const bool negative = item > largest, top = exponent == (1u << type->exponent) - 1;
    const bool normal = exponent > 0 || type->fraction == 0;
    double value = ldexp(normal ? (1u << type->fraction) + fraction : fraction,
                         (normal ? (int)exponent : 1) - type->bias - (int)type->fraction);
    if (type->special == SMALL_IEEE && top)
        value = fraction == 0 ? INFINITY : NAN;
    else if ((type->special == SMALL_LAST_NAN && magnitude == largest) ||
             (type->special == SMALL_ZERO_NAN && negative && magnitude == 0))
        return NAN;
    return negative ? -value : value;
}

/* The bits of an item of less than a byte, which may lie in two. */
static unsigned bits_at(const unsigned char *bytes, size_t bit, unsigned bits)
{
    unsigned two = bytes[bit / 8];
    if (bit % 8 + bits > 8)
        two |= (unsigned)bytes[bit / 8 + 1] << 8;
    return two >> bit % 8 & ((1u << bits) - 1);
}

static double decode_whole(const tensor_type *type, const unsigned char *item)
{
    const unsigned bytes = type->bits / 8, unused = 64 - type->bits;
    uint64_t bits = 0;
    for (unsigned n = bytes; n-- > 0;)
        bits = bits << 8 | item[n];
    return type->coding == CODING_SIGNED ? (double)((int64_t)(bits << unused) >> unused)
                                         : (double)bits;
}

void tensor_decode(const tensor_type *type, const void *stored, unsigned bit, size_t count,
                   double *out)
{
    const unsigned char *bytes = stored;
    if (type->coding == CODING_WEIGHT || type->coding == CODING_COMPLEX)
        detinit_decode(type->dtype, stored, count * tensor_type_parts(type), out);
    else if (type->coding == CODING_SMALL)
        for (size_t n = 0; n < count; n++)
            out[n] = decode_small(type, bits_at(bytes, bit + n * type->bits, type->bits));
    else
        for (size_t n = 0; n < count; n++)
            out[n] = decode_whole(type, bytes + n * type->bits / 8);
}
