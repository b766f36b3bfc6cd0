/* Options of the recipe on which no weight of this recipe depends. */
#ifndef UI_OPTION_IDLE_H
#define UI_OPTION_IDLE_H

#include "option/option.h"

/*
 * Whether the weights of a recipe depend on an option of the recipe.  Seed and layer count as the
 * tensor's address where nothing is drawn, too.
 */
bool option_counts(const option *which, const detinit_recipe *recipe);

/*
 * True where it counts; else false, and a sentence that says what it would need, with the options'
 * names as flags or as words of the prompt.
 */
bool option_check_counts(const option *which, const detinit_recipe *recipe, bool as_flag,
                         detinit_error *error);

#endif
