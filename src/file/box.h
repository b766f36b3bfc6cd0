/* Consecutive items of a tensor as boxes: a range of indices in each dimension. */
#ifndef DETINIT_FILE_BOX_H
#define DETINIT_FILE_BOX_H

#include <stddef.h>
#include <stdint.h>

/* Dimensions, at most. */
#define BOX_RANK_MOST 64

/* A box of items whose indices begin so, each side so long. */
typedef struct box {
    uint64_t begin[BOX_RANK_MOST];
    size_t sizes[BOX_RANK_MOST];
} box;

/* The largest box of consecutive items, in row-major order, from number `first` on, `count` at
 * most; returns how many they are.  The rank is at least 1, and no side is 0. */
size_t box_next(size_t rank, const uint64_t *shape, uint64_t first, size_t count, box *out);

#endif
