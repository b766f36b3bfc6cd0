/* Where the program keeps what outlives a run: the lines typed at the prompt, the last recipe. */
#ifndef UI_TERM_STATE_FILE_H
#define UI_TERM_STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Lines of history kept between runs. */
#define HISTORY_MOST 500

/*
 * The path of the file of that name in the XDG state directory, whose folders are
 * made.  False, and path is "", where there is no place for it,
 * or what lies there is no regular file.
 */
bool find_state_file(const char *name, char *path, size_t size);

#endif
