/*
 * Bytes put aside while the header before them is not known yet: in a file without a name beside
 * the target, or in memory where the target is there.
 */
#ifndef DETINIT_FILE_SPOOL_H
#define DETINIT_FILE_SPOOL_H

#include "file/output.h"

typedef struct spool {
    int fd; /* -1: in memory */
    output_memory memory;
    uint64_t size;
    const char *shown; /* the target, in errors */
} spool;

/* `path` is that of the target, NULL for memory, and must outlive the spool.  Ended by spool_close.
 */
detinit_status spool_open(spool *s, const char *path, detinit_error *error);
void spool_close(spool *s);

/* Appends bytes. */
detinit_status spool_write(spool *s, const void *data, size_t bytes, detinit_error *error);

/* Forgets all from byte `size` on. */
detinit_status spool_cut(spool *s, uint64_t size, detinit_error *error);

/* Reads bytes that are there. */
detinit_status spool_read(const spool *s, uint64_t from, void *out, size_t bytes,
                          detinit_error *error);

#endif
