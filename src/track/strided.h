/* Arrays in memory whose items lie at any distances from one another. */
#ifndef DETINIT_TRACK_STRIDED_H
#define DETINIT_TRACK_STRIDED_H

#include "detinit.h"

/* Dimensions that lie as one are joined, and those of one index left out. */
typedef struct strided {
    unsigned char *data; /* of the first item in row-major order */
    size_t item;         /* bytes of each */
    size_t rank;
    uint64_t sizes[DETINIT_MAX_RANK];
    int64_t steps[DETINIT_MAX_RANK]; /* bytes from one index to the next */
} strided;

/* Strides are in bytes, or NULL: row by row without gaps. */
strided strided_of(void *data, size_t item, size_t rank, const uint64_t *shape,
                   const int64_t *strides);

/* Whether all items lie row by row without gaps. */
bool strided_is_packed(const strided *s);

/*
 * Whether no two items can share a byte: that of each dimension, in the order of their strides,
 * goes beyond all before it.  False also for some arrays that interleave without sharing.
 */
bool strided_is_distinct(const strided *s);

/* Copies `count` items in row-major order from number `first` on, packed, out of it and into it. */
void strided_get(const strided *s, uint64_t first, size_t count, void *out);
void strided_put(const strided *s, uint64_t first, size_t count, const void *in);

#endif
