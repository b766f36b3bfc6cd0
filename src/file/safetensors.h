/* Headers of .safetensors files: https://huggingface.co/docs/safetensors */
#ifndef DETINIT_FILE_SAFETENSORS_H
#define DETINIT_FILE_SAFETENSORS_H

#include "file/tensorlist.h"

#define SAFETENSORS_PREFIX      8
#define SAFETENSORS_HEADER_MOST 100000000u

/* Whether these bytes of a header begin as one: with a brace, behind any spaces. */
bool safetensors_begins(const char *header, size_t size);

/*
 * Reads the header from `size` bytes, which stand after the file's first 8; `file_size` is that
 * of the whole file.  `header` is malloc'ed and becomes the list's texts, or is freed here.
 * Tensors are where their offsets in the file say.  DETINIT_INVALID with a sentence that names
 * `shown`.  Memory is the header's and at most 5 times as much.
 */
detinit_status safetensors_parse(char *header, size_t size, uint64_t file_size, const char *shown,
                                 tensorlist *out, detinit_error *error);

#endif
