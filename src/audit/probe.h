/* Some weights of a tensor read again: what moments do not tell. */
#ifndef DETINIT_AUDIT_PROBE_H
#define DETINIT_AUDIT_PROBE_H

#include "detinit_audit.h"

/*
 * Confirms or changes what judge_origin said of a tensor, at `level`: an identity, an orthogonal
 * matrix; the law by Kolmogorov-Smirnov, skewness and kurtosis; the largest singular value of a
 * block.
 */
detinit_status probe_tensor(const detinit_tensorfile *file, double level, detinit_audit_tensor *out,
                            detinit_error *error);

#endif
