/* Arrays by which newer HDF5 files find chunks. */
#ifndef DETINIT_FILE_HDF5_ARRAYS_H
#define DETINIT_FILE_HDF5_ARRAYS_H

#include "file/hdf5.h"

/* Element number `index`. */
typedef detinit_status hdf5_take_element(void *context, uint64_t index, hdf5_bytes element,
                                         detinit_error *error);

/* Gives all elements to `take`, but for those of pages that were never written. */
detinit_status hdf5_fixed_array_each(hdf5 *h, uint64_t address, hdf5_take_element *take,
                                     void *context, detinit_error *error);
detinit_status hdf5_growing_array_each(hdf5 *h, uint64_t address, hdf5_take_element *take,
                                       void *context, detinit_error *error);

#endif
