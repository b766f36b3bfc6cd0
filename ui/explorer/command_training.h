/* Steps in the Training pane, for the commands next and previous. */
#ifndef UI_EXPLORER_COMMAND_TRAINING_H
#define UI_EXPLORER_COMMAND_TRAINING_H

#include "model/model.h"

/* The next or the previous threshold or tensor. */
bool training_step_threshold(model *m, int by, detinit_error *error);
bool training_step_tensor(model *m, int by, detinit_error *error);

#endif
