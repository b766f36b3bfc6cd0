#include "number/gaussian.h"

#include "number/address.h"
#include "detinit.h"
#include "base/strict.h"

typedef double real;
typedef uint64_t word;

static inline word word_of(real x)
{
    return bits_of_double(x);
}

static inline real real_of(word w)
{
    return double_of_bits(w);
}

static inline real real_larger(real x, double least)
{
    return x < least ? least : x;
}

#define GROUP 1
#include "number/gaussian_steps.h"

/* sqrt(-2 ln u1) / 2, of u1 times 2^53 */
static double half_radius(double scaled_u1)
{
    double half_minus_log;
    half_minus_logs(&scaled_u1, &half_minus_log);
    return __builtin_sqrt(half_minus_log);
}

double box_muller_radius(double u1)
{
    return 2.0 * half_radius(0x1p53 * u1);
}

double gaussian_of_keys(uint64_t u1_key, uint64_t u2_key)
{
    const double v = 8.0 * u01(u2_key) - 4.0;
    double twice_cosine;
    twice_cosines(&v, &twice_cosine);
    return half_radius(0x1p53 * u01(u1_key)) * twice_cosine;
}

double gaussian_of_key(uint64_t key)
{
    return gaussian_of_keys(fold_hashed(key, HASHED_DRAW_0), fold_hashed(key, HASHED_DRAW_1));
}

double detinit_gaussian(uint64_t seed, const uint64_t *indices, size_t count)
{
    return gaussian_of_key(detinit_key(seed, indices, count));
}
