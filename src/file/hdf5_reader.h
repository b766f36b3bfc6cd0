/* Items of sets of data, read; of chunked ones, what was read last is kept. */
#ifndef DETINIT_FILE_HDF5_READER_H
#define DETINIT_FILE_HDF5_READER_H

#include "file/hdf5_data.h"

/* Bytes of chunks that are kept, but for the last one. */
#define HDF5_KEPT_MOST ((size_t)32 << 20)

/* Of one file; freed by hdf5_reader_free. */
typedef struct hdf5_reader hdf5_reader;

/* For a file with `count` sets of data, of which that of number n is data[n] whenever one is read;
 * NULL without memory. */
hdf5_reader *hdf5_reader_new(const hdf5 *h, size_t count);
void hdf5_reader_free(hdf5_reader *r);

/* Gives back what is kept. */
void hdf5_reader_rest(hdf5_reader *r);

/* `count` items of set of data number `index`, from number `first` on, as the file has them.  For
 * any thread; chunks are read by one at a time. */
detinit_status hdf5_reader_items(hdf5_reader *r, const hdf5_data *d, size_t index, uint64_t first,
                                 size_t count, unsigned char *items, detinit_error *error);

#endif
