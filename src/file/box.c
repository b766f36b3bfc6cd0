#include "file/box.h"

size_t box_next(size_t rank, const uint64_t *shape, uint64_t first, size_t count, box *out)
{
    uint64_t pitch = 1;
    size_t d = rank - 1;
    for (size_t n = rank; n-- > 0; first /= shape[n]) {
        out->begin[n] = first % shape[n];
        out->sizes[n] = 1;
    }
    while (d > 0 && out->begin[d] == 0 && shape[d] <= count / pitch) {
        out->sizes[d] = (size_t)shape[d];
        pitch *= shape[d--];
    }
    const uint64_t most = count / pitch, left = shape[d] - out->begin[d];
    out->sizes[d] = (size_t)(most < left ? most : left);
    return (size_t)(pitch * out->sizes[d]);
}
