/*
 * Hugging Face's index of a network that lies in several files: model.safetensors.index.json,
 * {"metadata": {"total_size": BYTES}, "weight_map": {NAME: FILE, ...}}.
 */
#ifndef DETINIT_FILE_SHARD_INDEX_H
#define DETINIT_FILE_SHARD_INDEX_H

#include "file/input.h"
#include "file/tensorlist.h"

/* Bytes of an index that is read; one of 100,000 tensors takes ten million. */
#define SHARD_INDEX_MOST ((uint64_t)100000000)

/* Where a tensor is said to be. */
typedef struct shard_entry {
    const char *name, *file;
} shard_entry;

typedef struct shard_index {
    size_t count, room;
    shard_entry *entries; /* in the order of their files' names, then of their own */
} shard_index;

/*
 * Reads an index.  Its text and its metadata go into `list`, to which its entries point.
 * DETINIT_INVALID where it is none, or has a file that does not lie beside it.
 */
detinit_status shard_index_read(const input *in, tensorlist *list, shard_index *out,
                                detinit_error *error);
void shard_index_free(shard_index *index);

#endif
