/* The types that tensors have in files: one table for all who read and write them. */
#ifndef DETINIT_FILE_TENSORTYPE_H
#define DETINIT_FILE_TENSORTYPE_H

#include "detinit_track.h"

typedef struct tensor_type {
    const char *name;    /* in .safetensors files: "F32" */
    const char *npy;     /* in .npy files, behind the byte order: "f4"; NULL where they have none */
    unsigned bits;       /* of one item */
    bool weights;        /* a detinit_dtype, which follows */
    detinit_dtype dtype; /* of weights */
} tensor_type;

/* The type of this name, of this code in .npy files, of these weights; NULL: there is none. */
const tensor_type *tensor_type_named(const char *name);
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

#endif
