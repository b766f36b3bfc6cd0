#include "base/shape.h"

bool shape_same(size_t a_rank, const uint64_t *a, size_t b_rank, const uint64_t *b)
{
    size_t n = 0;
    while (n < a_rank && n < b_rank && a[n] == b[n])
        n++;
    return n == a_rank && n == b_rank;
}

void shape_copy(uint64_t *to, size_t rank, const uint64_t *from)
{
    for (size_t n = 0; n < rank; n++)
        to[n] = from[n];
}
