/*
 * detinit: packed files.  A seed makes the initial weights again, so that only what training
 * changed is stored.
 *
 * What detinit_track.h says of files that are written, memory and thresholds holds here too.
 */
#ifndef DETINIT_PACK_H
#define DETINIT_PACK_H

#include "detinit_track.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a packed file holds. */
typedef struct detinit_packing {
    double threshold;
    bool lossless;                          /* nothing was set back, and every bit kept */
    uint64_t total_weights, stored_weights; /* of the tracked tensors */
    uint64_t dense_bytes; /* of the file, or else of the weights, that were packed; 0: not known */
    uint64_t bytes;       /* of the packed file */
} detinit_packing;

/* How to pack.  Begin with detinit_pack_default and set what differs. */
typedef struct detinit_pack_options {
    double threshold; /* weights that changed by no more are set back; not looked at if lossless */
    bool lossless;    /* set nothing back, and keep every bit of the file */
    int level;        /* of zstd: DETINIT_PACK_LEVEL_LEAST .. _MOST */
} detinit_pack_options;

#define DETINIT_PACK_LEVEL_LEAST 1
#define DETINIT_PACK_LEVEL_MOST  19
#define DETINIT_PACK_LEVEL       3

/* The threshold, with loss, at DETINIT_PACK_LEVEL. */
DETINIT_API detinit_pack_options detinit_pack_default(double threshold);

/*
 * Saves what the seed cannot make again: of each of the `count` tracked tensors, all of them
 * of `file`, or, where that is NULL, wherever they are and alone, but no blocks, a bit for each
 * weight that says whether it has changed, and how the weights that have differ from their initial
 * values; all other tensors of the file; compressed by zstd, where that is smaller.  `path` must
 * end in .safetensors.  The same bytes come out of any number of threads.
 *
 * The file is a valid .safetensors file.  Tensor W is held as it is, under its name, or as bytes,
 * "W.blocks" of type U8: first, for each 65,536 items in row-major order, the last ones fewer, two
 * little-endian integers of 4 bytes, the size of a block, with its highest bit set where the block
 * is the items as they are, and the CRC-32 of the items; then the blocks.  Any other block is
 * frames of zstd, one behind the other.  They hold, of a tracked tensor unless the file is
 * lossless, bit n % 8 (from the lowest) of byte n / 8 for item n, set where it has changed; then of
 * the items that have, of all where there are no bits, the highest byte of each, then the next
 * ones, down to the lowest; the bits, and each byte of all, a frame.  Of a tracked tensor these are
 * not the bytes of weights w, but of z = d << 1 ^ d >> (bits - 1), d = o(w)
 * - o(w0), all of it in integers of the weight's bits that wrap around, where o flips all bits but
 * the sign of what is negative, and w0 is the initial weight.  No tensor that is not tracked takes
 * more bytes than it has, no tracked one more than 8 for each block besides.
 *
 * Its metadata hold the recipes (which may draw in another type than W's) as a manifest
 * ("detinit.manifest"), the generator's version ("detinit.version"), and as JSON
 * ("detinit.packed") {format: 2, lossless, threshold, metadata of the file that was packed,
 * tensors, head}.  Each of the tensors has name, dtype, shape, sha256 after unpacking, and, where
 * they apply, blocks (the name of what holds it), changed (tracked: stored weights), drawn (the
 * recipe's type).  Of a lossless file "head" is the same of the bytes before the data, with their
 * format (".safetensors" or ".npy"), the only ones of which it is asked.  "detinit.seal" is the
 * SHA-256 of all other pairs: key, a byte 0, value, a byte 0, in the order of their keys.
 */
DETINIT_API detinit_status detinit_pack_save(const detinit_tensorfile *file,
                                             const detinit_tracked *tracked, size_t count,
                                             const detinit_pack_options *options, const char *path,
                                             const detinit_run *run, detinit_packing *out,
                                             detinit_error *error);

/*
 * The same into memory: *buffer gets *bytes bytes, the file as detinit_pack_save would write it,
 * malloc'ed and the caller's to free.  They are read by detinit_tensorfile_open_memory.
 */
