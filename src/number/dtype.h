#ifndef DETINIT_NUMBER_DTYPE_H
#define DETINIT_NUMBER_DTYPE_H

#include "detinit.h"

/* detinit_dtype_size where the type is a constant of a loop. */
static inline size_t dtype_bytes(detinit_dtype dtype)
{
    return dtype == DETINIT_FLOAT64 ? 8 : dtype == DETINIT_FLOAT32 ? 4 : 2;
}

/* The value as it is after having been stored as `dtype`. */
double dtype_round(detinit_dtype dtype, double value);

/*
 * A loop over many weights is written with the storage type as an argument and compiled once
 * for each: `dtype` is a constant in each of these.
 */
#define FOR_EACH_DTYPE(dtype, loop)                                                                \
    switch (dtype) {                                                                               \
    case DETINIT_FLOAT32:                                                                          \
        loop(DETINIT_FLOAT32);                                                                     \
        break;                                                                                     \
    case DETINIT_FLOAT16:                                                                          \
        loop(DETINIT_FLOAT16);                                                                     \
        break;                                                                                     \
    case DETINIT_BFLOAT16:                                                                         \
        loop(DETINIT_BFLOAT16);                                                                    \
        break;                                                                                     \
    default:                                                                                       \
        loop(DETINIT_FLOAT64);                                                                     \
    }

#endif
