/* A file of whole tensors being written, all or nothing: .safetensors, or .npy for one of them. */
#ifndef DETINIT_FILE_DENSE_H
#define DETINIT_FILE_DENSE_H

#include "file/savefile.h"
#include "detinit_files.h"
#include "file/tensorfile.h"

/* What the array of a .npy file, which has no name, is called in a .safetensors file. */
#define DENSE_NAMELESS "weight"

typedef struct dense {
    detinit_tensorwriter *writer; /* NULL: a .npy file, and what follows */
    savefile file;
    output out;
    bool announced;
    uint64_t missing, bytes; /* of the data announced; of the file, header included */
} dense;

/*
 * Opens a file whose ending says what it is; DETINIT_INVALID for another one.  Ended by
 * dense_commit or dense_abandon.  The order is that of a detinit_tensorwriter.
 */
detinit_status dense_open(dense *d, const char *path, const detinit_run *run, detinit_error *error);

/* A pair of metadata.  A .npy file has no room for any: they are left out. */
detinit_status dense_metadata(dense *d, const char *key, const char *value, detinit_error *error);

/* Announces a tensor of a format's `type`, named as there; a .npy file holds one. */
detinit_status dense_announce(dense *d, const char *name, const char *type, size_t rank,
                              const uint64_t *shape, detinit_error *error);

detinit_status dense_write(dense *d, const void *data, size_t bytes, detinit_error *error);

/* Ends the file in any case; *bytes, where not NULL, gets its size. */
detinit_status dense_commit(dense *d, uint64_t *bytes, detinit_error *error);
void dense_abandon(dense *d);

/* Whether the ending of a path says so. */
bool dense_is_safetensors(const char *path);

/* The name that a tensor has in a .safetensors file. */
const char *dense_name(const detinit_tensor *tensor);

/* Copies the data of a tensor, whatever its type.  Progress counts items. */
detinit_status dense_copy(dense *d, const detinit_tensorfile *file, const detinit_tensor *tensor,
                          const detinit_run *run, detinit_error *error);

#endif
