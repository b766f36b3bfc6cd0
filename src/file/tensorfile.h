/* What the library needs of an open file beyond the public interface. */
#ifndef DETINIT_FILE_TENSORFILE_H
#define DETINIT_FILE_TENSORFILE_H

#include "file/format.h"

/* As detinit_tensorfile_open, but only what is one file in itself: no folder, no index. */
detinit_status tensorfile_open_part(const char *path, detinit_tensorfile **out,
                                    detinit_error *error);

/* Gives back what is kept to read faster, while other files are read. */
void tensorfile_rest(const detinit_tensorfile *file);

/* Which tensor of the file this is; SIZE_MAX for one of another file. */
size_t tensorfile_index(const detinit_tensorfile *file, const detinit_tensor *tensor);

/*
 * Gives the data of a tensor, whatever its type, to `take` in order and in parts of at most
 * a MB.  Progress counts items.
 */
detinit_status tensorfile_each(const detinit_tensorfile *file, const detinit_tensor *tensor,
                               const detinit_run *run,
                               detinit_status (*take)(void *context, const unsigned char *data,
                                                      size_t bytes, detinit_error *error),
                               void *context, detinit_error *error);

/* Items of all its tensors. */
uint64_t tensorfile_items(const detinit_tensorfile *file);

/* The format that its first bytes told. */
const file_format *tensorfile_format(const detinit_tensorfile *file);

/* Bytes of the file when it was opened. */
uint64_t tensorfile_size(const detinit_tensorfile *file);

#endif
