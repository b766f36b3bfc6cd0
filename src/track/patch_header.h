/* What a patch that is written is to hold, and its header. */
#ifndef DETINIT_TRACK_PATCH_HEADER_H
#define DETINIT_TRACK_PATCH_HEADER_H

#include "track/patch.h"

/* A pair of tensors, and what was found of it. */
typedef struct patch_entry {
    const detinit_tensor *a, *b; /* NULL: there is none */
    bool alike;                  /* both have one type and shape */
    uint64_t changed;            /* items of which any bit is another, where they are alike */
    bool whole;                  /* stored as a whole */
    char a_sha256[PACKED_DIGITS + 1], b_sha256[PACKED_DIGITS + 1];
} patch_entry;

/* One tensor of a patch. */
typedef struct patch_member {
    size_t entry;
    bool positions; /* else values */
} patch_member;

typedef struct patch_plan {
    const detinit_diff *diff;
    size_t count; /* of entries: what B has, in its order, then what only A has */
    patch_entry *entries;
    size_t member_count;
    patch_member *members; /* as they are announced and written: wide types before narrow ones */
} patch_plan;

/* Bytes of a position in the entry's tensor. */
size_t patch_position_bytes(const patch_entry *entry);

/* Fills in the entries, of which nothing is found yet; freed by patch_plan_free in any case. */
detinit_status patch_plan_make(const detinit_diff *diff, patch_plan *out, detinit_error *error);
void patch_plan_free(patch_plan *p);

/* Writes metadata and announces all members, once everything is found. */
detinit_status patch_header_write(patch_plan *p, detinit_tensorwriter *to, detinit_error *error);

/* Tells what the patch holds. */
void patch_plan_tell(const patch_plan *p, detinit_patching *out);

#endif
