/* Which files of a folder are a network's. */
#ifndef DETINIT_FILE_FOLDER_LIST_H
#define DETINIT_FILE_FOLDER_LIST_H

#include "detinit.h"

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

#endif
