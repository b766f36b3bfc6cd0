/* What writing and reading packed files share: see detinit_pack_save. */
#ifndef DETINIT_TRACK_PACKED_H
#define DETINIT_TRACK_PACKED_H

#include "base/arena.h"
#include "detinit_pack.h"
#include "track/block_code.h"

#include <jansson.h>
#include <nettle/sha2.h>

/* Keys of the metadata. */
#define PACKED_DESCRIPTION "detinit.packed"
#define PACKED_MANIFEST    "detinit.manifest"
#define PACKED_VERSION     "detinit.version"
#define PACKED_SEAL        "detinit.seal"

/* Of the description: that which is written, and the one before it, which is still read. */
#define PACKED_FORMAT     2
#define PACKED_FORMAT_OLD 1

/*
 * What stands for a block at the beginning of a tensor of blocks: two little-endian integers of 4
 * bytes.  The first is its size, with PACKED_WHOLE where it is not compressed; the second its
 * CRC-32.
 */
#define PACKED_ENTRY 8
#define PACKED_WHOLE ((uint32_t)1 << 31)

/* A SHA-256 in hex. */
#define PACKED_DIGITS (2 * SHA256_DIGEST_SIZE)

/* The hash of what was put into `sha`, which begins anew. Returns hex. */
const char *packed_hex(struct sha256_ctx *sha, char hex[PACKED_DIGITS + 1]);

/* Whether metadata, as JSON has them, map texts to texts. */
bool packed_texts_alone(const json_t *metadata);

/* Bytes of the bits of so many weights. */
uint64_t packed_mask_bytes(uint64_t weights);

/* The digest of pairs of metadata, put one after the other in the order of their keys' bytes. */
void packed_seal_put(struct sha256_ctx *sha, const char *key, const char *value);

/* Blocks of a tensor of so many items. */
uint64_t packed_blocks(uint64_t items);

/* Where a block is. */
typedef struct packed_block {
    uint64_t at; /* its first byte in `blocks`; of the old format its first item in `values` */
    coded_block coded;
} packed_block;

/* One tensor of the file that was packed. */
typedef struct packed_tensor {
    detinit_tensor is; /* when it is unpacked; name, type and shape live as long as the file */
    const char *sha256;
    const detinit_layer *layer; /* NULL: not tracked */
    uint64_t changed;           /* weights that are stored, of what is tracked */
    /* How it is held: as it is, in `values`; in `blocks`; or, of the old format, in `awake` and,
     * those awake alone, in `values`. */
    const detinit_tensor *awake, *values, *blocks;
    block_code code;
    packed_block *index; /* of all blocks, and one more, where they end; NULL: held as it is */
} packed_tensor;

struct detinit_packed {
    const detinit_tensorfile *file;
    json_t *description;
    int format;
    bool lossless;
    arena shapes;
    const json_t *metadata; /* of the file that was packed */
    bool take_unchecked;    /* its metadata, where no digest covers them */
    detinit_network network;
    size_t count;
    packed_tensor *tensors; /* in the order of that file */
    packed_tensor head;     /* what stands before its data, where that is kept: has a sha256 */
    const char *head_format;
    detinit_packing packing;
};

/* DETINIT_INVALID: what is wrong with the file, told of tensor `name` where that is not NULL. */
detinit_status packed_wrong(const detinit_packed *p, const char *name, const char *what,
                            detinit_error *error);

/*
 * The first key of the metadata that nothing vouches for, or NULL.  The old format has no digest of
 * them; there a pair is good that is as it must be: what frameworks write, and recipes that are
 * those of the packed tensors.
 */
const char *packed_unchecked(const detinit_packed *p);

/* Finds where the blocks of a tensor are, and checks that they fill what holds them. */
detinit_status packed_find_blocks(const detinit_packed *p, packed_tensor *t, detinit_error *error);

/* Bytes of room that packed_read_block works in. */
size_t packed_room(const packed_tensor *t);

/* Reads a block of a tensor, whose initial weights are given where it is tracked, into `out`. */
detinit_status packed_read_block(const detinit_packed *p, const packed_tensor *t, uint64_t block,
                                 const unsigned char *initial, unsigned char *room,
                                 unsigned char *out, detinit_error *error);

/* Items of a block. */
size_t packed_block_items(const packed_tensor *t, uint64_t block);

/*
 * Gives all items of a tensor to `take`, in order, a block at a time, and then compares their
 * SHA-256: DETINIT_INVALID where it is not that of what was packed.
 */
detinit_status packed_stream(const detinit_packed *p, const packed_tensor *t,
                             const detinit_run *run,
                             detinit_status (*take)(void *context, const unsigned char *items,
                                                    size_t count, detinit_error *error),
                             void *context, detinit_error *error);

#endif
