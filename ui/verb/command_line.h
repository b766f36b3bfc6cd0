/* A request as the command line that a person would type. */
#ifndef UI_VERB_COMMAND_LINE_H
#define UI_VERB_COMMAND_LINE_H

#include "verb/verb.h"

/*
 * The command line that reproduces the recipe: "detinit --seed 42 --rows 10
 * --cols 20 --mode he", every option that is not at its default and always
 * seed, rows, cols and mode; --shape stands for rows and cols of what is no matrix.
 * Of another command, with its file, which tells the shape, and with the options that
 * are its own, but for threshold and sparsity.  Returns buffer.
 */
const char *command_line_of(const settings *s, const verb *v, char *buffer, size_t size);

#endif
