/* Shapes: the sizes of the dimensions of tensors. */
#ifndef DETINIT_BASE_SHAPE_H
#define DETINIT_BASE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether two shapes are the same.  Of rank 0 either may be NULL. */
bool shape_same(size_t a_rank, const uint64_t *a, size_t b_rank, const uint64_t *b);

/* Copies a shape into room for as many dimensions.  Of rank 0 either may be NULL. */
void shape_copy(uint64_t *to, size_t rank, const uint64_t *from);

#endif
