/* Where the maps of mean-field theory come to rest. */
#ifndef DETINIT_DESCRIBE_FIXED_POINT_H
#define DETINIT_DESCRIBE_FIXED_POINT_H

#include "describe/field.h"

/* What tells expectations at any length: computed, or looked up in a table of them. */
typedef struct field_source {
    const void *context;
    field (*at)(const void *context, double q);
    void (*expand)(const void *context, const field *f, double squares[FIELD_SQUARES]);
} field_source;

/* Of variances: of weights times fan_in, and of biases. */
typedef struct field_point {
    double length;      /* q*; 0 or infinite too */
    double chi;         /* chi_1 there */
    double length_rate; /* slope of the length map there */
    double correlation; /* c* */
    double rate;        /* slope of the correlation map at c* */
} field_point;

field_point fixed_point_of(const field_source *source, double weights, double biases);

#endif
