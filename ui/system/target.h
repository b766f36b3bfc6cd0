/* Where a save goes, looked at before anything is computed for it. */
#ifndef UI_SYSTEM_TARGET_H
#define UI_SYSTEM_TARGET_H

#include "detinit.h"

/* Whether there is a device, a pipe or the like, which is written straight into. */
bool target_is_special(const char *path);

/*
 * Whether a save would replace `input`, or, where that is a folder, or an index of the files in
 * one, a file that is there.
 */
bool target_is_of(const char *path, const char *input);

/* Refuses a target that no file can take. */
detinit_status target_check(const char *path, detinit_error *error);

/* Refuses a save that cannot end well: more bytes than this disk has left. */
detinit_status target_room(const char *path, uint64_t bytes, detinit_error *error);

#endif