DETINIT_API detinit_status detinit_pack_memory(const detinit_tensorfile *file,
                                               const detinit_tracked *tracked, size_t count,
                                               const detinit_pack_options *options,
                                               const detinit_run *run, void **buffer, size_t *bytes,
                                               detinit_packing *out, detinit_error *error);

/* A packed file that was checked, the sizes and the number of bits of its masks among it. */
typedef struct detinit_packed detinit_packed;

/* Whether a file says that it is a packed one. */
DETINIT_API bool detinit_tensorfile_is_packed(const detinit_tensorfile *file);

/*
 * Checks a packed file, which must stay open, of this format or of the one before it, whose
 * tensors were held as bits and values: DETINIT_INVALID says what is wrong with it, with the
 * digest of its metadata or the sizes of its blocks.  Freed by detinit_packed_free.
 */
DETINIT_API detinit_status detinit_packed_open(const detinit_tensorfile *file, detinit_packed **out,
                                               detinit_error *error);
DETINIT_API void detinit_packed_free(detinit_packed *packed);

/* Tensors of the file that was packed. */
DETINIT_API size_t detinit_packed_count(const detinit_packed *packed);

/*
 * What tensor `index`, in the order of that file, is when it is unpacked; its name lives as long as
 * `packed`.  False, and *out untouched, where there is none.
 */
DETINIT_API bool detinit_packed_tensor(const detinit_packed *packed, size_t index,
                                       detinit_tensor *out);

/* What it holds, and the recipes of its tracked tensors; both live as long as it does. */
DETINIT_API const detinit_packing *detinit_packed_packing(const detinit_packed *packed);
DETINIT_API const detinit_network *detinit_packed_network(const detinit_packed *packed);

/*
 * The format before this one had no digest of the metadata of what was packed; what nothing else
 * vouches for is refused by detinit_unpack_save, or taken as it is after this call.
 */
DETINIT_API void detinit_packed_take_unchecked(detinit_packed *packed);

/*
 * Saves the checkpoint again: byte for byte the file that detinit_prune_save writes with
 * DETINIT_PRUNE_INIT from the one that was packed, at the same threshold and for a path of
 * the same ending.  A lossless one becomes the very file that was packed, where the ending is that
 * of its format.  DETINIT_INVALID where the SHA-256 of a tensor is not that of what was
 * packed: then no file is written.
 */
DETINIT_API detinit_status detinit_unpack_save(const detinit_packed *packed, const char *path,
                                               const detinit_run *run, uint64_t *bytes,
                                               detinit_error *error);

/*
 * Unpacks one tensor, found by detinit_packed_tensor, into the caller's memory: item
 * (i0, i1, ...) to `data` + the sum of i[d] * strides[d], in bytes; NULL packs them row by row.
 * `data` need not be aligned.  DETINIT_INVALID where strides make items share memory, where a type
 * of less than a byte has strides, or where the SHA-256 is not that of what was packed: then, as
 * after DETINIT_CANCELLED, what was written is of no use.
 */
DETINIT_API detinit_status detinit_unpack_memory(const detinit_packed *packed, size_t index,
                                                 const int64_t *strides, void *data,
                                                 const detinit_run *run, detinit_error *error);

/*
 * A packed file as the one that was packed: its tensors, whose weights are made as they are read,
 * a block at a time, and its metadata with the recipes among them.  It owns `packed`, also where
 * this fails, and is closed in its place; blocks are checked by their CRC-32, not by the SHA-256
 * of the whole tensor.
 */
DETINIT_API detinit_status detinit_tensorfile_unpacked(detinit_tensorfile *packed,
                                                       detinit_tensorfile **out,
                                                       detinit_error *error);

/* Opens a file as detinit_tensorfile_open does, and a packed one as the file that was packed. */
DETINIT_API detinit_status detinit_tensorfile_open_unpacked(const char *path,
                                                            detinit_tensorfile **out,
                                                            detinit_error *error);

#ifdef __cplusplus
}
#endif

#endif
