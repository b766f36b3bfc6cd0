/* What other commands share with those of files of tensors. */
#ifndef UI_EXPLORER_COMMAND_FILE_H
#define UI_EXPLORER_COMMAND_FILE_H

#include "model/model.h"

/* Looks at a tensor of the list, by its name, the beginning of only one, or a number from 1. */
bool file_choose_tensor(model *m, const char *name, detinit_error *error);

/* The tensor after it in the tree, or before; there must be a list. */
bool file_step_tensor(model *m, int by);

/*
 * A line that is still being typed: where it looks for a tensor, the list shows what it would find.
 * NULL: it is ended, and the cursor is where it was before.
 */
void file_preview(model *m, const char *line);

/* The next index of a table's other dimensions; the next tensor that was found. */
bool file_step_slice(model *m, int by, detinit_error *error);
bool file_step_found(model *m, int by, detinit_error *error);

#endif
