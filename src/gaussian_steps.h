/*
 * Box-Muller, written once for one number and for vectors of numbers.
 *
 * Whoever includes this has defined two types, `real` (binary64) and `word` (64
 * bits unsigned), alike in the number of lanes, and for them
 *
 *     word_of(real), real_of(word)   the same bits as the other type
 *     real_sqrt(real)                correctly rounded
 *     real_larger(real, double)      the larger of the two, no NaN
 *
 * Only + - * / and sqrt, in the order written: every lane of every build gives
 * the same bits.  Powers of two are pulled through the formulas where that
 * saves an operation, since it changes no rounding.
 *
 * tests/coefficients.py derives the coefficients.  Error of the normal: at most
 * 6e-16 r.  The roundings, in units of 2^-53 r: the cosine 1.5, the logarithm
 * 3.4, of which the square root keeps half, the root itself 1, the product 1.
 */
#ifndef DETINIT_GAUSSIAN_STEPS_H
#define DETINIT_GAUSSIAN_STEPS_H

#define SMALLEST_U1 1e-12

/* The upper and lower ends of the mantissas that the logarithm is reduced to. */
#define SQRT_HALF_BITS UINT64_C(0x3FE6A09E667F3BCD)
#define ONE_BITS       UINT64_C(0x3FF0000000000000)
#define FRACTION_MASK  UINT64_C(0x000FFFFFFFFFFFFF)

/* What is left of a logarithm after its argument is reduced. */
typedef struct reduced {
    real exponent_part; /* -k ln(2) / 2 */
    real g;             /* (1 - m) / (1 + m) */
} reduced;

/*
 * The reduction of max(u1, 1e-12) = 2^k m, m in [sqrt(1/2), sqrt(2)).  Relative
 * accuracy near u1 = 1 comes from 1 - m, which is exact.
 */
static inline reduced reduce(real u1)
{
    const word shifted = word_of(real_larger(u1, SMALLEST_U1)) + (ONE_BITS - SQRT_HALF_BITS);
    const real m = real_of((shifted & FRACTION_MASK) + SQRT_HALF_BITS);
    /* The biased exponent in the last places of 2^52: an exact conversion. */
    const real biased = real_of((shifted >> 52) | 0x4330000000000000u);
    return (reduced){(0x1p52 + 1023 - biased) * 0x1.62e42fefa39efp-2, (1.0 - m) / (1.0 + m)};
}

/* -ln(u1) / 2, of which -ln(m) / 2 is atanh(g). */
static inline real half_minus_log(reduced u)
{
    const real y = u.g * u.g;
    const real y2 = y * y;
    const real even =
        ((0x1.2f056235b1ecap-4 * y2 + 0x1.74663ee6f6c97p-4) * y2 + 0x1.24924941f119cp-3) * y2 +
        0x1.5555555555592p-2;
    const real odd = (0x1.39a1bada90f65p-4 * y2 + 0x1.c71c520964f7ap-4) * y2 + 0x1.999999997fdb8p-3;
    return u.exponent_part + (u.g + u.g * (y * (odd * y + even)));
}

/*
 * 2 cos(2 pi u) for v = 8 u - 4, u in [0, 1): exactly 2, 0, -2, 0 at u = 0, 1/4, 1/2, 3/4.
 *
 * cos(2 pi u) = sin(pi/2 s) with s = 4 (|u - 1/2| - 1/4), exact, and
 * sin(pi/2 s) = s + s (1 - s^2) P(s^2); here with 2 s in the place of s.
 */
static inline real twice_cosine(real v)
{
    const real s = real_of(word_of(v) & 0x7FFFFFFFFFFFFFFFu) - 2.0;
    const real t = s * s;
    real p = -0x1.9c6e5ed9deab8p-54 * t + 0x1.6c3ad2b690698p-45;
    p = p * t - 0x1.e3424a922418ep-37;
    p = p * t + 0x1.db7a4419ff7bbp-29;
    p = p * t - 0x1.490a4b73699c6p-21;
    p = p * t + 0x1.288a7a8a88e83p-14;
    p = p * t - 0x1.33e31eceb2104p-8;
    p = p * t + 0x1.243f6a8885a31p-3;
    return s + s * ((4.0 - t) * p);
}

/* sqrt(-2 ln u1) / 2 */
static inline real half_radius(reduced u1)
{
    return real_sqrt(half_minus_log(u1));
}

/* The standard normal of the reduced u1 and of v = 8 u2 - 4. */
static inline real box_muller(reduced u1, real v)
{
    return half_radius(u1) * twice_cosine(v);
}

#endif
