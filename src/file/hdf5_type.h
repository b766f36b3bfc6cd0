/* What HDF5 files tell of items and shapes. */
#ifndef DETINIT_FILE_HDF5_TYPE_H
#define DETINIT_FILE_HDF5_TYPE_H

#include "file/hdf5.h"
#include "file/tensortype.h"

/* The classes of types. */
typedef enum hdf5_class {
    HDF5_WHOLE,
    HDF5_FLOAT,
    HDF5_TIME,
    HDF5_TEXT,
    HDF5_BITS,
    HDF5_OPAQUE,
    HDF5_COMPOUND,
    HDF5_REFERENCE,
    HDF5_ENUM,
    HDF5_ANY_LENGTH,
    HDF5_ARRAY,
    HDF5_COMPLEX,
    HDF5_CLASSES
} hdf5_class;

typedef struct hdf5_type {
    const tensor_type *type; /* NULL: none, and `why` says the reason */
    const char *why;
    bool big_endian;
    uint64_t size;    /* bytes of an item */
    hdf5_class class; /* of texts, whatever else there is */
    bool any_length;  /* texts that lie in a global heap */
} hdf5_type;

/* Reads a type; DETINIT_INVALID only where it is none. */
detinit_status hdf5_type_read(const hdf5 *h, hdf5_bytes b, hdf5_type *out, detinit_error *error);

/* Dimensions, at most. */
#define HDF5_RANK_MOST 32

typedef struct hdf5_space {
    bool nothing; /* there are no items, not even of a shape */
    size_t rank;
    uint64_t shape[HDF5_RANK_MOST];
    uint64_t most[HDF5_RANK_MOST]; /* what it may grow to; UINT64_MAX: to anything */
} hdf5_space;

detinit_status hdf5_space_read(const hdf5 *h, hdf5_bytes b, hdf5_space *out, detinit_error *error);

#endif
