/* The .npy format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
#ifndef DETINIT_NPY_H
#define DETINIT_NPY_H

#include "detinit.h"

/* Room for the header of any recipe. */
#define NPY_HEADER_MOST 512

/* The header that numpy.save writes for an array of this dtype and shape; returns its bytes. */
size_t npy_header(const detinit_recipe *recipe, unsigned char header[NPY_HEADER_MOST]);

#endif
