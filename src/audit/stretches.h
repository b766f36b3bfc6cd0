/* Which weights of a tensor are looked at: consecutive stretches, all of it or a sample. */
#ifndef DETINIT_AUDIT_STRETCHES_H
#define DETINIT_AUDIT_STRETCHES_H

#include "detinit_files.h"

/* A step of work looks at so many weights at most. */
#define STRETCHES_STEP ((uint64_t)1 << 16)

typedef struct stretches {
    uint64_t row, rows; /* weights of an index of the first dimension, and how many there are */
    bool sampled;
    bool whole_rows;   /* a stretch is one row or several */
    uint64_t length;   /* weights of a stretch; of the last of a row fewer where not whole_rows */
    uint64_t count;    /* of stretches */
    uint64_t per_step; /* stretches of a step: their weights are STRETCHES_STEP at most */
    uint64_t steps;
} stretches;

/* Of a tensor that holds weights. */
stretches stretches_of(const detinit_tensor *tensor, bool exact);

/* Where stretch k begins, and how many weights it has. */
uint64_t stretches_place(const stretches *s, uint64_t k, size_t *length);

#endif
