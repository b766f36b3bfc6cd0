/* What the modes and the axes of recipes are called. */
#ifndef DETINIT_MATRIX_SCHEME_H
#define DETINIT_MATRIX_SCHEME_H

#include "base/names.h"
#include "detinit.h"

extern const name_table mode_names; /* in scheme.c, with all else that is known of a mode */
extern const name_table axis_names; /* in recipe.c */

#endif
