/* The recipe that the explorer was left with, as its command line in a file of its own. */
#ifndef UI_TERM_LAST_RECIPE_H
#define UI_TERM_LAST_RECIPE_H

#include "option/settings.h"

/* Takes the recipe of the last session.  Where there is none, or no whole one, a sentence, and the
 * recipe is as it was. */
bool last_recipe_load(detinit_recipe *recipe, detinit_error *error);

/* All or nothing; where it cannot be kept, as the history, nobody is told. */
void last_recipe_save(const settings *s);

#endif
