/*
 * Bytes into a descriptor, all of them or an error.  Nothing that the other side
 * does kills the program or makes it wait where it cannot be cancelled.
 */
#ifndef DETINIT_FILE_OUTPUT_H
#define DETINIT_FILE_OUTPUT_H

#include "detinit.h"

/* Bytes that are gathered instead of written; `data` are malloc'ed, and the owner's to free. */
typedef struct output_memory {
    unsigned char *data;
    size_t size, room;
} output_memory;

typedef struct output {
    output_memory *memory; /* NULL: they go to fd */
    int fd;
    bool waits;             /* a pipe, a socket, a terminal: a slow reader makes us wait */
    const char *shown;      /* its name in errors */
    const detinit_run *run; /* whose progress is asked, while waiting, whether to go on; or NULL */
    uint64_t done, total;   /* what it is told meanwhile; the owner keeps them up to date */
} output;

/* An output on an open descriptor, which stays the caller's. `shown` and `run` must outlive it. */
output output_on(int fd, const char *shown, const detinit_run *run, uint64_t total);

/* An output into memory, which begins all zero and must outlive it. */
output output_into(output_memory *memory, const char *shown, const detinit_run *run,
                   uint64_t total);

/* Asks the run's progress whether to go on: DETINIT_OK or DETINIT_CANCELLED. */
detinit_status output_ask(const output *out, detinit_error *error);

/* Writes all of `size` bytes.  DETINIT_CLOSED_PIPE where nobody reads what is written. */
detinit_status output_write(const output *out, const void *data, size_t size, detinit_error *error);

/* DETINIT_IO with "cannot write 'shown': " and what errno means. */
detinit_status output_failed(const char *shown, detinit_error *error);

#endif
