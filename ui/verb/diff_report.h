/* What diff finds, as text, JSON and CSV. */
#ifndef UI_VERB_DIFF_REPORT_H
#define UI_VERB_DIFF_REPORT_H

#include "detinit_diff.h"
#include "verb/report.h"

typedef struct diff_report {
    const settings *settings;
    const char *a_path, *b_path;
    detinit_tensorfile *a, *b;
    detinit_diff *diff;
    double threshold;
    size_t count;
    detinit_difference *found; /* of each pair */
    detinit_difference total;  /* of those compared as numbers */
    size_t kinds[DETINIT_DIFF_KIND_COUNT];
    size_t listed_count, *listed; /* pairs compared and not unchanged */
    bool saved;
    detinit_patching patching; /* of the patch that was saved */
} diff_report;

/* Whether every bit is the same. */
bool diff_report_equal(const diff_report *d);

/* The name of a pair, or the path of the file whose format has no names. */
const char *diff_report_name(const diff_report *d, const detinit_diff_pair *pair);

/* "2 changed, 1 only in B": how many pairs of each kind there are. Returns buffer. */
const char *diff_report_kinds(const diff_report *d, char *buffer, size_t size);

void diff_report_text(const diff_report *d, terminal out);
void diff_report_csv(const diff_report *d);
detinit_status diff_report_json(const diff_report *d, detinit_error *error);

#endif
