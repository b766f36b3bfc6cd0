/* Where the chunks of a set of data are. */
#ifndef DETINIT_FILE_HDF5_CHUNKS_H
#define DETINIT_FILE_HDF5_CHUNKS_H

#include "file/hdf5_data.h"

/* Bytes that such tables take, at most. */
#define HDF5_PLACES_MOST ((size_t)32 << 20)

typedef struct hdf5_place {
    uint64_t number; /* of the chunk, in row-major order of chunks */
    uint64_t address;
    uint32_t bytes; /* as they are stored */
    uint32_t mask;  /* bit n: it did not go through filter n */
} hdf5_place;

/* All zero, it is empty. */
typedef struct hdf5_places {
    size_t count, room;
    hdf5_place *places; /* in the order of their numbers; malloc'ed */
} hdf5_places;

/* Reads the index of chunked data; *out is freed by hdf5_places_free in any case. */
detinit_status hdf5_places_read(hdf5 *h, const hdf5_data *d, hdf5_places *out,
                                detinit_error *error);
void hdf5_places_free(hdf5_places *p);

/* The chunk of that number, or NULL: it was never written. */
const hdf5_place *hdf5_places_find(const hdf5_places *p, uint64_t number);

/* Chunks along a dimension. */
uint64_t hdf5_chunks_along(const hdf5_data *d, size_t dimension);

#endif
