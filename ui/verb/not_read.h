/* What a file holds beside its tensors and no reader reads: what a report says of it. */
#ifndef UI_VERB_NOT_READ_H
#define UI_VERB_NOT_READ_H

#include "detinit_files.h"

#include <jansson.h>
#include <stdio.h>

/*
 * An empty line and "Not read:", "Not read in A:" where `where` is " in A", then a line for each
 * with the reason; nothing where all is read.
 */
void not_read_print(FILE *out, const detinit_tensorfile *file, const char *where);

/* {NAME: REASON}; NULL without memory. */
json_t *not_read_json(const detinit_tensorfile *file);

#endif
