/* What writing and reading packed files share: see detinit_pack_save. */
#ifndef DETINIT_TRACK_PACKED_H
#define DETINIT_TRACK_PACKED_H

#include "base/arena.h"
#include "detinit_track.h"

#include <jansson.h>
#include <nettle/sha2.h>

/* Keys of the metadata. */
#define PACKED_DESCRIPTION "detinit.packed"
#define PACKED_MANIFEST    "detinit.manifest"
#define PACKED_VERSION     "detinit.version"

/* Of the description. */
#define PACKED_FORMAT 1

/* A SHA-256 in hex. */
#define PACKED_DIGITS (2 * SHA256_DIGEST_SIZE)

/* The hash of what was put into `sha`, which begins anew. Returns hex. */
const char *packed_hex(struct sha256_ctx *sha, char hex[PACKED_DIGITS + 1]);

/* Bytes of the bits of so many weights. */
uint64_t packed_mask_bytes(uint64_t weights);

/* One tensor of the file that was packed. */
typedef struct packed_tensor {
    const char *name, *type; /* live in the description */
    size_t rank;
    uint64_t *shape, count;
    const char *sha256;
    const detinit_layer *layer; /* NULL: not tracked, held in `values` as it is */
    detinit_dtype dtype;        /* of the weights of what is tracked */
    const detinit_tensor *awake, *values;
} packed_tensor;

struct detinit_packed {
    const detinit_tensorfile *file;
    json_t *description;
    arena shapes;
    const json_t *metadata; /* of the file that was packed */
    detinit_network network;
    size_t count;
    packed_tensor *tensors; /* in the order of that file */
    detinit_packing packing;
};

#endif
