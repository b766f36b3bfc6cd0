/* Commands of the Training pane, for the table of commands in command.c. */
#ifndef UI_EXPLORER_COMMAND_TRAINING_H
#define UI_EXPLORER_COMMAND_TRAINING_H

#include "model/model.h"

extern const char *const train_words[];

bool train_run(model *m, const char *value, detinit_error *error);
bool open_run(model *m, const char *value, detinit_error *error);
bool tensor_run(model *m, const char *value, detinit_error *error);
bool prune_run(model *m, const char *value, detinit_error *error);
bool pack_run(model *m, const char *value, detinit_error *error);

/* The next or the previous threshold or tensor. */
bool training_step_threshold(model *m, int by, detinit_error *error);
bool training_step_tensor(model *m, int by, detinit_error *error);

/* Moves the cursor of the map; `word` is the number of one of the words of `move`. */
void training_move(model *m, int word);

#endif
