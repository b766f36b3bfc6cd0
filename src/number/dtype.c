/* Storage types: one rounding of binary64, to nearest even, and back. */
#include "number/address.h"
#include "detinit.h"
#include "number/dtype.h"
#include "base/strict.h"

#include <string.h>

size_t detinit_dtype_size(detinit_dtype dtype)
{
    return dtype_bytes(dtype);
}

/* How a 16-bit type divides its bits: 1 sign, exponent, fraction. */
typedef struct half_type {
    int fraction_bits, bias;
} half_type;

static const half_type float16 = {10, 15}, bfloat16 = {7, 127};

/*
 * binary64 to 16 bits.  The magnitude is an integer of 53 bits times a power of
 * two; the bits that do not fit are cut off, and what they were worth decides
 * the rounding.  A carry out of the fraction runs into the exponent, as it should.
 */
static uint16_t encode_half(double value, half_type type)
{
    uint64_t bits = bits_of_double(value);
    uint16_t sign = (uint16_t)(bits >> 63 << 15);
    int exponent = (int)(bits >> 52 & 0x7FF);
    uint64_t fraction = bits & 0x000FFFFFFFFFFFFFu;
    uint16_t infinity = (uint16_t)(((1 << (15 - type.fraction_bits)) - 1) << type.fraction_bits);

    if (exponent == 0x7FF)
        return (uint16_t)(sign | infinity | (fraction != 0 ? 1 << (type.fraction_bits - 1) : 0));

    int target = exponent - 1023 + type.bias; /* the biased exponent in the 16-bit type */
    if (target >= infinity >> type.fraction_bits)
        return (uint16_t)(sign | infinity);
    int cut = 52 - type.fraction_bits;
    if (target <= 0) { /* subnormal: the leading 1 becomes part of the fraction */
        cut += 1 - target;
        target = 0;
        if (cut > 54)
            return sign;
        fraction |= (uint64_t)1 << 52;
    }
    uint64_t kept = fraction >> cut, rest = fraction & (((uint64_t)1 << cut) - 1);
    uint64_t half = (uint64_t)1 << (cut - 1);
    kept += ((uint64_t)target << type.fraction_bits);
    kept += rest > half || (rest == half && (kept & 1) != 0);
    return (uint16_t)(sign | (uint16_t)kept);
}

static double decode_half(uint16_t half, half_type type)
{
    uint64_t sign = (uint64_t)(half >> 15) << 63;
    int exponent_mask = (1 << (15 - type.fraction_bits)) - 1;
    int exponent = half >> type.fraction_bits & exponent_mask;
    uint64_t fraction = half & ((1u << type.fraction_bits) - 1);
    if (exponent == exponent_mask)
        return double_of_bits(sign | 0x7FF0000000000000u | fraction << (52 - type.fraction_bits));
    if (exponent == 0) { /* fraction * 2^(1 - bias - fraction_bits), exact in binary64 */
        double unit = double_of_bits((uint64_t)(1023 + 1 - type.bias - type.fraction_bits) << 52);
        double magnitude = (double)fraction * unit;
        return sign != 0 ? -magnitude : magnitude;
    }
    return double_of_bits(sign | (uint64_t)(exponent - type.bias + 1023) << 52 |
                          fraction << (52 - type.fraction_bits));
}

static void encode_halves(half_type type, const double *values, size_t count, uint16_t *out)
{
    for (size_t n = 0; n < count; n++)
        out[n] = encode_half(values[n], type);
}

static void decode_halves(half_type type, const uint16_t *stored, size_t count, double *out)
{
    for (size_t n = 0; n < count; n++)
        out[n] = decode_half(stored[n], type);
}

void detinit_encode(detinit_dtype dtype, const double *values, size_t count, void *out)
{
    float *singles = out;
    switch (dtype) {
    case DETINIT_FLOAT32:
        for (size_t n = 0; n < count; n++)
            singles[n] = (float)values[n];
        break;
    case DETINIT_FLOAT16:
        encode_halves(float16, values, count, out);
        break;
    case DETINIT_BFLOAT16:
        encode_halves(bfloat16, values, count, out);
        break;
    default:
        memcpy(out, values, count * sizeof *values);
    }
}

void detinit_decode(detinit_dtype dtype, const void *stored, size_t count, double *out)
{
    const float *singles = stored;
    switch (dtype) {
    case DETINIT_FLOAT32:
        for (size_t n = 0; n < count; n++)
            out[n] = (double)singles[n];
        break;
    case DETINIT_FLOAT16:
        decode_halves(float16, stored, count, out);
        break;
    case DETINIT_BFLOAT16:
        decode_halves(bfloat16, stored, count, out);
        break;
    default:
        memcpy(out, stored, count * sizeof *out);
    }
}

double dtype_round(detinit_dtype dtype, double value)
{
    uint64_t stored;
    double rounded;
    detinit_encode(dtype, &value, 1, &stored);
    detinit_decode(dtype, &stored, 1, &rounded);
    return rounded;
}
