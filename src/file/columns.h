/*
 * Column-major tensors read row by row.  Rows lie scattered all over such a file, so that
 * reading them block by block would go over the whole file for each block.  Therefore bands
 * of many rows are read at once, column by column, and kept in memory the other way round.
 */
#ifndef DETINIT_FILE_COLUMNS_H
#define DETINIT_FILE_COLUMNS_H

#include "file/input.h"
#include "detinit_files.h"

/* Bytes that a band should take at most, and how many are held. */
#define COLUMNS_BAND  ((size_t)64 << 20)
#define COLUMNS_BANDS 2

typedef struct columns columns;

/*
 * For a tensor of at least two dimensions above 1 whose items lie column by column from `offset`
 * on; with bands of `most` bytes.  The input must outlive it.  Freed by columns_free.  NULL
 * without memory.
 */
columns *columns_new(const input *in, uint64_t offset, const detinit_tensor *tensor, size_t most);
void columns_free(columns *c);

/* Gives back the bands that nobody reads: of many tensors one after another is read. */
void columns_rest(columns *c);

/* As detinit_tensor_read, with the byte order of the file. Any number of threads at once. */
detinit_status columns_read(columns *c, uint64_t first, size_t count, void *out,
                            detinit_error *error);

#endif
