/* Whether this build makes the weights that the generator promises. */
#ifndef DETINIT_MATRIX_SELF_CHECK_H
#define DETINIT_MATRIX_SELF_CHECK_H

#include "kernel/kernels.h"

/*
 * Makes a few known draws by the kernel and by the scalar definition: DETINIT_NOT_BUILT where their
 * bits are others, since a compiler may be told to bend arithmetic in ways that it does not tell
 * (strict.h stops the build where it does).  A kernel is checked once; any thread may ask.
 */
detinit_status self_check(const draw_kernel *kernel, detinit_error *error);

#endif
