/* All of an HDF5 file: its sets of data by their paths, its texts, and what cannot be read. */
#ifndef DETINIT_FILE_HDF5_WALK_H
#define DETINIT_FILE_HDF5_WALK_H

#include "file/hdf5_data.h"
#include "file/tensorlist.h"

/* All zero, it is empty. */
typedef struct hdf5_sets {
    size_t count, room;
    hdf5_data *sets; /* malloc'ed */
} hdf5_sets;

/*
 * Adds to `list` a tensor for each link to a set of data, in the order of their paths, of which
 * `where` is a number of *sets: those that several links lead to are there several times.  A
 * group is gone through once.  The texts of the root are metadata by their names, those of other
 * groups by "PATH@NAME".  *sets is freed by the caller in any case.
 */
detinit_status hdf5_walk(hdf5 *h, tensorlist *list, hdf5_sets *sets, detinit_error *error);

#endif
