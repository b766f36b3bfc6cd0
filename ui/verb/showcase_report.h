/* What the showcase measured, in words and as JSON, on standard output. */
#ifndef UI_VERB_SHOWCASE_REPORT_H
#define UI_VERB_SHOWCASE_REPORT_H

#include "trained/showcase.h"

/* As text, in this order, each when there is something to say: before the training, after each
 * epoch, after the pruning and after the packing. */
void showcase_print_heading(const settings *s, const showcase_result *r);
void showcase_print_epoch(const showcase_result *r, size_t epoch);
void showcase_print_pruning(const showcase_result *r);
void showcase_print_packing(const showcase_result *r);

/* All of it as one JSON object. */
detinit_status showcase_print_json(const settings *s, const showcase_result *r,
                                   detinit_error *error);

#endif
