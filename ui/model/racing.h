/* Requests for a race of schemes: carried out in any thread. */
#ifndef UI_MODEL_RACING_H
#define UI_MODEL_RACING_H

#include "model/request.h"

/* Each newer state of the race is published; one that is cancelled stays as far as it came. */
work_make racing_race;

#endif
