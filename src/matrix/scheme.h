/* What the modes of recipes are called, and what they take. */
#ifndef DETINIT_MATRIX_SCHEME_H
#define DETINIT_MATRIX_SCHEME_H

#include "base/names.h"
#include "detinit.h"

extern const name_table mode_names; /* in scheme.c, with all else that is known of a mode */

/* Whether the recipe's fan mode has a say: of he, lecun and torch. */
bool scheme_takes_fan_mode(detinit_mode mode);

#endif
