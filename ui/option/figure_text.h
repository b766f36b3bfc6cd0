/* What is said of a recipe's figures in words, the same in every report and pane. */
#ifndef UI_OPTION_FIGURE_TEXT_H
#define UI_OPTION_FIGURE_TEXT_H

#include "detinit_describe.h"

/* Room for any sentence of these. */
#define FIGURE_TEXT 160

/* A figure is as promised within this many standard errors. */
#define WITHIN_ERRORS 3.0

/* "3 of 100 weights overflow float16"; "" where none does. Returns buffer. */
const char *overflow_text(const detinit_recipe *recipe, const detinit_statistics *s,
                          char buffer[FIGURE_TEXT]);

/* "3 of 100 weights underflow to 0 in float16"; "" where none does. Returns buffer. */
const char *underflow_text(const detinit_recipe *recipe, const detinit_statistics *s,
                           char buffer[FIGURE_TEXT]);

/* Why a figure is not a number: "needs 2 weights", "no weights", "weights overflow". */
const char *no_figure_text(const detinit_statistics *s);

/* Why the distribution was not tested: "all weights are equal". Returns buffer. */
const char *no_test_text(const detinit_recipe *recipe, const detinit_statistics *s,
                         char buffer[FIGURE_TEXT]);

/* Which weights were tested: "200 weights", "95 drawn weights in float16". Returns buffer. */
const char *tested_text(const detinit_recipe *recipe, const detinit_statistics *s,
                        char buffer[FIGURE_TEXT]);

/* Whether p is indicative only, since entries of an orthogonal matrix depend on one another. */
bool test_is_indicative(const detinit_recipe *recipe);

/* What the Gram matrix of an orthogonal tensor is: "I", "2 I". Returns buffer. */
const char *gram_text(const detinit_recipe *recipe, char buffer[FIGURE_TEXT]);

/* The same Gram matrix over what it is, less I: "QtQ - I", "QtQ/2 - I". Returns buffer. */
const char *gram_less_i_text(const detinit_recipe *recipe, char buffer[FIGURE_TEXT]);

/* What the target std of an orthogonal tensor is: "1.41421 / sqrt(128)". Returns buffer. */
const char *orthogonal_std_text(const detinit_recipe *recipe, char buffer[FIGURE_TEXT]);

#endif
