/* What a command takes, and which options make no sense together. */
#ifndef UI_VERB_RULES_H
#define UI_VERB_RULES_H

#include "option/settings.h"

/* What is said of an operand that nothing takes. */
#define WORD_TOO_MANY "'%.60s' is a word too many; options begin with --"

/*
 * The rules that join several options (--std needs --mode normal; --script without
 * --command; ...), the recipe's own, and the command's.  False, with one sentence in `error`.
 */
bool rules_check(const settings *s, detinit_error *error);

/* Refuses a --save that would replace what it is made from; parts tell what that is. */
bool rules_check_inputs(const settings *s, detinit_error *error);

#endif
