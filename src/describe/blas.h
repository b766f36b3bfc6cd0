/*
 * OpenBLAS for a while, with the threads of a run.  OpenBLAS maps a buffer for each of its threads
 * and for each call, and where it cannot it tries again for ever; so what a call needs is tried,
 * and made, before the call.
 */
#ifndef DETINIT_DESCRIBE_BLAS_H
#define DETINIT_DESCRIBE_BLAS_H

#include "detinit.h"

/* The threads that OpenBLAS gets for a run (which may be NULL). */
unsigned blas_threads(const detinit_run *run);

/*
 * To be called before anything of BLAS or LAPACK is.  Gives OpenBLAS the threads of the run and
 * tells in `before` how many it had, for blas_end.  DETINIT_NO_MEMORY where their buffers, or
 * the threads themselves, cannot be had: then blas_end is not to be called.
 */
detinit_status blas_begin(const detinit_run *run, int *before, detinit_error *error);
void blas_end(int before);

#endif
