#include "gaussian.h"

#include "address.h"
#include "detinit.h"
#include "strict.h"

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

static inline real real_sqrt(real x)
{
    return __builtin_sqrt(x);
}

static inline real real_larger(real x, double least)
{
    return x < least ? least : x;
}

#include "gaussian_steps.h"

double box_muller_radius(double u1)
{
    return 2.0 * half_radius(reduce(u1));
}

double gaussian_of_keys(uint64_t u1_key, uint64_t u2_key)
{
    return box_muller(reduce(u01(u1_key)), 8.0 * u01(u2_key) - 4.0);
}

double gaussian_of_key(uint64_t key)
{
    return gaussian_of_keys(fold_hashed(key, HASHED_DRAW_0), fold_hashed(key, HASHED_DRAW_1));
}

double uniform_of_u01(double u)
{
    return SQRT_3 * (2.0 * u - 1.0);
}

double cut_normal_of_key(uint64_t key, uint64_t *attempt)
{
    for (uint64_t k = 0;; k++) {
        const double z = gaussian_of_keys(fold(key, 2 * k), fold(key, 2 * k + 1));
        if (__builtin_fabs(z) <= TRUNCATED_AT) {
            *attempt = k;
            return z;
        }
    }
}

double detinit_gaussian(uint64_t seed, const uint64_t *indices, size_t count)
{
    return gaussian_of_key(detinit_key(seed, indices, count));
}
