/* What a file that is written holds: tracked tensors, and the others of the file they are from. */
#ifndef DETINIT_TRACK_CONTENT_H
#define DETINIT_TRACK_CONTENT_H

#include "track/tracked.h"

/* One tensor of it. */
typedef struct content_part {
    const detinit_tracked *tracked; /* NULL: the file's `tensor` as it is */
    const detinit_tensor *tensor;
    const char *name, *type;
    size_t rank;
    const uint64_t *shape;
    uint64_t count; /* of items */
} content_part;

typedef struct content {
    const detinit_tensorfile *file; /* or NULL: tracked tensors alone */
    size_t count;
    content_part *parts; /* in order */
    uint64_t items;      /* of all */
} content;

/*
 * All tensors of a file, `count` of which are tracked; or, where `file` is NULL, these alone,
 * wherever they are.  DETINIT_INVALID where a tracked tensor is none of the file's or comes twice.
 * What is tracked must outlive it; freed by content_free.
 */
detinit_status content_of(const detinit_tensorfile *file, const detinit_tracked *tracked,
                          size_t count, content *out, detinit_error *error);
void content_free(content *c);

#endif
