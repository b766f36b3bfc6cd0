/* Headers of .safetensors files: https://huggingface.co/docs/safetensors */
#ifndef DETINIT_FILE_SAFETENSORS_H
#define DETINIT_FILE_SAFETENSORS_H

#include "detinit_track.h"

#define SAFETENSORS_PREFIX      8
#define SAFETENSORS_HEADER_MOST 100000000u

/* A pair of __metadata__. */
typedef struct safetensors_pair {
    const char *key, *value;
} safetensors_pair;

/* A header that was checked. All texts live in `header`, where they were read. */
typedef struct safetensors {
    char *header;
    size_t count;
    detinit_tensor *tensors;        /* in the order of their data */
    const detinit_tensor **by_name; /* in the order of their names' bytes */
    size_t pair_count;
    safetensors_pair *pairs; /* in the order of their keys' bytes */
} safetensors;

/*
 * Reads the header from `size` bytes, which stand after the file's first 8; `file_size` is that
 * of the whole file.  `header` is malloc'ed and freed here in any case or by safetensors_free.
 * DETINIT_INVALID with a sentence that names `shown`.  Memory is the header's and at most 5
 * times as much.
 */
detinit_status safetensors_parse(char *header, size_t size, uint64_t file_size, const char *shown,
                                 safetensors *out, detinit_error *error);
void safetensors_free(safetensors *parsed);

/* The tensor of that name, and the text of that key; NULL: there is none. */
const detinit_tensor *safetensors_find(const safetensors *parsed, const char *name);
const char *safetensors_metadata(const safetensors *parsed, const char *key);

#endif
