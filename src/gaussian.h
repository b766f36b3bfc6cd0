/*
 * The standard normal by Box-Muller, from binary64 + - * / and sqrt alone, so
 * that every machine gives the same bits.  Straight-line code: the same lines
 * serve one weight and, vectorised by the compiler, the bulk kernels.
 *
 * tests/coefficients.py derives the polynomials and states their errors.
 */
#ifndef DETINIT_GAUSSIAN_H
#define DETINIT_GAUSSIAN_H

#include "address.h"
#include "strict.h"

/* u1 is kept at least this far from 0, where ln would be infinite. */
#define SMALLEST_U1 1e-12

/* The divisor that gives the normal cut at +-2 a standard deviation of 1. */
#define TRUNCATED_STD 0.87962566103423978
#define TRUNCATED_AT  2.0

#define SQRT_3 0x1.bb67ae8584caap+0

/*
 * ln u for u in [1e-12, 1), to 1 ulp or so, also next to 1.
 *
 * u = 2^k (1 + f) with sqrt(1/2) <= 1 + f < sqrt 2, and with s = f / (2 + f)
 *     ln(1 + f) = ln((1 + s) / (1 - s)) = 2s + s R(s^2) = f - s (f - R(s^2)),
 * the last form because f is exact while 2s is not (the idea of fdlibm's log).
 */
static inline double log_unit(double u)
{
    const uint64_t sqrt_half = 0x3FE6A09E667F3BCDu, one = 0x3FF0000000000000u;
    const double ln2_upper = 0x1.62e42fee00000p-1, ln2_lower = 0x1.a39ef35793c76p-33;

    uint64_t shifted = bits_of_double(u) + (one - sqrt_half);
    double k = double_of_bits(0x4330000000000000u | shifted >> 52) - (0x1p52 + 1023.0);
    double f = double_of_bits((shifted & 0x000FFFFFFFFFFFFFu) + sqrt_half) - 1.0;

    double s = f / (2.0 + f);
    double t = s * s;
    double p = 0x1.2f05654eb81d7p-3;
    p = p * t + 0x1.39a1ba69e84a0p-3;
    p = p * t + 0x1.74663eed1cfb2p-3;
    p = p * t + 0x1.c71c52093ade0p-3;
    p = p * t + 0x1.24924941f1630p-2;
    p = p * t + 0x1.999999997fdb1p-2;
    p = p * t + 0x1.5555555555592p-1;
    double log_1_f = s * (f - t * p) - k * ln2_lower;
    return k * ln2_upper + (f - log_1_f);
}

/*
 * cos(2 pi u) for u in [0, 1), to 2e-16 absolute.
 *
 * s = 4 |u - 1/2| - 1 is exact and cos(2 pi u) = sin(pi/2 s), |s| <= 1.  Written
 * as s + s (1 - s^2) P(s^2) it is exactly 0, 1 and -1 where it should be, and
 * the rounding errors of the polynomial vanish towards the ends.
 */
static inline double cos_turns(double u)
{
    double s = __builtin_fabs(u - 0.5) * 4.0 - 1.0;
    double t = s * s;
    double p = -0x1.9bc8b205d5796p-38;
    p = p * t + 0x1.6c36f1b89062dp-31;
    p = p * t - 0x1.e34238e95c0e0p-25;
    p = p * t + 0x1.db7a43f4786fcp-19;
    p = p * t - 0x1.490a4b7345e72p-13;
    p = p * t + 0x1.288a7a8a88d56p-8;
    p = p * t - 0x1.33e31eceb2106p-4;
    p = p * t + 0x1.243f6a8885a31p-1;
    return s + s * ((1.0 - t) * p);
}

static inline double clamp_u1(double u)
{
    return u < SMALLEST_U1 ? SMALLEST_U1 : u;
}

/* r = sqrt(-2 ln u1) of the first draw. */
static inline double box_muller_radius(double u1)
{
    return __builtin_sqrt(-2.0 * log_unit(clamp_u1(u1)));
}

/* The standard normal of two draw keys. */
static inline double gaussian_of_keys(uint64_t u1_key, uint64_t u2_key)
{
    return box_muller_radius(u01(u1_key)) * cos_turns(u01(u2_key));
}

/* The standard normal of the key of an address: its draws 0 and 1. */
static inline double gaussian_of_key(uint64_t key)
{
    return gaussian_of_keys(fold_hashed(key, HASHED_DRAW_0), fold_hashed(key, HASHED_DRAW_1));
}

/* The uniform draw, in +-sqrt 3: standard deviation 1. */
static inline double uniform_of_u01(double u)
{
    return SQRT_3 * (2.0 * u - 1.0);
}

/*
 * The normal cut at +-2: the first z_k within, z_k from draws 2k and 2k + 1,
 * looking from k = first on.  *attempt, the k that was taken.
 */
static inline double cut_normal_of_key(uint64_t key, uint64_t first, uint64_t *attempt)
{
    uint64_t k = first;
    double z = gaussian_of_keys(fold(key, 2 * k), fold(key, 2 * k + 1));
    while (!(__builtin_fabs(z) <= TRUNCATED_AT)) {
        k++;
        z = gaussian_of_keys(fold(key, 2 * k), fold(key, 2 * k + 1));
    }
    *attempt = k;
    return z;
}

#endif
