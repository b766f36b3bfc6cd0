#include "term/last_recipe.h"

#include "file/savetext.h"
#include "option/option.h"
#include "option/refuse.h"
#include "term/state_file.h"
#include "verb/arguments.h"
#include "verb/command_line.h"

#include <limits.h>
#include <string.h>

#define FILE_NAME "recipe"

/* Longer than any recipe's command line, and words of it. */
#define LINE_SIZE  4096
#define WORDS_MOST 100

void last_recipe_save(const settings *s)
{
    char path[PATH_MAX], line[LINE_SIZE];
    detinit_error ignored;
    uint64_t bytes = 0;
    if (!find_state_file(FILE_NAME, path, sizeof path))
        return;
    command_line_of(s, &verb_print, line, sizeof line - 1);
    strcat(line, "\n");
    savetext(path, line, &bytes, &ignored);
}

/* Nothing but a recipe stands in such a line. */
static bool tells_recipe(const settings *s)
{
    for (int id = 0; id < OPTION_COUNT; id++)
        if (s->given[id] && (options[id].uses & OPTION_IN_RECIPE) == 0)
            return false;
    return s->verb == &verb_print;
}

static bool parse(char *line, detinit_recipe *recipe, detinit_error *error)
{
    char *words[WORDS_MOST], *rest = line;
    int count = 0;
    settings s;
    while (rest != NULL && count < WORDS_MOST)
        words[count++] = strsep(&rest, " ");
    if (rest != NULL || count < 2 || strcmp(words[0], "detinit") != 0)
        return refuse(error, "it is not a command line of detinit");
    settings_init(&s);
    bool parsed = arguments_parse(&s, count, words, error) &&
                  (tells_recipe(&s) || refuse(error, "it tells more than a recipe"));
    if (parsed)
        *recipe = s.recipe;
    settings_free(&s);
    return parsed;
}

bool last_recipe_load(detinit_recipe *recipe, detinit_error *error)
{
    char path[PATH_MAX], line[LINE_SIZE];
    detinit_error why;
    FILE *file = find_state_file(FILE_NAME, path, sizeof path) ? fopen(path, "r") : NULL;
    if (file == NULL)
        return refuse(error, "resume: no session was kept yet; these are the defaults");
    const size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    char *end = strchr(line, '\n');
    if (end == NULL || end[1] != '\0' || strlen(line) != length)
        return refuse(error, "resume: '%.300s' is not one line; these are the defaults", path);
    *end = '\0';
    return parse(line, recipe, &why) ||
           refuse(error, "resume: '%.200s' tells no recipe: %.200s; these are the defaults", path,
                  why.message);
}
