/* Storage types: one rounding of binary64, to nearest even, and back. */
#include "number/dtype.h"

#include "base/strict.h"

#include <string.h>

/* ------------------------------------------------------------------- names */

#define COUNT(with, ...) +1
_Static_assert(0 DTYPES(COUNT, ) == DETINIT_DTYPE_COUNT, "a storage type without a row");
#undef COUNT

#define ROW(with, id, bytes, fraction_bits, name, alias, unspoken, ...)                            \
    [DETINIT_##id] = {name, alias, unspoken},
static const name_row rows[] = {DTYPES(ROW, )};
#undef ROW

const name_table dtype_names = NAME_TABLE(rows);

const char *detinit_dtype_name(detinit_dtype dtype)
{
    return names_name(&dtype_names, (int)dtype);
}

const char *detinit_dtype_alias(detinit_dtype dtype)
{
    return names_alias(&dtype_names, (int)dtype);
}

bool detinit_dtype_parse(const char *name, detinit_dtype *dtype)
{
    int value;
    if (!names_find(&dtype_names, name, &value))
        return false;
    *dtype = (detinit_dtype)value;
    return true;
}

size_t detinit_dtype_size(detinit_dtype dtype)
{
    return dtype_bytes(dtype);
}

/* ---------------------------------------------------------------- rounding */

/*
 * binary64 to 16 bits.  The magnitude is an integer of 53 bits times a power of
 * two; the bits that do not fit are cut off, and what they were worth decides
 * the rounding.  A carry out of the fraction runs into the exponent, as it should.
 */
static inline uint16_t encode_half(double value, half_type type)
{
    const uint64_t bits = bits_of_double(value);
    const uint16_t sign = (uint16_t)(bits >> 63 << 15);
    const int exponent = (int)(bits >> 52 & 0x7FF);
    uint64_t fraction = bits & 0x000FFFFFFFFFFFFFu;
    if (exponent == 0x7FF)
        return (uint16_t)(sign | type.infinity |
                          (fraction != 0 ? 1 << (type.fraction_bits - 1) : 0));

    int target = exponent - 1023 + type.bias; /* the biased exponent in the 16-bit type */
    if (target >= type.infinity >> type.fraction_bits)
        return (uint16_t)(sign | type.infinity);
    int cut = type.cut;
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

static inline double decode_half(uint16_t half, half_type type)
{
    const uint64_t sign = (uint64_t)(half >> 15) << 63;
    const uint16_t magnitude = half & 0x7FFF;
    const uint64_t rebased = (uint64_t)magnitude << type.cut;
    if (magnitude >= type.infinity)
        return double_of_bits(sign | 0x7FF0000000000000u | rebased);
    if (magnitude >> type.fraction_bits == 0) { /* a multiple of the smallest, exact in binary64 */
        const double multiple = (double)magnitude * power_of_2(1 - type.bias - type.fraction_bits);
        return sign != 0 ? -multiple : multiple;
    }
    return double_of_bits(sign | (rebased + type.rebase));
}

static inline void encode_as(detinit_dtype dtype, const double *values, size_t count, void *out)
{
    float *singles = out;
    uint16_t *halves = out;
    switch (dtype_bytes(dtype)) {
    case 8:
        memcpy(out, values, count * sizeof *values);
        break;
    case 4:
        for (size_t n = 0; n < count; n++)
            singles[n] = (float)values[n];
        break;
    default:
        for (size_t n = 0; n < count; n++)
            halves[n] = encode_half(values[n], half_type_of(dtype));
    }
    turn_little_endian(out, dtype_bytes(dtype), count);
}

static inline float single_at(const float *singles, size_t n)
{
    float single = singles[n];
    turn_little_endian(&single, sizeof single, 1);
    return single;
}

static inline uint16_t half_at(const uint16_t *halves, size_t n)
{
    uint16_t half = halves[n];
    turn_little_endian(&half, sizeof half, 1);
    return half;
}

static inline void decode_as(detinit_dtype dtype, const void *stored, size_t count, double *out)
{
    switch (dtype_bytes(dtype)) {
    case 8:
        memmove(out, stored, count * sizeof *out);
        turn_little_endian(out, sizeof *out, count);
        break;
    case 4:
        for (size_t n = 0; n < count; n++)
            out[n] = (double)single_at(stored, n);
        break;
    default:
        for (size_t n = 0; n < count; n++)
            out[n] = decode_half(half_at(stored, n), half_type_of(dtype));
    }
}

void detinit_encode(detinit_dtype dtype, const double *values, size_t count, void *out)
{
#define LOOP(dtype) encode_as(dtype, values, count, out)
    FOR_EACH_DTYPE(dtype, LOOP)
#undef LOOP
}

void detinit_decode(detinit_dtype dtype, const void *stored, size_t count, double *out)
{
#define LOOP(dtype) decode_as(dtype, stored, count, out)
    FOR_EACH_DTYPE(dtype, LOOP)
#undef LOOP
}

double dtype_round(detinit_dtype dtype, double value)
{
    uint64_t stored;
    double rounded;
    detinit_encode(dtype, &value, 1, &stored);
    detinit_decode(dtype, &stored, 1, &rounded);
    return rounded;
}
