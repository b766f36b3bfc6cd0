/* Names beside a target, under which it is made before it takes the target's place. */
#ifndef DETINIT_FILE_TEMPORARY_H
#define DETINIT_FILE_TEMPORARY_H

#include <limits.h>
#include <stdbool.h>

/* Names tried for a temporary file. */
#define TEMPORARY_ATTEMPTS 100

/* A name beside `target` that is likely to be free, .NAME.detinit-XXXXXXXXXXXXXXXX, or errno. */
bool temporary_name(const char *target, unsigned attempt, char temporary[PATH_MAX]);

/* Whether a directory's entry is a temporary name of a target called `name`. */
bool temporary_is_of(const char *entry, const char *name);

/* So that a new name beside `target` is on disk.  Some file systems cannot; data are safe anyway.
 */
void flush_directory_of(const char *target);

#endif
