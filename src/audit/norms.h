/* Whether the rows and columns of a tensor vary among themselves more than those of independent
 * weights: training lets them. */
#ifndef DETINIT_AUDIT_NORMS_H
#define DETINIT_AUDIT_NORMS_H

#include "detinit_audit.h"

/* Tests that it makes. */
#define NORMS_TESTS 4

/* Sets t->norms_p, of some rows of a tensor of rank 2 or more, if it is large enough. */
detinit_status norms_find(const detinit_tensorfile *file, detinit_audit_tensor *t,
                          detinit_error *error);

#endif
