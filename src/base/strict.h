/*
 * Included by every source whose floating-point bits are the product: stops the
 * build where the compiler was told to bend the arithmetic. What it does not tell of, such as
 * -ffp-contract=fast, configure refuses, and matrix/self_check.c finds.
 */
#ifndef DETINIT_BASE_STRICT_H
#define DETINIT_BASE_STRICT_H

#include <float.h>

#if FLT_EVAL_METHOD == 2
#error "detinit's weights need binary64 arithmetic without excess precision, which the x87 has not: \
add -msse2 -mfpmath=sse to CFLAGS"
#elif FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 1 && FLT_EVAL_METHOD != 16
#error "detinit's weights need binary64 arithmetic without excess precision (FLT_EVAL_METHOD 0, 1, 16)"
#endif
#ifdef __FAST_MATH__
#error "detinit's weights must not be built with -ffast-math or -Ofast: their bits would change"
#endif
#ifdef __ASSOCIATIVE_MATH__
#error "detinit's weights must not be built with -fassociative-math or -funsafe-math-optimizations"
#endif
#ifdef __RECIPROCAL_MATH__
#error "detinit's weights must not be built with -freciprocal-math"
#endif
_Static_assert(sizeof 0.5 == sizeof(double),
               "detinit's weights must not be built with -fsingle-precision-constant");

#endif
