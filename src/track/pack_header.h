/* What is known of tensors before it is packed, and the header that is made of it. */
#ifndef DETINIT_TRACK_PACK_HEADER_H
#define DETINIT_TRACK_PACK_HEADER_H

#include "track/content.h"
#include "track/packed.h"

/* What is found out about a tensor before anything is written. */
typedef struct found_tensor {
    uint64_t changed;               /* weights that are stored, of a tracked one */
    char sha256[PACKED_DIGITS + 1]; /* of its data after unpacking */
    bool in_blocks;                 /* else it is held as it is */
    unsigned char *index;           /* of its blocks: PACKED_ENTRY bytes for each */
    uint64_t blocks, bytes;         /* how many they are, and theirs */
    char *name;                     /* of what holds them */
} found_tensor;

typedef struct pack_plan {
    content what;
    size_t first, end; /* those that are packed: all of them, or a share */
    const char *about; /* what that is a share of, or NULL */
    detinit_pack_options options;
    uint64_t dense_bytes; /* of all as they are */
    uint64_t head_bytes;  /* before the data of the file, where they are kept; else 0 */
    bool has_head;        /* they are packed, too: in the first share, or without shares */
    found_tensor *found;  /* of each of its tensors, and of these bytes */
} pack_plan;

/*
 * Plans to pack all tensors, about which nothing is found out yet.  DETINIT_INVALID where that
 * makes no sense, for a `path` that is not NULL among it.  Freed by pack_plan_free.
 */
detinit_status pack_plan_make(const detinit_tensorfile *file, const detinit_tracked *tracked,
                              size_t count, const detinit_pack_options *options, const char *path,
                              pack_plan *out, detinit_error *error);
void pack_plan_free(pack_plan *p);

/* What packing says of the plan's share, once all is found out; `bytes` is left as it is. */
void pack_plan_tell(const pack_plan *p, detinit_packing *out);

/* A shape as JSON; NULL without memory. */
json_t *packed_shape(size_t rank, const uint64_t *shape);

/* Names the parts of all tensors, in p->found, tells what they are, and announces them. */
detinit_status pack_header_write(pack_plan *p, detinit_tensorwriter *to, detinit_error *error);

#endif
