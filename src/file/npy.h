/* The .npy format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
#ifndef DETINIT_FILE_NPY_H
#define DETINIT_FILE_NPY_H

#include "file/tensortype.h"

#include "detinit_files.h"
/* Room for the header of any recipe. */
#define NPY_HEADER_MOST 512

/*
 * Bytes of a dictionary: numpy.load takes no more characters, and only names of records, which
 * are not read here, have other ones than ASCII.
 */
#define NPY_HEADER_READ 10000

/* Bytes of a file that npy_read may have to see. */
#define NPY_READ_MOST ((size_t)12 + NPY_HEADER_READ)

/*
 * The header that numpy.save writes for an array of this dtype and shape; returns
 * its bytes.  It is always format 1.0: of eight dimensions it needs less than 2^16.
 */
size_t npy_header(const detinit_recipe *recipe, unsigned char header[NPY_HEADER_MOST]);

/* The same for items of a type that .npy files can have. */
size_t npy_header_of(const tensor_type *type, size_t rank, const uint64_t *shape,
                     unsigned char header[NPY_HEADER_MOST]);

/* Dimensions that NumPy's arrays have at most. */
#define NPY_RANK_MOST 64

/* What a header tells; of no use once it is copied. */
typedef struct npy_array {
    detinit_tensor tensor; /* its shape is the one that follows */
    uint64_t shape[NPY_RANK_MOST];
    uint64_t offset; /* of the data in the file */
    bool big_endian;
    bool column_major; /* where that is another order than row by row */
    bool foreign;      /* set where reading fails for nothing but the type, which is no number's */
} npy_array;

/*
 * Reads a header, of version 1, 2 or 3, from the first `size` bytes of a file: all of its
 * `file_size`, or NPY_READ_MOST.  DETINIT_INVALID for what is not .npy, holds no numbers, or
 * has less data than its header tells (more is passed over, as NumPy does); `shown` names the
 * file in the error.  NumPy's void of 2 bytes is taken for bfloat16.
 */
detinit_status npy_read(const unsigned char *file, size_t size, uint64_t file_size,
                        const char *shown, npy_array *array, detinit_error *error);

/* "float32 (10, 20)": what an array of this dtype and shape is called in messages. */
void npy_describe(detinit_dtype dtype, size_t rank, const uint64_t *shape, char *out, size_t size);

#endif
