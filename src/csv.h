/* Comma-separated values: a line for each row, digits enough to give back every bit. */
#ifndef DETINIT_CSV_H
#define DETINIT_CSV_H

#include "detinit.h"

/* The most bytes that csv_format writes for one weight, its separator included. */
#define CSV_WEIGHT_MOST 26

/*
 * Writes a block of weights of a matrix with `cols` columns as text and returns
 * its bytes; lines end where rows do.  Uses a point whatever the locale.
 */
size_t csv_format(detinit_dtype dtype, const detinit_block *block, uint64_t cols, char *out);

#endif
