/* What a file and a manifest do not have in common: what a report says of it. */
#ifndef UI_VERB_LEFT_OUT_H
#define UI_VERB_LEFT_OUT_H

#include "verb/weights.h"

/*
 * Names the tensors of the file that have no recipe; those that are tied; and, with --partial,
 * those of the manifest that the file lacks, with an empty line behind.  With --format csv it goes
 * to standard error.
 */
void left_out_print(const weights *w);

/* The same behind a report, where --partial asks for it; JSON has it within. */
void left_out_print_partial(const weights *w);

/*
 * Adds what is tied to a report, {tied: {NAME: NAME}}, and with --partial what is left out on both
 * sides, {missing: [NAME], not_tracked: [...]}.  Returns the report.
 */
json_t *left_out_add(json_t *report, const weights *w);

/* [{name, type, shape}] of the tensors of the file that have no recipe. */
json_t *left_out_untracked(const weights *w);

#endif
