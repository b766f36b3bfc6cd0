#include "number/address.h"

#include "detinit.h"

uint64_t detinit_hash64(uint64_t x)
{
    return hash64(x);
}

uint64_t detinit_key(uint64_t seed, const uint64_t *indices, size_t count)
{
    uint64_t h = seed;
    for (size_t n = 0; n < count; n++)
        h = fold(h, indices[n]);
    return h;
}

double detinit_u01(uint64_t key)
{
    return u01(key);
}
