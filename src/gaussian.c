#include "gaussian.h"

#include "detinit.h"

double detinit_gaussian(uint64_t seed, const uint64_t *indices, size_t count)
{
    return gaussian_of_key(detinit_key(seed, indices, count));
}
