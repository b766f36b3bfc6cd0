/*
 * Vectors of binary64 and of 64-bit integers, as wide as the instruction set this
 * is compiled for: what gaussian_steps.h and the bulk kernels are written in.
 * GNU vector types serve wherever the compiler makes one good instruction
 * of an operator; the rest is here.
 */
#ifndef DETINIT_NUMBER_LANES_H
#define DETINIT_NUMBER_LANES_H

#include "number/address.h"

#if defined(__AVX512DQ__) || defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

#if defined(__AVX512DQ__)
#define LANES 8
#elif defined(__AVX2__)
#define LANES 4
#else
#define LANES 2
#endif

typedef double real __attribute__((vector_size(8 * LANES)));
typedef uint64_t word __attribute__((vector_size(8 * LANES)));

/* The same bits as the other type. */
static inline word word_of(real x)
{
    return (word)x;
}

static inline real real_of(word w)
{
    return (real)w;
}

static inline word load_words(const uint64_t *from)
{
    word w;
    memcpy(&w, from, sizeof w);
    return w;
}

static inline void store_words(uint64_t *to, word w)
{
    memcpy(to, &w, sizeof w);
}

static inline real load_reals(const double *from)
{
    real x;
    memcpy(&x, from, sizeof x);
    return x;
}

static inline void store_reals(double *to, real x)
{
    memcpy(to, &x, sizeof x);
}

static inline word all_words(uint64_t w)
{
    return (word){0} + w;
}

static inline word xor3(word a, word b, word c)
{
#if LANES == 8
    return (word)_mm512_ternarylogic_epi64((__m512i)a, (__m512i)b, (__m512i)c, 0x96);
#else
    return a ^ b ^ c;
#endif
}

/* `a` where the mask is all ones, `b` where it is all zeros. */
static inline word select_words(word mask, word a, word b)
{
    return (mask & a) | (~mask & b);
}

/* Correctly rounded square roots. */
static inline real real_sqrt(real x)
{
#if LANES == 8
    return (real)_mm512_sqrt_pd((__m512d)x);
#elif LANES == 4
    return (real)_mm256_sqrt_pd((__m256d)x);
#elif defined(__SSE2__)
    return (real)_mm_sqrt_pd((__m128d)x);
#else
    real root;
    for (int n = 0; n < LANES; n++)
        root[n] = __builtin_sqrt(x[n]);
    return root;
#endif
}

/* The larger of each lane and `least`; no NaN. */
static inline real real_larger(real x, double least)
{
#if LANES == 8
    return (real)_mm512_max_pd((__m512d)x, _mm512_set1_pd(least));
#elif LANES == 4
    return (real)_mm256_max_pd((__m256d)x, _mm256_set1_pd(least));
#elif defined(__SSE2__)
    return (real)_mm_max_pd((__m128d)x, _mm_set1_pd(least));
#else
    for (int n = 0; n < LANES; n++)
        x[n] = x[n] < least ? least : x[n];
    return x;
#endif
}

/*
 * x * factor modulo 2^64.  AVX2 multiplies 32 bits at a time: the lower halves in full,
 * and of the two cross products, which one multiply of 32-bit lanes gives, what stays
 * below 2^64.
 */
static inline word multiply(word x, uint64_t factor)
{
#if LANES == 4
    const __m256i straight = _mm256_set1_epi64x((long long)factor);
    const __m256i crossed = _mm256_set1_epi64x((long long)(factor >> 32 | factor << 32));
    const __m256i upper = _mm256_set1_epi64x((long long)0xFFFFFFFF00000000u);
    const __m256i halves = _mm256_mullo_epi32((__m256i)x, crossed);
    const __m256i cross = _mm256_add_epi32(halves, _mm256_slli_epi64(halves, 32));
    return (word)_mm256_add_epi64(_mm256_mul_epu32((__m256i)x, straight),
                                  _mm256_and_si256(cross, upper));
#else
    return x * factor;
#endif
}

/* u01 times 2^53 in every lane: the upper 53 bits of each key. */
static inline real upper_bits_of(word keys)
{
#if LANES == 8
    return (real)_mm512_cvtepu64_pd((__m512i)(keys >> 11));
#else
    /* 52 bits as the fraction of 2^53 (1.f), less 2^53; the 53rd is taken off that. */
    const word first = all_words(0x4340000000000000u);
    return real_of(keys >> 12 | first) - real_of(first - (keys >> 11 & 1));
#endif
}

/* 8 u - 4 for the uniforms of keys: exact. */
static inline real turns_of(word keys)
{
#if LANES == 8
    return (real)_mm512_cvtepu64_pd((__m512i)(keys >> 11)) * 0x1p-50 - 4.0;
#else
    /* 52 bits as the fraction of 8 (1.f), the 53rd in a place of 2^-9 that is worth 2^-50. */
    const real upper = real_of(keys >> 12 | 0x4020000000000000u);
    const real lowest = real_of((keys & 0x800) | 0x3F60000000000000u);
    return (upper - (12 + 0x1p-9)) + lowest;
#endif
}

#endif
