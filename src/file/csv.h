/* Comma-separated values: a line for each row, digits enough to give back every bit. */
#ifndef DETINIT_FILE_CSV_H
#define DETINIT_FILE_CSV_H

#include "detinit.h"

/* The most bytes that csv_number writes, as in -1.2345678901234567e-308. */
#define CSV_NUMBER_MOST 24

/* The most bytes that csv_format writes for one weight: a number and its separator. */
#define CSV_WEIGHT_MOST (CSV_NUMBER_MOST + 1)

/*
 * Writes what printf's %.Ng writes in the C locale, N being the significant digits
 * that tell all values of `dtype` apart, and returns its bytes.  No final NUL.
 */
size_t csv_number(detinit_dtype dtype, double value, char out[CSV_NUMBER_MOST]);

/*
 * Writes a block of weights of a matrix with `cols` columns as text and returns
 * its bytes; lines end where rows do.
 */
size_t csv_format(detinit_dtype dtype, const detinit_block *block, uint64_t cols, char *out);

#endif
