/* Sets of data of HDF5 files: their type, shape and where their items are. */
#ifndef DETINIT_FILE_HDF5_DATA_H
#define DETINIT_FILE_HDF5_DATA_H

#include "detinit_files.h"
#include "file/hdf5_object.h"
#include "file/hdf5_type.h"

/* Filters that chunks went through, at most. */
#define HDF5_FILTERS_MOST 8

/* Bytes of a chunk, at most: chunks are read as a whole. */
#define HDF5_CHUNK_MOST ((uint64_t)64 << 20)

/* Bytes of an item, at most. */
#define HDF5_ITEM_MOST 16

typedef enum hdf5_filter { HDF5_DEFLATE = 1, HDF5_SHUFFLE = 2, HDF5_FLETCHER32 = 3 } hdf5_filter;

/* By what chunks are found. */
typedef enum hdf5_index {
    HDF5_BY_OLD_TREE = 0,
    HDF5_BY_NOTHING = 1, /* there is one chunk */
    HDF5_BY_ORDER = 2,   /* all are there, one behind the other */
    HDF5_BY_FIXED_ARRAY = 3,
    HDF5_BY_GROWING_ARRAY = 4,
    HDF5_BY_TREE = 5,
} hdf5_index;

typedef struct hdf5_data {
    hdf5_type type;
    size_t rank;
    const uint64_t *shape, *most;
    unsigned char fill[HDF5_ITEM_MOST]; /* what was never written is */
    uint64_t address; /* of the items, or the index; HDF5_NOWHERE: none is there */
    bool chunked;
    /* Of those that are. */
    const uint64_t *chunk; /* its shape */
    uint64_t chunk_bytes;
    hdf5_index index;
    uint64_t one_bytes; /* of the one chunk, as it is stored; 0: as it is */
    uint32_t one_mask;  /* of the filters that it did not go through */
    size_t filter_count;
    hdf5_filter filters[HDF5_FILTERS_MOST]; /* in the order in which they were written */
} hdf5_data;

/*
 * What the header of a set of data tells, *tensor but for its name, too.  Shapes live in `lasting`.
 * *why gets the reason where it is right and cannot be read, or NULL.
 */
detinit_status hdf5_data_read(hdf5 *h, const hdf5_object *object, arena *lasting, hdf5_data *out,
                              detinit_tensor *tensor, const char **why, detinit_error *error);

#endif
