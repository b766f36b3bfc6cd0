/* Results as text, JSON and CSV on standard output. */
#ifndef UI_VERB_REPORT_H
#define UI_VERB_REPORT_H

#include "verb/report_data.h"

/* How the terminal, or what stands in for it, takes text. */
typedef struct terminal {
    int columns, lines;
    bool utf8;
} terminal;

/* The terminal on standard output, else COLUMNS and LINES, else 80 x 24; UTF-8 by the locale. */
terminal terminal_of_stdout(const settings *s);

/* Whether there is anything to print: quiet leaves a save no report but one that --format wants. */
bool report_is_wanted(const settings *s);

/* Characters of UTF-8 text. */
int report_width(const char *text);

/* Prints a text and, where it takes fewer columns than `width`, blanks. */
void report_pad(const char *text, int width);

void report_text(const report_data *d, terminal out);
void report_weight_text(const settings *s, const detinit_trace *trace, terminal out);

detinit_status report_json(const report_data *d, detinit_error *error);
detinit_status report_weight_json(const settings *s, const detinit_trace *trace,
                                  detinit_error *error);

/*
 * All weights, a line for each row.  What else was asked for follows as tables, each behind an
 * empty line and a line of names: modes, bins of the histogram, reproducibility.
 */
detinit_status report_csv(const report_data *d, detinit_error *error);

/* rows * cols in decimal, however large. Returns buffer. */
const char *report_count(const detinit_recipe *recipe, char buffer[48]);

#endif
