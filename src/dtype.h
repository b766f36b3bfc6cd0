#ifndef DETINIT_DTYPE_H
#define DETINIT_DTYPE_H

#include "detinit.h"

/* The value as it is after having been stored as `dtype`. */
double dtype_round(detinit_dtype dtype, double value);

#endif
