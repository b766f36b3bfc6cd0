/* Which candidate the moments and extremes of a tensor speak for, and which they rule out. */
#ifndef DETINIT_AUDIT_JUDGE_H
#define DETINIT_AUDIT_JUDGE_H

#include "audit/candidates.h"
#include "audit/look.h"
#include "detinit_audit.h"
#include "describe/theory.h"

/* Fewer weights than these say nothing; and nothing of a law that no scheme gives. */
#define JUDGE_LEAST     16
#define JUDGE_LEAST_LAW 1000

/* Sets all of `out` that follows from `seen` alone. */
void judge_figures(const detinit_tensor *tensor, const look *seen, detinit_audit_tensor *out);

/*
 * Sets origin, recipe and also: the candidate that is likeliest among those that no test of std,
 * mean and extremes rules out at `level`; else the law that comes nearest, if these do not rule it
 * out either.  For tensors whose figures are set.  Returns the log likelihood, or -INFINITY.
 */
double judge_origin(const subject *s, const look *seen, double level, detinit_audit_tensor *out);

/* The chance of a skewness and a kurtosis as far off, whichever is less; 1 of few weights. */
double judge_shape(const struct theory *theory, const detinit_audit_tensor *found);

#endif
