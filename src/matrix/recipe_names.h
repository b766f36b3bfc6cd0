/* What the choices of recipes are called, but for modes and distributions. */
#ifndef DETINIT_MATRIX_RECIPE_NAMES_H
#define DETINIT_MATRIX_RECIPE_NAMES_H

#include "base/names.h"
#include "detinit.h"

extern const name_table axis_names;
extern const name_table fan_mode_names;
extern const name_table nonlinearity_names;

/*
 * The n-th name of detinit_recipe_set_initializer that is none of a mode: "kaiming_uniform".  NULL
 * after the last.
 */
const char *initializer_name(size_t n);

/* The slope of leaky_relu where none is given. */
#define RECIPE_SLOPE 0.01

#endif
