/* Keys and uniforms: exact integers modulo 2^64.  Inline, because the kernels are made of them. */
#ifndef DETINIT_NUMBER_ADDRESS_H
#define DETINIT_NUMBER_ADDRESS_H

#include <stdint.h>
#include <string.h>

#define HASH_INCREMENT 0x9E3779B97F4A7C15u
#define HASH_FACTOR_1  0xBF58476D1CE4E5B9u
#define HASH_FACTOR_2  0x94D049BB133111EBu

/* hash64 up to its last step, x ^ x >> 31. */
static inline uint64_t hash64_but_last(uint64_t x)
{
    x += HASH_INCREMENT;
    x = (x ^ x >> 30) * HASH_FACTOR_1;
    return (x ^ x >> 27) * HASH_FACTOR_2;
}

/* One splitmix64 step (Steele, Lea and Flood 2014; constants of Vigna's splitmix64). */
static inline uint64_t hash64(uint64_t x)
{
    x = hash64_but_last(x);
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

/* (key >> 11) * 2^-53: 53 bits, exactly.  Signed, because that is one instruction. */
static inline double u01(uint64_t key)
{
    return (double)(int64_t)(key >> 11) * 0x1p-53;
}

#endif
