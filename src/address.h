/* Keys and uniforms: exact integers modulo 2^64.  Inline, because the kernels are made of them. */
#ifndef DETINIT_ADDRESS_H
#define DETINIT_ADDRESS_H

#include <stdint.h>
#include <string.h>

/* One splitmix64 step (Steele, Lea and Flood 2014; constants of Vigna's splitmix64). */
static inline uint64_t hash64(uint64_t x)
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

/* The key `h` folded with an index whose hash64 is given: it is shared by all rows. */
static inline uint64_t fold_hashed(uint64_t h, uint64_t hashed_index)
{
    return hash64(h ^ hashed_index);
}

static inline uint64_t fold(uint64_t h, uint64_t index)
{
    return fold_hashed(h, hash64(index));
}

/* hash64(0) and hash64(1): the indices of the two draws of Box-Muller. */
#define HASHED_DRAW_0 0xE220A8397B1DCDAFu
#define HASHED_DRAW_1 0x910A2DEC89025CC1u

static inline double double_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint64_t bits_of_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/*
 * (key >> 11) * 2^-53, exactly.  The upper 21 and the lower 32 of those 53 bits
 * are set into the fractions of 2^31 and 2^-1, where a unit is worth 2^-21
 * and 2^-53; taking 2^31 + 2^-1 off again rounds nothing.  No conversion
 * from integer is needed, which AVX2 and SSE2 do not have for 64 bits.
 */
static inline double u01(uint64_t key)
{
    double upper = double_of_bits(0x41E0000000000000u | key >> 43);
    double lower = double_of_bits(0x3FE0000000000000u | (key >> 11 & 0xFFFFFFFFu));
    return (upper - 2147483648.5) + lower;
}

#endif
