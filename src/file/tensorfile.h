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

/* The format that its first bytes told. */
const file_format *tensorfile_format(const detinit_tensorfile *file);

/*
 * Bytes of the file before its tensors' data, where these are all that follows, as they are read
 * and in order; else 0.  tensorfile_read_head reads them.
 */
uint64_t tensorfile_head(const detinit_tensorfile *file);
detinit_status tensorfile_read_head(const detinit_tensorfile *file, uint64_t first, size_t bytes,
                                    void *out, detinit_error *error);

/*
 * A file of what `format` reads, whose `open` finds all it needs in reader->own and whose `close`
 * frees that, also where this fails; `path` stands for it in errors.
 */
detinit_status tensorfile_of_format(const file_format *format, void *own, const char *path,
                                    detinit_tensorfile **out, detinit_error *error);

/* Bytes of the file when it was opened. */
uint64_t tensorfile_size(const detinit_tensorfile *file);

#endif
