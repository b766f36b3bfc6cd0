/* Headers of .safetensors files: https://huggingface.co/docs/safetensors */
#ifndef DETINIT_SAFETENSORS_H
#define DETINIT_SAFETENSORS_H

#include "detinit_tracking.h"

#include <jansson.h>

#define SAFETENSORS_PREFIX      8
#define SAFETENSORS_HEADER_MOST 100000000u

/* A header that was checked; the names live in `json`. */
typedef struct safetensors {
    json_t *json;
    size_t count;
    detinit_tensor *tensors; /* in the order of their data */
} safetensors;

/*
 * Reads the header from `size` bytes, which stand after the file's first 8; `file_size` is that
 * of the whole file.  DETINIT_INVALID with a sentence that names `shown`.  On success freed by
 * safetensors_free.
 */
detinit_status safetensors_parse(const char *header, size_t size, uint64_t file_size,
                                 const char *shown, safetensors *out, detinit_error *error);
void safetensors_free(safetensors *parsed);

#endif
