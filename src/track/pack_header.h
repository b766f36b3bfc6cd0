/* What is known of tensors before it is packed, and the header that is made of it. */
#ifndef DETINIT_TRACK_PACK_HEADER_H
#define DETINIT_TRACK_PACK_HEADER_H

#include "track/content.h"
#include "track/packed.h"

/* What is found out about a tensor before anything is written. */
typedef struct found_tensor {
    uint64_t awake;
    char sha256[PACKED_DIGITS + 1]; /* of its data after unpacking */
    char *awake_name, *values_name;
} found_tensor;

typedef struct pack_plan {
    content what;
    double threshold;
    found_tensor *found; /* of each of its tensors */
} pack_plan;

/* Names the parts of all tensors, in p->found, tells what they are, and announces them. */
detinit_status pack_header_write(pack_plan *p, detinit_tensorwriter *to, detinit_error *error);

#endif
