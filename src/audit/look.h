/* One pass over the weights of all tensors of a file, or a sample of them: moments, extremes,
 * zeros, what is not finite, dead rows and columns, and a digest of the content. */
#ifndef DETINIT_AUDIT_LOOK_H
#define DETINIT_AUDIT_LOOK_H

#include "detinit_files.h"

/* What was seen of one tensor. Plain data. */
typedef struct look {
    bool sampled;
    uint64_t count;                /* of weights looked at */
    uint64_t zeros, nan, infinite; /* among them */
    double sums[4];                /* of x^k, k = 1 .. 4, over the finite ones */
    double min, max;               /* of these; INFINITY and -INFINITY of none */
    uint64_t digest;               /* of the bytes looked at */
    uint64_t rows, dead_rows;
    uint64_t cols, dead_cols;
} look;

/* Looks at one tensor of the file alone; of one without weights *seen stays all zero. */
detinit_status look_at_tensor(const detinit_tensorfile *file, size_t number, bool exact,
                              const detinit_run *run, look *seen, detinit_error *error);

/* Fills looks[n] of every tensor of the file that holds weights; the others stay all zero. */
detinit_status look_at_file(const detinit_tensorfile *file, bool exact, const detinit_run *run,
                            look *looks, detinit_error *error);

#endif
