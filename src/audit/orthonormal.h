/* Whether the rows or columns of a tensor are orthonormal but for one gain. */
#ifndef DETINIT_AUDIT_ORTHONORMAL_H
#define DETINIT_AUDIT_ORTHONORMAL_H

#include "detinit_audit.h"

/*
 * Where some of its rows or columns are orthogonal to one another, and as long, makes it of a
 * scheme, with the recipe of an orthogonal matrix; *blocks where it is a stack of such matrices.
 */
detinit_status orthonormal_find(const detinit_tensorfile *file, detinit_audit_tensor *t,
                                bool *blocks, detinit_error *error);

#endif
