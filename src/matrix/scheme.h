/* What the modes of recipes are called, and what they take. */
#ifndef DETINIT_MATRIX_SCHEME_H
#define DETINIT_MATRIX_SCHEME_H

#include "base/names.h"
#include "detinit.h"

extern const name_table mode_names; /* in scheme.c, with all else that is known of a mode */

/* Whether the recipe's fan mode has a say: of he, lecun and torch. */
bool scheme_takes_fan_mode(detinit_mode mode);

/*
 * The schemes of which `has` is true, for a sentence: "he, xavier and torch", `join` (" and ")
 * between the last two.  Returns buffer.
 */
const char *scheme_names_with(bool (*has)(detinit_mode mode), const char *join, char *buffer,
                              size_t size);

#endif
