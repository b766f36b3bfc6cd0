/* An open regular file, a piece of memory, or a part of another input, of which any number of
 * threads read any place at once. */
#ifndef DETINIT_FILE_INPUT_H
#define DETINIT_FILE_INPUT_H

#include "detinit.h"

typedef struct input {
    int fd;
    const unsigned char *memory; /* NULL: a file */
    uint64_t size;               /* when it was opened */
    char *path;                  /* as it was given, for messages */
    /* What is neither: `source` reads it, as input_read does, and is ended with it. */
    void *source;
    detinit_status (*read)(void *source, uint64_t offset, void *out, size_t size,
                           detinit_error *error);
    void (*end)(void *source);
} input;

/* Opens a file; ended by input_close.  DETINIT_INVALID for what is no regular file. */
detinit_status input_open(input *in, const char *path, detinit_error *error);
void input_close(input *in);

/* The same of `size` bytes in memory, which stay the caller's; `shown` is their path. */
detinit_status input_of_memory(input *in, const void *data, size_t size, const char *shown,
                               detinit_error *error);

/* Reads exactly `size` bytes: a file that became shorter is an error, not a signal. */
detinit_status input_read(const input *in, uint64_t offset, void *out, size_t size,
                          detinit_error *error);

/* The sentence where memory is out. */
detinit_status input_no_memory(const char *path, detinit_error *error);

#endif
