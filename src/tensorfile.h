/* What readers of tensors need of an open file. */
#ifndef DETINIT_TENSORFILE_H
#define DETINIT_TENSORFILE_H

#include "detinit_tracking.h"

/* Reads exactly `size` bytes: a file that became shorter is an error, not a signal. */
detinit_status tensorfile_read_at(const detinit_tensorfile *file, uint64_t offset, void *out,
                                  size_t size, detinit_error *error);

#endif
