#include "term/line_completion.h"

#include "explorer/command.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Takes a text over; false where there is no more room for one. */
static bool add(completion *c, char *text)
{
    if (text == NULL || c->count == COMPLETION_MOST) {
        free(text);
        return false;
    }
    c->texts[c->count++] = text;
    return true;
}

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* The folder's part of a path, its '/' included, and a name in it; a folder gets another '/'. */
static char *join(const char *word, size_t folder_length, const char *name)
{
    size_t size = folder_length + strlen(name) + 2;
    char *path = malloc(size);
    if (path == NULL)
        return NULL;
    snprintf(path, size, "%.*s%s", (int)folder_length, word, name);
    if (is_folder(path))
        strcat(path, "/");
    return path;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Files whose path begins with `word`; hidden ones only where it names a point. */
static void find_files(completion *c, const char *word)
{
    const char *slash = strrchr(word, '/'), *begin = slash != NULL ? slash + 1 : word;
    size_t folder_length = (size_t)(begin - word);
    char folder[4096];
    if (folder_length >= sizeof folder)
        return;
    snprintf(folder, sizeof folder, "%.*s", (int)folder_length, word);
    DIR *listing = opendir(folder_length > 0 ? folder : ".");
    if (listing == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        const char *name = entry->d_name;
        bool unwanted = strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
                        (name[0] == '.' && begin[0] != '.');
        if (unwanted || strncmp(name, begin, strlen(begin)) != 0)
            continue;
        if (!add(c, join(word, folder_length, name)))
            break;
    }
    closedir(listing);
    qsort(c->texts, c->count, sizeof c->texts[0], compare_texts);
}

void completion_find(completion *c, const char *line)
{
    char candidate[64];
    bool wants_file;
    *c = (completion){.word = strlen(line)};
    while (c->word > 0 && strchr(" ;:=", line[c->word - 1]) == NULL)
        c->word--;
    for (int n = 0; command_complete(line, n, candidate, sizeof candidate, &wants_file); n++)
        if (!add(c, strdup(candidate)))
            break;
    if (wants_file)
        find_files(c, line + c->word);
}

void completion_free(completion *c)
{
    while (c->count > 0)
        free(c->texts[--c->count]);
    c->open = false;
}

const char *completion_next(completion *c)
{
    if (!c->open) {
        c->open = true;
        c->chosen = 0;
        return NULL;
    }
    c->chosen = c->chosen % c->count + 1;
    return c->texts[c->chosen - 1];
}

size_t completion_common(const completion *c)
{
    size_t common = c->count > 0 ? strlen(c->texts[0]) : 0;
    for (size_t n = 1; n < c->count; n++) {
        size_t same = 0;
        while (same < common && c->texts[n][same] == c->texts[0][same])
            same++;
        common = same;
    }
    while (common > 0 && ((unsigned char)c->texts[0][common] & 0xc0) == 0x80)
        common--;
    return common;
}
