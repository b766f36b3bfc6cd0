/* Paths of files. */
#ifndef DETINIT_BASE_PATH_H
#define DETINIT_BASE_PATH_H

#include <limits.h>
#include <stdbool.h>

/*
 * Splits a path into the directory that it names, with its final slash, "./" where it names none,
 * and its last part, which points into it.
 */
void path_split(const char *path, char directory[PATH_MAX], const char **name);

/* Whether something is there, and both lead to it. */
bool path_is_same(const char *a, const char *b);

#endif
