/* Items of a tensor that lie in a file at any distances from one another, read in row-major order.
 */
#ifndef DETINIT_FILE_STRIDES_H
#define DETINIT_FILE_STRIDES_H

#include "file/box.h"
#include "file/input.h"

/* Dimensions of such a tensor, at most. */
#define STRIDES_RANK_MOST BOX_RANK_MOST

typedef struct strides {
    const input *in;
    uint64_t offset; /* of the first item, in bytes */
    size_t item;     /* bytes */
    size_t rank;
    const uint64_t *shape, *steps; /* in items */
} strides;

/* As detinit_tensor_read; items are read in runs along the dimension in which they lie closest. */
detinit_status strides_read(const strides *s, uint64_t first, size_t count, void *out,
                            detinit_error *error);

#endif
