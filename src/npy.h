/* The .npy format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
#ifndef DETINIT_NPY_H
#define DETINIT_NPY_H

#include "detinit.h"

/* Room for the header of any recipe. */
#define NPY_HEADER_MOST 512

/* Bytes of a file that npy_read may have to see; numpy.load takes no longer headers either. */
#define NPY_READ_MOST ((size_t)10240)

/* What a header tells; the data lies in storage order, little-endian. */
typedef struct npy_array {
    detinit_dtype dtype;
    size_t rank;
    uint64_t shape[DETINIT_MAX_RANK];
    size_t offset; /* of the data in the file */
} npy_array;

/*
 * The header that numpy.save writes for an array of this dtype and shape; returns
 * its bytes.  It is always format 1.0: of eight dimensions it needs less than 2^16.
 */
size_t npy_header(const detinit_recipe *recipe, unsigned char header[NPY_HEADER_MOST]);

/*
 * Reads a header, of any version, from the first `size` bytes of a file: all of them,
 * or NPY_READ_MOST.  DETINIT_INVALID for what is not .npy or cannot be weights of a
 * detinit_dtype (numpy's void of 2 bytes is taken for bfloat16); `shown` names the
 * file in the error.
 */
detinit_status npy_read(const unsigned char *file, size_t size, const char *shown, npy_array *array,
                        detinit_error *error);

/* "float32 (10, 20)": what an array of this dtype and shape is called in messages. */
void npy_describe(detinit_dtype dtype, size_t rank, const uint64_t *shape, char *out, size_t size);

#endif
