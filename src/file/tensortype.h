/* The types that tensors have in files: one table for all who read and write them. */
#ifndef DETINIT_FILE_TENSORTYPE_H
#define DETINIT_FILE_TENSORTYPE_H

#include "detinit_track.h"

/* How the bits of an item are its value. */
typedef enum tensor_coding {
    CODING_WEIGHT,   /* as detinit_decode has it */
    CODING_UNSIGNED, /* bool, too */
    CODING_SIGNED,
    CODING_COMPLEX, /* two numbers of a type of weights: real and imaginary part */
    CODING_SMALL,   /* a floating-point number of 8 bits or less */
} tensor_coding;

/* What a small type has beside finite numbers. */
typedef enum small_special {
    SMALL_FINITE,   /* nothing */
    SMALL_IEEE,     /* infinity and NaN in the largest exponent */
    SMALL_LAST_NAN, /* NaN where all bits but the sign are set */
    SMALL_ZERO_NAN, /* NaN in the place of -0 */
} small_special;

typedef struct tensor_type {
    const char *name;    /* in .safetensors files: "F32"; C32 and C128 these do not have */
    const char *npy;     /* in .npy files, behind the byte order: "f4"; NULL where they have none */
    unsigned bits;       /* of one item */
    bool weights;        /* a detinit_dtype, which follows */
    detinit_dtype dtype; /* of weights, and of the parts of a complex number */
    tensor_coding coding;
    /* A small type: bits of its exponent and fraction, and what is 2^0; no sign where they are 8.
     */
    unsigned exponent, fraction;
    int bias;
    small_special special;
    bool elsewhere; /* not in .safetensors files */
} tensor_type;

/* The type of this name in .safetensors files, and in any file; of this code in .npy files; of
 * these weights; NULL: there is none. */
const tensor_type *tensor_type_named(const char *name);
const tensor_type *tensor_type_anywhere(const char *name);
const tensor_type *tensor_type_of_npy(const char *code);
const tensor_type *tensor_type_of_dtype(detinit_dtype dtype);

/* The types of weights for a sentence, "F64, F32, F16 or BF16". Returns buffer. */
const char *tensor_weights_told(char *buffer, size_t size);

/*
 * Sets what follows from a type and the tensor's rank and shape: type, weights, dtype,
 * item_bytes, count; and *bytes, the size of its data.  Returns what is wrong with them, as
 * in "its shape is too large", or NULL.
 */
const char *tensor_measure(detinit_tensor *tensor, const tensor_type *type, uint64_t *bytes);

/* Numbers of an item: 2 of a complex one, else 1. */
size_t tensor_type_parts(const tensor_type *type);

/*
 * The values of `count` items, of which the first begins at bit `bit` of `stored`, the lowest of
 * a byte first, into `out`: every number there is exactly a double's, but for integers beyond 2^53,
 * which are rounded.  Parts of complex numbers follow one another.
 */
void tensor_decode(const tensor_type *type, const void *stored, unsigned bit, size_t count,
                   double *out);

#endif
