/* The filters that chunks of HDF5 files go through when they are written, undone. */
#ifndef DETINIT_FILE_HDF5_FILTERS_H
#define DETINIT_FILE_HDF5_FILTERS_H

#include "file/hdf5_chunks.h"

/* Reads a chunk, d->chunk_bytes in all, into *out, malloc'ed. */
detinit_status hdf5_chunk_read(const input *in, const hdf5_data *d, const hdf5_place *place,
                               unsigned char **out, detinit_error *error);

#endif
