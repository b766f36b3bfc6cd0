#include "file/tensortype.h"

#include "detinit_files.h"
#include "number/dtype.h"
#include <string.h>

#define ROW(with, id, bytes, fraction_bits, name, alias, unspoken, safetensors, npy)               \
    {safetensors, npy, 8 * (bytes), true, DETINIT_##id},

/* The weights come first, in the order of detinit_dtype. */
static const tensor_type types[] = {
    DTYPES(ROW, )
    /* and what is no weight */
    {"BOOL", "b1", 8, false, DETINIT_FLOAT64},
    {"U8", "u1", 8, false, DETINIT_FLOAT64},
    {"I8", "i1", 8, false, DETINIT_FLOAT64},
    {"U16", "u2", 16, false, DETINIT_FLOAT64},
    {"I16", "i2", 16, false, DETINIT_FLOAT64},
    {"U32", "u4", 32, false, DETINIT_FLOAT64},
    {"I32", "i4", 32, false, DETINIT_FLOAT64},
    {"U64", "u8", 64, false, DETINIT_FLOAT64},
    {"I64", "i8", 64, false, DETINIT_FLOAT64},
    {"C64", NULL, 64, false, DETINIT_FLOAT64},
    {"F8_E5M2", NULL, 8, false, DETINIT_FLOAT64},
    {"F8_E4M3", NULL, 8, false, DETINIT_FLOAT64},
    {"F8_E8M0", NULL, 8, false, DETINIT_FLOAT64},
    {"F8_E5M2FNUZ", NULL, 8, false, DETINIT_FLOAT64},
    {"F8_E4M3FNUZ", NULL, 8, false, DETINIT_FLOAT64},
    {"F6_E3M2", NULL, 6, false, DETINIT_FLOAT64},
    {"F6_E2M3", NULL, 6, false, DETINIT_FLOAT64},
    {"F4", NULL, 4, false, DETINIT_FLOAT64},
};
#undef ROW

#define TYPE_COUNT (sizeof types / sizeof types[0])

const tensor_type *tensor_type_named(const char *name)
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
    const unsigned __int128 bits = (unsigned __int128)items * type->bits;
    if (bits % 8 != 0)
        return "its items do not fill whole bytes";
    if (bits / 8 > INT64_MAX)
        return "its shape is too large";
    *bytes = (uint64_t)(bits / 8);
    tensor->type = type->name;
    tensor->weights = type->weights;
    tensor->dtype = type->dtype;
    tensor->item_bytes = type->bits < 8 ? 1 : type->bits / 8;
    tensor->count = *bytes / tensor->item_bytes;
    return NULL;
}
