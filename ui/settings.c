#include "settings.h"

#include "option.h"
#include "refuse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(OPTION_COUNT <= sizeof((settings){0}.given), "settings.given is too short");

void settings_init(settings *s)
{
    *s = (settings){.recipe = detinit_recipe_matrix(42, 0, 10, 10)};
}

void settings_free(settings *s)
{
    free(s->save);
    free(s->script);
    free(s->command);
    s->save = s->script = s->command = NULL;
}

static bool check_place(const settings *s, detinit_error *error)
{
    if (s->verb != VERB_WEIGHT)
        return !s->given[OPTION_AT] || refuse(error, "--at: goes with the command weight");
    if (!s->given[OPTION_AT])
        return refuse(error, "weight: needs --at I,J, the row and the column of the weight");
    if (s->at[0] >= s->recipe.shape[0] || s->at[1] >= s->recipe.shape[1])
        return refuse(
            error, "--at: %llu,%llu lies outside the %llu x %llu matrix; places count from 0",
            (unsigned long long)s->at[0], (unsigned long long)s->at[1],
            (unsigned long long)s->recipe.shape[0], (unsigned long long)s->recipe.shape[1]);
    return true;
}

/* Rules that join several options: what makes no sense, and how to say so. */
bool settings_check(const settings *s, detinit_error *error)
{
    const bool *given = s->given;
    if (given[OPTION_STD] && s->recipe.mode != DETINIT_NORMAL)
        return refuse(error, "--std: needs --mode normal; other modes set their own");
    if (s->matrix && s->format != OUTPUT_JSON)
        return refuse(error, "--matrix: needs --format json");
    if (s->recipe.orthogonal && s->recipe.dist != DETINIT_DIST_OF_MODE &&
        s->recipe.dist != DETINIT_DIST_NORMAL)
        return refuse(error, "--orthogonal: is made from normal draws; leave --dist out");
    if (s->script != NULL && s->command != NULL)
        return refuse(error, "--script: cannot be joined with --command; choose one");
    if (s->interactive && (s->script != NULL || s->command != NULL))
        return refuse(error, "--interactive: cannot be joined with --script or --command");
    if (s->save != NULL && s->save[0] == '-' && s->save[1] == '\0' && s->format != OUTPUT_TEXT)
        return refuse(error, "--save: standard output carries the .npy; leave --format out");
    return check_place(s, error) && detinit_recipe_check(&s->recipe, error) == DETINIT_OK;
}

/* Whether the header line names an option: its value is not the default, or always helps. */
static bool worth_naming(const settings *s, const settings *standard, int id)
{
    char mine[128], theirs[128];
    if (id == OPTION_SEED || id == OPTION_ROWS || id == OPTION_COLS || id == OPTION_MODE)
        return true;
    if (id == OPTION_STD && s->recipe.mode != DETINIT_NORMAL)
        return false;
    option_text(s, &options[id], mine, sizeof mine);
    option_text(standard, &options[id], theirs, sizeof theirs);
    return strcmp(mine, theirs) != 0;
}

const char *settings_command_line(const settings *s, const char *command, char *buffer, size_t size)
{
    settings standard;
    settings_init(&standard);
    int length = snprintf(buffer, size, "%s", command);
    for (int id = 0; id < OPTION_COUNT; id++) {
        const option *which = &options[id];
        char text[128];
        if ((which->uses & OPTION_IN_RECIPE) == 0 || !worth_naming(s, &standard, id) ||
            length < 0 || (size_t)length >= size)
            continue;
        length += snprintf(buffer + length, size - (size_t)length, " --%s", which->name);
        if (which->kind != OPTION_SWITCH && (size_t)length < size)
            length += snprintf(buffer + length, size - (size_t)length, " %s",
                               option_text(s, which, text, sizeof text));
    }
    return buffer;
}
