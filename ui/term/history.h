/* Where the lines typed at the prompt are kept between runs. */
#ifndef UI_TERM_HISTORY_H
#define UI_TERM_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

/* Lines of history kept between runs. */
#define HISTORY_MOST 500

/*
 * The path of the history file, in the XDG state directory, whose folders are
 * made.  False, and path is "", where there is no place for it.
 */
bool find_history_file(char *path, size_t size);

#endif
