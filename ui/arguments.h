/* The command line: words and flags become settings. */
#ifndef UI_ARGUMENTS_H
#define UI_ARGUMENTS_H

#include "settings.h"

#include <stdio.h>

/*
 * Reads the arguments into initialized settings: --name value, --name=value, a
 * letter such as -q, and, first, a verb such as `weight`.  Checks them unless
 * help or version is asked for.  False, with a sentence.
 */
bool arguments_parse(settings *s, int count, char *const *arguments, detinit_error *error);

/* The whole of --help. */
void arguments_print_help(FILE *out);

/* Two lines: how to call the program, and where more help is. */
void arguments_print_usage(FILE *out);

#endif
