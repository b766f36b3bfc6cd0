/* Progress of work that is done in parts: each part's own becomes its share of the whole. */
#ifndef DETINIT_BASE_PARTS_H
#define DETINIT_BASE_PARTS_H

#include "detinit.h"

typedef struct parts {
    const detinit_run *run; /* of the whole; may be NULL */
    uint64_t total, before; /* in any unit: of all parts, and of those that are done */
    uint64_t part;          /* of the one under way */
} parts;

/* Ends the part under way and begins one of `size`: the run to do it by, while `p` lives. */
detinit_run parts_next(parts *p, uint64_t size);

#endif
