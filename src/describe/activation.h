/* The activations, a row each. */
#ifndef DETINIT_DESCRIBE_ACTIVATION_H
#define DETINIT_DESCRIBE_ACTIVATION_H

#include "base/names.h"
#include "detinit_describe.h"

typedef struct activation_row {
    name_row names;
    double (*value)(double x, double *slope); /* phi(x), and phi'(x) into *slope */
    double low, high;                         /* where histograms of it begin and end */
    double saturated_from;                    /* of |x|; infinite for those that never are */
    bool bends_at_0;                          /* x above 0, below * x under it: no other curve */
    double below;
} activation_row;

extern const activation_row activation_rows[DETINIT_ACTIVATION_COUNT];
extern const name_table activation_names;

#endif
