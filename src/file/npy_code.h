/* The names that NumPy has for types: numpy.dtype of a text. */
#ifndef DETINIT_FILE_NPY_CODE_H
#define DETINIT_FILE_NPY_CODE_H

#include "file/tensortype.h"

/*
 * The type of a descr: "<f4", "f4", ">d", "float32", ...; NULL: none that is read here.  Where no
 * byte order is told it is NumPy's own, little.  Names that depend on a machine mean what they do
 * on 64 bits of Linux.
 */
const tensor_type *npy_type(const char *descr, bool *big_endian);

#endif
