/* Options as commands: what follows from one, beside its value. */
#ifndef UI_EXPLORER_COMMAND_OPTION_H
#define UI_EXPLORER_COMMAND_OPTION_H

#include "model/model.h"
#include "option/option.h"

/* Sets an option; the recipe's through model_set_recipe, so that it can be undone. */
bool option_command(model *m, const option *which, const char *value, detinit_error *error);

/* The refusal of a distribution for an orthogonal matrix. */
bool option_refuse_dist(detinit_error *error);

#endif
