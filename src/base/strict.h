/*
 * Included by every source whose floating-point bits are the product: stops the
 * build where the compiler was told to bend the arithmetic.
 */
#ifndef DETINIT_BASE_STRICT_H
#define DETINIT_BASE_STRICT_H

#include <float.h>

#ifdef __FAST_MATH__
#error "detinit's weights must not be built with -ffast-math: their bits would change"
#endif
#if FLT_EVAL_METHOD != 0
#error "detinit's weights need binary64 arithmetic without excess precision (FLT_EVAL_METHOD 0)"
#endif

#endif
