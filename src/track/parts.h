/*
 * Results on a share of a file's tensors, each a file of its own, and the files that such parts
 * make together: byte for byte what one process writes.  Shares are runs of whole tensors.
 */
#ifndef DETINIT_TRACK_PARTS_H
#define DETINIT_TRACK_PARTS_H

#include "track/packed.h"

/* The key of the metadata under which a part tells, in its maker's words, what it is a part of. */
#define PART_ABOUT "detinit.part"

/* A share: part 1 .. parts, and the text for PART_ABOUT. */
typedef struct part_share {
    uint64_t part, parts;
    const char *about;
} part_share;

/* Where a share of some tensors begins, and where it ends; `bytes` are those of each. */
void part_range(const uint64_t *bytes, size_t count, uint64_t part, uint64_t parts, size_t *first,
                size_t *end);

/*
 * The SHA-256 of a file's size and of samples all over it: enough to tell it from another state of
 * the same training, without reading it.
 */
detinit_status part_digest_of_file(const char *path, char hex[PACKED_DIGITS + 1],
                                   detinit_error *error);

/* The SHA-256 of the recipes and names of tracked tensors. */
detinit_status part_digest_of_recipes(const detinit_tracked *tracked, size_t count,
                                      char hex[PACKED_DIGITS + 1], detinit_error *error);

/* DETINIT_INVALID: "'FILE' is not the part that it says: WHAT 'NAME'". */
detinit_status part_wrong(const detinit_tensorfile *part, const char *what, const char *name,
                          detinit_error *error);

/* As detinit_mask_save, of tensors that are all of a share; `path` ends in .safetensors. */
detinit_status part_save_mask(const detinit_tracked *tracked, size_t count, double threshold,
                              const char *about, const char *path, const detinit_run *run,
                              uint64_t *changed, uint64_t *bytes, detinit_error *error);

/*
 * What detinit_mask_save writes for all tensors, put together from what part_save_mask wrote, in
 * order.  DETINIT_INVALID, with a sentence, where the parts are not just these masks.
 */
detinit_status part_merge_masks(const detinit_tracked *tracked, size_t count,
                                const detinit_tensorfile *const *parts, size_t part_count,
                                const char *path, const detinit_run *run, uint64_t *changed,
                                uint64_t *bytes, detinit_error *error);

/*
 * As detinit_pack_save, of those tensors of the file that are in the share, without the bytes
 * before its data; `out` tells of these.  The part is a packed file by itself.
 */
detinit_status part_save_pack(const detinit_tensorfile *file, const detinit_tracked *tracked,
                              size_t count, const detinit_pack_options *options,
                              const part_share *share, const char *path, const detinit_run *run,
                              detinit_packing *out, detinit_error *error);

/*
 * What detinit_pack_save writes, put together from what part_save_pack wrote, in order.  Each
 * tensor is unpacked and compared with its SHA-256.
 */
detinit_status part_merge_packs(const detinit_tensorfile *file, const detinit_tracked *tracked,
                                size_t count, const detinit_pack_options *options,
                                const detinit_tensorfile *const *parts, size_t part_count,
                                const char *path, const detinit_run *run, detinit_packing *out,
                                detinit_error *error);

#endif
