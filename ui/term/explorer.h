/* The full-screen explorer. */
#ifndef UI_TERM_EXPLORER_H
#define UI_TERM_EXPLORER_H

#include "option/settings.h"

/*
 * Runs the explorer on these settings, whose texts it takes over, until it is
 * left.  False, with a sentence, where the terminal cannot show it.  Returns
 * the signal that ended it, or 0, in *signal.
 */
bool explorer_run(settings *s, int *ending_signal, detinit_error *error);

#endif
