/* Trees of HDF5 files: of links, attributes, and chunks of data. */
#ifndef DETINIT_FILE_HDF5_TREE_H
#define DETINIT_FILE_HDF5_TREE_H

#include "file/hdf5.h"

typedef detinit_status hdf5_take_record(void *context, hdf5_bytes record, detinit_error *error);

/* What the nodes of old trees (version 1) point to. */
typedef enum hdf5_old_tree { HDF5_TREE_OF_SYMBOLS, HDF5_TREE_OF_CHUNKS } hdf5_old_tree;

/* Gives all entries of an old tree to `take`, in order: a key of `key` bytes, an address. */
detinit_status hdf5_old_tree_each(hdf5 *h, uint64_t address, hdf5_old_tree kind, uint64_t key,
                                  hdf5_take_record *take, void *context, detinit_error *error);

/* Gives all records of a tree of version 2, which must be of one of these two types, to `take`. */
detinit_status hdf5_tree_each(hdf5 *h, uint64_t address, const unsigned types[2],
                              hdf5_take_record *take, void *context, detinit_error *error);

#endif
