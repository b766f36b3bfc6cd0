/* Links and attributes that are too many for an object's header: a heap, and a tree of its ids. */
#ifndef DETINIT_FILE_HDF5_DENSE_H
#define DETINIT_FILE_HDF5_DENSE_H

#include "file/hdf5_tree.h"

typedef enum hdf5_dense_kind { HDF5_DENSE_LINKS, HDF5_DENSE_ATTRIBUTES } hdf5_dense_kind;

/*
 * Gives each to `take`, as it would stand in the header. `info` is the message that tells where
 * they are: HDF5_LINK_INFO or HDF5_ATTRIBUTE_INFO.
 */
detinit_status hdf5_dense_each(hdf5 *h, hdf5_dense_kind kind, hdf5_bytes info,
                               hdf5_take_record *take, void *context, detinit_error *error);

#endif
