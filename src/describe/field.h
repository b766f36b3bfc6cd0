/*
 * Expectations of an activation of normal arguments, which mean-field theory is made of: see
 * detinit_describe.h.
 */
#ifndef DETINIT_DESCRIBE_FIELD_H
#define DETINIT_DESCRIBE_FIELD_H

#include "describe/activation.h"

/* Hermite coefficients, squared: of h_0 .. h_128, and what they leave of E phi^2, for h_129. */
#define FIELD_SQUARES 130

/* Panels of 16 nodes on each side of 0. */
#define FIELD_PANELS 14
#define FIELD_NODES  (2 * 16 * FIELD_PANELS)

/* Nodes, and weights that sum to 1 as the normal's density does. */
typedef struct field_rule {
    double z[FIELD_NODES], weight[FIELD_NODES];
} field_rule;

void field_rule_make(field_rule *rule);

/* With x = sqrt(q) z of a standard normal z. */
typedef struct field {
    const activation_row *row;
    double q;      /* above 0, finite */
    double mean;   /* E phi(x) */
    double second; /* E phi(x)^2 */
    double slopes; /* E phi'(x)^2 */
    double growth; /* d second / dq */
} field;

field field_of(const activation_row *row, const field_rule *rule, double q);

/* Its squares; they are not needed, and not touched, where an activation's kernel is known. */
void field_expand(const field *f, const field_rule *rule, double squares[FIELD_SQUARES]);

/* E phi(x) phi(y) for x and y of correlation c, and its slope in c. */
double field_kernel(const field *f, const double squares[FIELD_SQUARES], double c);
double field_kernel_slope(const field *f, const double squares[FIELD_SQUARES], double c);

#endif
