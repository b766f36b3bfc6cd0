/* The figures of a report as text. */
#ifndef UI_VERB_REPORT_FIGURES_H
#define UI_VERB_REPORT_FIGURES_H

#include "verb/report.h"

/* A figure that is as promised, or one that is not. */
const char *report_mark(bool good, terminal out);

/* Whether six decimals of weights of this size would lose what there is to see. */
bool needs_exponent(double size);

/* A bar of so many columns at most, with the place where theory expects its end; NAN: none. */
void report_bar(double counted, double expected, double most, int width, terminal out);

void report_statistics(const report_data *d, terminal out);
void report_modes(const report_data *d, terminal out);

#endif
