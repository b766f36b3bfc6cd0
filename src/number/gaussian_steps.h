/*
 * Box-Muller, written once for one number and for vectors of numbers.
 *
 * Whoever includes this has defined two types, `real` (binary64) and `word` (64
 * bits unsigned), alike in the number of lanes, and for them
 *
 *     word_of(real), real_of(word)   the same bits as the other type
 *     real_larger(real, double)      the larger of the two, no NaN
 *
 * and GROUP, how many of them go through each step side by side: a step has to wait for
 * the one before it, and GROUP - 1 others fill that time.
 *
 * Only + - * / and sqrt, in the order written: every lane of every build gives
 * the same bits.  Powers of two are pulled through the formulas where that
 * saves an operation, since it changes no rounding.
 *
 * tests/coefficients.py derives the coefficients.  Error of the normal: at most
 * 6e-16 r.  The roundings, in units of 2^-53 r: the cosine 1.5, the logarithm
 * 3.4, of which the square root keeps half, the root itself 1, the product 1.
 */
#ifndef DETINIT_NUMBER_GAUSSIAN_STEPS_H
#define DETINIT_NUMBER_GAUSSIAN_STEPS_H

/* What u1 is clamped to, times 2^53. */
#define SMALLEST_U1 (1e-12 * 0x1p53)

/* The upper and lower ends of the mantissas that the logarithm is reduced to. */
#define SQRT_HALF_BITS UINT64_C(0x3FE6A09E667F3BCD)
#define ONE_BITS       UINT64_C(0x3FF0000000000000)
#define FRACTION_MASK  UINT64_C(0x000FFFFFFFFFFFFF)

#define EACH for (size_t k = 0; k < GROUP; k++)

/*
 * -ln(max(u1, 1e-12)) / 2, of u1 times 2^53.  With u1 = 2^e m, m in [sqrt(1/2), sqrt(2)),
 * it is -e ln(2) / 2 + atanh(g), g = (1 - m) / (1 + m).  Relative accuracy near u1 = 1
 * comes from 1 - m, which is exact.
 */
static inline void half_minus_logs(const real scaled_u1[GROUP], real out[GROUP])
{
    real exponent_part[GROUP], g[GROUP], y[GROUP], y2[GROUP], even[GROUP], odd[GROUP];
    EACH
    {
        const word shifted =
            word_of(real_larger(scaled_u1[k], SMALLEST_U1)) + (ONE_BITS - SQRT_HALF_BITS);
        const real m = real_of((shifted & FRACTION_MASK) + SQRT_HALF_BITS);
        /* The biased exponent in the last places of 2^52: an exact conversion. */
        const real biased = real_of((shifted >> 52) | 0x4330000000000000u);
        exponent_part[k] = (0x1p52 + (1023 + 53) - biased) * 0x1.62e42fefa39efp-2;
        g[k] = (1.0 - m) / (1.0 + m);
    }
    EACH y[k] = g[k] * g[k];
    EACH y2[k] = y[k] * y[k];
    EACH even[k] = 0x1.2f056235b1ecap-4 * y2[k] + 0x1.74663ee6f6c97p-4;
    EACH odd[k] = 0x1.39a1bada90f65p-4 * y2[k] + 0x1.c71c520964f7ap-4;
    EACH even[k] = even[k] * y2[k] + 0x1.24924941f119cp-3;
    EACH odd[k] = odd[k] * y2[k] + 0x1.999999997fdb8p-3;
    EACH even[k] = even[k] * y2[k] + 0x1.5555555555592p-2;
    EACH out[k] = exponent_part[k] + (g[k] + g[k] * (y[k] * (odd[k] * y[k] + even[k])));
}

/*
 * 2 cos(2 pi u) for v = 8 u - 4, u in [0, 1): exactly 2, 0, -2, 0 at u = 0, 1/4, 1/2, 3/4.
 *
 * cos(2 pi u) = sin(pi/2 s) with s = 4 (|u - 1/2| - 1/4), exact, and
 * sin(pi/2 s) = s + s (1 - s^2) P(s^2); here with 2 s in the place of s.
 */
static inline void twice_cosines(const real v[GROUP], real out[GROUP])
{
    real s[GROUP], t[GROUP], p[GROUP];
    EACH s[k] = real_of(word_of(v[k]) & 0x7FFFFFFFFFFFFFFFu) - 2.0;
    EACH t[k] = s[k] * s[k];
    EACH p[k] = -0x1.9c6e5ed9deab8p-54 * t[k] + 0x1.6c3ad2b690698p-45;
    EACH p[k] = p[k] * t[k] - 0x1.e3424a922418ep-37;
    EACH p[k] = p[k] * t[k] + 0x1.db7a4419ff7bbp-29;
    EACH p[k] = p[k] * t[k] - 0x1.490a4b73699c6p-21;
    EACH p[k] = p[k] * t[k] + 0x1.288a7a8a88e83p-14;
    EACH p[k] = p[k] * t[k] - 0x1.33e31eceb2104p-8;
    EACH p[k] = p[k] * t[k] + 0x1.243f6a8885a31p-3;
    EACH out[k] = s[k] + s[k] * ((4.0 - t[k]) * p[k]);
}

#endif
