/* Commands without a terminal: from a file, from standard input, from the command line. */
#ifndef UI_EXPLORER_SCRIPT_H
#define UI_EXPLORER_SCRIPT_H

#include "option/settings.h"

/*
 * Runs --script or --command of the settings, whose texts it takes over.  Stops
 * at the first command that fails, with "file:line: message".
 */
bool script_run(settings *s, detinit_error *error);

#endif
