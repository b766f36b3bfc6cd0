/* The histogram of changes, |w - w0| or |b - a|, as lines of text and as JSON. */
#ifndef UI_VERB_CHANGE_HISTOGRAM_H
#define UI_VERB_CHANGE_HISTOGRAM_H

#include "verb/report.h"
#include "verb/report_value.h"

/* What the bars of changes up to the threshold, and of those above it, are made of. */
const char *histogram_light(terminal out);
const char *histogram_full(terminal out);

/* The bins of a detinit_change from the smallest change that there is, several to a line where they
 * are many; the one with the threshold is marked. */
void histogram_print(const uint64_t *histogram, double threshold, terminal out);

/* {edges, counts} of the bins up to the last that counts something; the first edge is 0. */
json_t *histogram_json(const uint64_t *histogram);

#endif
