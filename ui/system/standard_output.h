/* Standard output that stops at a signal: a slow reader can make a report wait for ever. */
#ifndef UI_SYSTEM_STANDARD_OUTPUT_H
#define UI_SYSTEM_STANDARD_OUTPUT_H

#include <stdbool.h>

/*
 * From now on what is printed fails, instead of waiting on, once a signal has come; see
 * progress_catch_signals.  Not for the explorer: curses needs the stream of the C library.
 */
void standard_output_stops(void);

/* Ends what is printed; false, and *reason is why, as errno has it, where not all of it could be.
 */
bool standard_output_end(int *reason);

#endif
