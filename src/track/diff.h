/* Two files whose tensors are paired, as the comparison and the writer of patches see them. */
#ifndef DETINIT_TRACK_DIFF_H
#define DETINIT_TRACK_DIFF_H

#include "detinit_diff.h"

struct detinit_diff {
    const detinit_tensorfile *a, *b;
    size_t count;
    detinit_diff_pair *pairs;
    size_t *of_b; /* the number of the pair that each tensor of B is in */
};

/* Whether both tensors have one shape. */
bool diff_same_shape(const detinit_tensor *a, const detinit_tensor *b);

/*
 * DETINIT_INVALID where a file that is to be saved is the one that `from` is read from, or lies in
 * the folder that it is, or would replace one beside the index that it is.
 */
detinit_status diff_check_target(const char *path, const detinit_tensorfile *from,
                                 detinit_error *error);

#endif
