/* What a training run has told, printed: all of it, or as it comes. */
#ifndef UI_VERB_WATCH_REPORT_H
#define UI_VERB_WATCH_REPORT_H

#include "option/settings.h"
#include "trained/history_file.h"

/* Everything: text with a table of the last step, JSON, or CSV, as the settings say. */
detinit_status watch_report_print(const settings *s, const history_news *news,
                                  detinit_error *error);

/* The points of `h` as lines that follow others, and, of the `first` ones, the heading: text, the
 * lines of a history, or CSV. */
detinit_status watch_report_lines(const settings *s, const history *h, bool first,
                                  detinit_error *error);

#endif
