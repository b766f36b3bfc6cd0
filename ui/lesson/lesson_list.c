#include "lesson/lesson_list.h"

#include "base/error.h"
#include "option/refuse.h"
#include "system/user_folder.h"
#include "text/word.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The largest file that is taken for a lesson, in bytes. */
#define LESSON_MOST ((size_t)1 << 16)

const char *lesson_built_in_name(int n)
{
    return built_in_lessons[n].name;
}

/* -------------------------------------------------------------------- files */

/* "relu" of ".../relu.lesson"; to be freed. */
static char *name_of_path(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
    const size_t length = strlen(base), ending = strlen(LESSON_ENDING);
    const bool ends = length > ending && strcmp(base + length - ending, LESSON_ENDING) == 0;
    return strndup(base, ends ? length - ending : length);
}

static bool read_lesson(const char *path, lesson *out, detinit_error *error)
{
    FILE *in = fopen(path, "re");
    char *text = calloc(1, LESSON_MOST + 2), *name = name_of_path(path);
    const size_t length = in != NULL && text != NULL ? fread(text, 1, LESSON_MOST + 1, in) : 0;
    const int reason = errno;
    bool read = false;
    if (text == NULL || name == NULL)
        error_set(error, DETINIT_NO_MEMORY, "not enough memory for a lesson");
    else if (in == NULL || ferror(in) != 0)
        error_set(error, DETINIT_IO, "learn: cannot read '%.300s': %s", path, strerror(reason));
    else if (length > LESSON_MOST)
        error_set(error, DETINIT_IO, "learn: '%.300s' is larger than any lesson, 64 KB", path);
    else if (strlen(text) < length)
        error_set(error, DETINIT_IO, "learn: '%.300s' is no text", path);
    else
        read = lesson_parse(text, name, path, out, error);
    if (in != NULL)
        fclose(in);
    free(text);
    free(name);
    return read;
}

/* --------------------------------------------------------------------- list */

void lesson_list_free(lesson_list *list)
{
    for (size_t n = 0; n < list->count; n++)
        lesson_free(&list->at[n]);
    free(list->at);
    *list = (lesson_list){.at = NULL};
}

/* Takes the lesson over, in the place of one of its name, else behind the others. */
static bool put(lesson_list *list, lesson *taken)
{
    size_t n = 0;
    while (n < list->count && strcmp(list->at[n].name, taken->name) != 0)
        n++;
    if (n == list->count) {
        lesson *at = realloc(list->at, (n + 1) * sizeof *at);
        if (at == NULL)
            return false;
        list->at = at;
        list->at[list->count++] = (lesson){.name = NULL};
    }
    lesson_free(&list->at[n]);
    list->at[n] = *taken;
    *taken = (lesson){.name = NULL};
    return true;
}

/* A file that is no lesson; `why` is what is wrong with it. */
static lesson wrong_lesson(const char *path, const char *why)
{
    return (lesson){.name = name_of_path(path), .shown = strdup(path), .wrong = strdup(why)};
}

static bool put_file(lesson_list *list, const char *path)
{
    lesson l;
    detinit_error why;
    if (!read_lesson(path, &l, &why))
        l = why.status == DETINIT_NO_MEMORY ? (lesson){.name = NULL}
                                            : wrong_lesson(path, why.message);
    const bool is_put = l.name != NULL && (l.title != NULL || l.wrong != NULL) && put(list, &l);
    lesson_free(&l);
    return is_put;
}

static bool put_built_in(lesson_list *list, const built_in_lesson *built_in)
{
    lesson l;
    detinit_error why;
    char shown[64];
    snprintf(shown, sizeof shown, "%s%s", built_in->name, LESSON_ENDING);
    if (!lesson_parse(built_in->text, built_in->name, shown, &l, &why))
        l = why.status == DETINIT_NO_MEMORY ? (lesson){.name = NULL}
                                            : wrong_lesson(shown, why.message);
    const bool is_put = l.name != NULL && put(list, &l);
    lesson_free(&l);
    return is_put;
}

/* The user's directory of lessons; false where the environment names none. */
static bool user_lessons(char *path, size_t size)
{
    char folder[PATH_MAX];
    if (!user_folder("XDG_DATA_HOME", ".local/share", folder, sizeof folder))
        return false;
    const int length = snprintf(path, size, "%s/lessons", folder);
    return length > 0 && (size_t)length < size;
}

static int is_lesson(const struct dirent *entry)
{
    const size_t length = strlen(entry->d_name), ending = strlen(LESSON_ENDING);
    return entry->d_name[0] != '.' && length > ending &&
           strcmp(entry->d_name + length - ending, LESSON_ENDING) == 0;
}

/* A directory that is not there has no lessons. */
static bool put_directory(lesson_list *list, const char *directory)
{
    struct dirent **entries = NULL;
    const int count = scandir(directory, &entries, is_lesson, alphasort);
    bool good = count >= 0 || errno != ENOMEM;
    for (int n = 0; n < count; n++) {
        char path[PATH_MAX];
        const int length = snprintf(path, sizeof path, "%s/%s", directory, entries[n]->d_name);
        good = good && (length >= (int)sizeof path || put_file(list, path));
        free(entries[n]);
    }
    free(entries);
    return good;
}

bool lesson_list_load(lesson_list *out, detinit_error *error)
{
    char directory[PATH_MAX - 256];
    bool good = true;
    *out = (lesson_list){.at = NULL};
    for (const built_in_lesson *b = built_in_lessons; b->name != NULL && good; b++)
        good = put_built_in(out, b);
    if (good && user_lessons(directory, sizeof directory))
        good = put_directory(out, directory);
    if (!good) {
        lesson_list_free(out);
        error_set(error, DETINIT_NO_MEMORY, "not enough memory for the lessons");
    }
    return good;
}

/* ------------------------------------------------------------------ finding */

static const char *name_in(const void *list, int n)
{
    const lesson_list *l = list;
    return (size_t)n < l->count ? l->at[n].name : NULL;
}

/* The number of a lesson in the list, or -1. */
static int find(const lesson_list *list, const char *name)
{
    char *end;
    const unsigned long number = strtoul(name, &end, 10);
    if (name[0] >= '1' && name[0] <= '9' && *end == '\0')
        return number <= list->count ? (int)number - 1 : -1;
    return word_find(name, name_in, list);
}

static bool refuse_name(const lesson_list *list, const char *name, detinit_error *error)
{
    char names[400];
    size_t length = 0;
    names[0] = '\0';
    for (size_t n = 0; n < list->count && length < sizeof names; n++)
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s", n > 0 ? ", " : "",
                                   list->at[n].name);
    return refuse(error, "learn: '%.60s' is no lesson; there are %.300s", name, names);
}

bool lesson_find(const char *name, lesson *out, detinit_error *error)
{
    lesson_list list;
    if (strchr(name, '/') != NULL)
        return read_lesson(name, out, error);
    if (!lesson_list_load(&list, error))
        return false;
    const int n = find(&list, name);
    bool found = n >= 0 && list.at[n].wrong == NULL;
    if (n < 0)
        refuse_name(&list, name, error);
    else if (!found)
        error_set(error, DETINIT_IO, "%.450s", list.at[n].wrong);
    else {
        *out = list.at[n];
        list.at[n] = (lesson){.name = NULL};
    }
    lesson_list_free(&list);
    return found;
}
