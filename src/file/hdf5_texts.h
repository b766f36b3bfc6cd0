/* Attributes of objects of HDF5 files, as far as they are texts. */
#ifndef DETINIT_FILE_HDF5_TEXTS_H
#define DETINIT_FILE_HDF5_TEXTS_H

#include "file/hdf5_object.h"

/* Of UTF-8; they live in h->blocks.  The text has no NUL. */
typedef detinit_status hdf5_take_text(void *context, const char *name, const char *text,
                                      detinit_error *error);

/* Gives all attributes that are one text to `take`; leaves out all others. */
detinit_status hdf5_texts_each(hdf5 *h, const hdf5_object *object, hdf5_take_text *take,
                               void *context, detinit_error *error);

#endif
