/* Which files of a folder are a network's. */
#ifndef DETINIT_FILE_FOLDER_LIST_H
#define DETINIT_FILE_FOLDER_LIST_H

#include "detinit.h"

#include <limits.h>

/* Of a file's name, and a part's. */
#define FOLDER_NAME_ROOM (NAME_MAX + 32)

typedef struct folder_list {
    size_t count, room;
    char **files; /* names, in the order of their bytes; no hidden ones */
} folder_list;

detinit_status folder_list_read(const char *path, folder_list *out, detinit_error *error);
void folder_list_free(folder_list *list);

/* Whether a name ends so, and has more before it. */
bool folder_list_ends(const char *file, const char *ending);

/* Whether there is a file of that name. */
bool folder_list_has(const folder_list *list, const char *file);

/* The first file that ends so, or NULL; and how many do. */
const char *folder_list_first(const folder_list *list, const char *ending);
size_t folder_list_count(const folder_list *list, const char *ending);

/*
 * Parts are called NAME-00001-of-00003 and so, from 1 on, or from 0.  Returns one that ends so and
 * is there without the one behind it, behind the last the first; `missing` gets that one's name.
 * NULL: all are there.
 */
const char *folder_list_lacks(const folder_list *list, const char *ending,
                              char missing[FOLDER_NAME_ROOM]);

#endif
