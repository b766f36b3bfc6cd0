/* What writing and reading patches share: see detinit_diff_save. */
#ifndef DETINIT_TRACK_PATCH_H
#define DETINIT_TRACK_PATCH_H

#include "base/arena.h"
#include "track/diff.h"
#include "track/packed.h"

/* Keys of the metadata. */
#define PATCH_DESCRIPTION "detinit.patch"
#define PATCH_DIGEST      "detinit.patch.sha256"

/* Of the description. */
#define PATCH_FORMAT 1

/* Endings of the tensors that a patch has of one. */
#define PATCH_POSITIONS ".positions"
#define PATCH_VALUES    ".values"

/* One tensor of the result, or one of the base that is gone. */
typedef struct patch_tensor {
    const char *name, *type; /* live as long as the patch */
    size_t rank;
    uint64_t *shape, count; /* of items, as detinit_tensor counts them */
    const char *from;       /* its name in the base */
    const char *sha256;     /* there, of what is gone; else of the result */
    const char *base;       /* SHA-256 in the base; NULL: the base has it not like this */
    const detinit_tensor *positions, *values; /* of the patch's file; NULL: there are none */
} patch_tensor;

struct detinit_patch {
    const detinit_tensorfile *file;
    json_t *description;
    arena shapes;
    const json_t *metadata; /* of the result */
    size_t count, gone_count;
    patch_tensor *tensors, *gone; /* of the result in its order; of the base alone */
    detinit_patching patching;
};

/* The type of positions in a tensor of so many items: no framework indexes with unsigned ones. */
static inline const char *patch_position_type(uint64_t items)
{
    return items > (uint64_t)INT32_MAX + 1 ? "I64" : "I32";
}

#endif
