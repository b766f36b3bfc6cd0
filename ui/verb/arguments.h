/* The command line: words and flags become settings. */
#ifndef UI_VERB_ARGUMENTS_H
#define UI_VERB_ARGUMENTS_H

#include "verb/verb.h"

#include <stdio.h>

/*
 * Reads the arguments into initialized settings: --name value, --name=value, a
 * letter such as -q, and, first, a verb such as `weight`.  Checks them unless
 * help or version is asked for.  False, with a sentence.
 */
bool arguments_parse(settings *s, int count, char *const *arguments, detinit_error *error);

/* What --help prints: of one command, or with verb_print of the whole program. */
void arguments_print_help(FILE *out, const verb *v);

/* Two lines: how to call the program, and where more help is. */
void arguments_print_usage(FILE *out);

#endif
