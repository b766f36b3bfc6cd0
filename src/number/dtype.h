/*
 * The storage types, from one list.  Each is a format of IEEE 754: 1 bit of sign, an exponent,
 * and a fraction, rounded to nearest even; all that is known of its arithmetic follows from how
 * many bits there are.  A type of 16 bits more is a line here and one in detinit_dtype.
 */
#ifndef DETINIT_NUMBER_DTYPE_H
#define DETINIT_NUMBER_DTYPE_H

#include "base/byteorder.h"
#include "base/names.h"
#include "detinit.h"
#include "number/address.h"

/*
 * row(with, id, bytes, fraction bits, name, alias, unspoken alias, .safetensors name, .npy code)
 * for each, in the order of detinit_dtype; `with` is the user's own.  NumPy has no bfloat16: such
 * files hold two-byte voids, as ml_dtypes' arrays do.
 */
#define DTYPES(row, with)                                                                          \
    row(with, FLOAT64, 8, 52, "float64", "f8", "double", "F64", "f8")                              \
        row(with, FLOAT32, 4, 23, "float32", "f4", "float", "F32", "f4")                           \
            row(with, FLOAT16, 2, 10, "float16", "f2", "half", "F16", "f2")                        \
                row(with, BFLOAT16, 2, 7, "bfloat16", "bf16", NULL, "BF16", "V2")

/*
 * A loop over many weights is written with the storage type as an argument and compiled once
 * for each: `dtype` is a constant in each of these.
 */
#define FOR_EACH_DTYPE(dtype, loop)                                                                \
    switch (dtype) {                                                                               \
        DTYPES(DTYPE_LOOP, loop)                                                                   \
    default:                                                                                       \
        break;                                                                                     \
    }
#define DTYPE_LOOP(loop, id, ...)                                                                  \
    case DETINIT_##id:                                                                             \
        loop(DETINIT_##id);                                                                        \
        break;

extern const name_table dtype_names;

/* Bytes of a weight, and bits of its fraction; constants where the type is one. */
static inline size_t dtype_bytes(detinit_dtype dtype)
{
    switch (dtype) {
#define ROW(with, id, bytes, ...)                                                                  \
    case DETINIT_##id:                                                                             \
        return bytes;
        DTYPES(ROW, )
#undef ROW
    default:
        return 0;
    }
}

static inline int dtype_fraction_bits(detinit_dtype dtype)
{
    switch (dtype) {
#define ROW(with, id, bytes, fraction_bits, ...)                                                   \
    case DETINIT_##id:                                                                             \
        return fraction_bits;
        DTYPES(ROW, )
#undef ROW
    default:
        return 0;
    }
}

/* Stored weights are little-endian on every machine: whether they are this one's doubles, too. */
static inline bool dtype_is_of_doubles(detinit_dtype dtype)
{
    return dtype_bytes(dtype) == sizeof(double) && MACHINE_IS_LITTLE_ENDIAN;
}

/* The value as it is after having been stored as `dtype`. */
double dtype_round(detinit_dtype dtype, double value);

/* A type of 16 bits, by the numbers that its arithmetic needs. */
typedef struct half_type {
    int fraction_bits;
    int bias;               /* of the exponent */
    uint16_t infinity;      /* its bits */
    int cut;                /* fraction bits that binary64 has more */
    uint64_t rebase;        /* what its bias is less than binary64's, in its place in binary64 */
    double smallest_normal; /* below, the type's numbers are multiples of ... */
    double subnormal_unit;  /* ... the last place of this number */
    double overflow;        /* rounds to infinity from here on */
} half_type;

/* 2^exponent, a normal number */
static inline double power_of_2(int exponent)
{
    return double_of_bits((uint64_t)(1023 + exponent) << 52);
}

static inline half_type half_type_of(detinit_dtype dtype)
{
    const int fraction_bits = dtype_fraction_bits(dtype), exponent_bits = 15 - fraction_bits;
    const int bias = (1 << (exponent_bits - 1)) - 1, cut = 52 - fraction_bits;
    return (half_type){
        .fraction_bits = fraction_bits,
        .bias = bias,
        .infinity = (uint16_t)(((1 << exponent_bits) - 1) << fraction_bits),
        .cut = cut,
        .rebase = (uint64_t)(1023 - bias) << 52,
        .smallest_normal = power_of_2(1 - bias),
        .subnormal_unit = power_of_2(1 - bias + cut),
        .overflow = (2 - power_of_2(-fraction_bits - 1)) * power_of_2(bias),
    };
}

#endif
