/*
 * A lesson begins by keeping what the user looked at, and ends by going back to it; what its steps
 * change they change from the defaults on, so that a step shows the same whatever was done before.
 */
#ifndef UI_MODEL_EXCURSION_H
#define UI_MODEL_EXCURSION_H

#include "model/model.h"

/*
 * Takes a lesson over in the place of one that runs, and keeps what is looked at where none does.
 * False without memory; then nothing has changed, and the lesson is still the caller's.
 */
bool model_begin_lesson(model *m, const lesson *taken);

/* Settings and view as every step begins with. */
void model_set_out(model *m);

/* Ends the lesson: recipe, settings, view and undo are what they were before it, and it says so. */
void model_leave_lesson(model *m);

#endif
