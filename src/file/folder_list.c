#include "file/folder_list.h"

#include "base/array.h"
#include "base/error.h"
#include "file/input.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add(folder_list *list, const char *file)
{
    char **grown = array_grow(list->files, list->count, &list->room, sizeof *grown);
    if (grown == NULL)
        return false;
    list->files = grown;
    list->files[list->count] = strdup(file);
    return list->files[list->count] != NULL && ++list->count > 0;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

detinit_status folder_list_read(const char *path, folder_list *out, detinit_error *error)
{
    folder_list list = {0};
    DIR *listing = opendir(path);
    if (listing == NULL)
        return error_set(error, DETINIT_IO, "cannot open '%.200s': %s", path, strerror(errno));
    bool good = true;
    errno = 0;
    for (struct dirent *entry; good && (entry = readdir(listing)) != NULL; errno = 0)
        good = entry->d_name[0] == '.' || add(&list, entry->d_name);
    const int reason = good ? errno : 0;
    closedir(listing);
    if (reason != 0) {
        folder_list_free(&list);
        return error_set(error, DETINIT_IO, "cannot read '%.200s': %s", path, strerror(reason));
    }
    if (!good) {
        folder_list_free(&list);
        return input_no_memory(path, error);
    }
    if (list.count > 0)
        qsort(list.files, list.count, sizeof *list.files, by_bytes);
    *out = list;
    return DETINIT_OK;
}

void folder_list_free(folder_list *list)
{
    for (size_t n = 0; n < list->count; n++)
        free(list->files[n]);
    free(list->files);
    *list = (folder_list){0};
}

bool folder_list_ends(const char *file, const char *ending)
{
    const size_t length = strlen(file), end = strlen(ending);
    return length > end && strcmp(file + length - end, ending) == 0;
}

bool folder_list_has(const folder_list *list, const char *file)
{
    return list->count > 0 &&
           bsearch(&file, list->files, list->count, sizeof *list->files, by_bytes) != NULL;
}

const char *folder_list_first(const folder_list *list, const char *ending)
{
    for (size_t n = 0; n < list->count; n++)
        if (folder_list_ends(list->files[n], ending))
            return list->files[n];
    return NULL;
}

size_t folder_list_count(const folder_list *list, const char *ending)
{
    size_t count = 0;
    for (size_t n = 0; n < list->count; n++)
        count += folder_list_ends(list->files[n], ending);
    return count;
}

#define PART_OF "-00000-of-00000"

/* Where "-00001-of-00003" stands before the ending of a file's name; NULL: it is no such part. */
static const char *part_of(const char *file, const char *ending)
{
    const size_t length = strlen(file) - strlen(ending);
    if (length < strlen(PART_OF))
        return NULL;
    const char *at = file + length - strlen(PART_OF);
    for (size_t n = 0; n < strlen(PART_OF); n++)
        if (PART_OF[n] == '0' ? !isdigit((unsigned char)at[n]) : at[n] != PART_OF[n])
            return NULL;
    return at;
}

/* Whether that part of the same is there; `name` becomes its file. */
static bool has_part(const folder_list *list, const char *file, const char *at, unsigned part,
                     char name[FOLDER_NAME_ROOM])
{
    snprintf(name, FOLDER_NAME_ROOM, "%.*s-%05u%s", (int)(at - file), file, part,
             at + strlen("-00000"));
    return folder_list_has(list, name);
}

const char *folder_list_lacks(const folder_list *list, const char *ending,
                              char missing[FOLDER_NAME_ROOM])
{
    for (size_t n = 0; n < list->count; n++) {
        const char *file = list->files[n];
        const char *at = folder_list_ends(file, ending) ? part_of(file, ending) : NULL;
        unsigned part, count;
        if (at != NULL && sscanf(at, "-%5u-of-%5u", &part, &count) == 2 &&
            (part + 1 != count || !has_part(list, file, at, 0, missing)) &&
            !has_part(list, file, at, part < count ? part + 1 : 1, missing))
            return file;
    }
    return NULL;
}
