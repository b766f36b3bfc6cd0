/* What the command signal prints: of every scheme what deep layers of it do. */
#ifndef UI_VERB_SIGNAL_REPORT_H
#define UI_VERB_SIGNAL_REPORT_H

#include "verb/phase_data.h"
#include "verb/signal_data.h"

typedef struct signal_report {
    const settings *settings;
    signal_data *schemes[DETINIT_SCHEME_COUNT];
    phase_data *phase; /* NULL: not asked for */
} signal_report;

void signal_report_text(const signal_report *r);
detinit_status signal_report_json(const signal_report *r, detinit_error *error);

/*
 * Tables, each behind a line of names and all but the first behind an empty line: the layers of all
 * schemes; what the schemes came to; the phase map, or every few places of it; its critical line.
 */
void signal_report_csv(const signal_report *r);

#endif
