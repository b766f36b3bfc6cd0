/* Where a user's files of this program lie, by the XDG base directory specification, and where
 * files lie for a while. */
#ifndef UI_SYSTEM_USER_FOLDER_H
#define UI_SYSTEM_USER_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The program's folder below the one that a variable names ("XDG_STATE_HOME"), or else below a part
 * of the user's home (".local/state").  False where the environment names neither, or it is longer
 * than `size`; nothing is made.
 */
bool user_folder(const char *variable, const char *part_of_home, char *path, size_t size);

/* Where files go that nobody keeps: what TMPDIR names, or /tmp; shorter than 300 bytes. */
const char *temporary_folder(void);

#endif
