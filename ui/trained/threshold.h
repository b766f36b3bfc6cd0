/* Which threshold is asked for, before the weights are known that it depends on. */
#ifndef UI_TRAINED_THRESHOLD_H
#define UI_TRAINED_THRESHOLD_H

#include "option/settings.h"

typedef enum threshold_kind {
    THRESHOLD_UNSAID, /* neither --threshold nor --sparsity: `value` is the option's default */
    THRESHOLD_VALUE,  /* --threshold: `value`, which may be THRESHOLD_AUTO */
    THRESHOLD_SHARE   /* --sparsity: where the share `value` of all weights sleeps */
} threshold_kind;

typedef struct threshold_choice {
    threshold_kind kind;
    double value;
} threshold_choice;

threshold_choice threshold_chosen(const settings *s);

#endif
