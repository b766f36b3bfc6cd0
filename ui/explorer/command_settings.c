/* Commands that set any option by its name, list those that were set, and save. */
#include "explorer/command_row.h"

#include "explorer/command_option.h"
#include "option/option.h"
#include "option/recipe_text.h"
#include "option/refuse.h"
#include "text/word.h"

#include <stdio.h>
#include <string.h>

static bool is_at_prompt(const option *which)
{
    return (which->uses & OPTION_AT_PROMPT) != 0;
}

/* The n-th option that the prompt takes; NULL after the last. */
static const option *option_at_prompt(int n)
{
    for (int id = 0; id < OPTION_COUNT; id++)
        if (is_at_prompt(&options[id]) && n-- == 0)
            return &options[id];
    return NULL;
}

static const char *name_at_prompt(const void *list, int n)
{
    const option *which = option_at_prompt(n);
    (void)list;
    return which != NULL ? which->name : NULL;
}

static command_word set_words(int n)
{
    return (command_word){.name = name_at_prompt(NULL, n)};
}

/* What differs from the defaults of the command line, as it is typed. */
static void list_set(model *m)
{
    settings standard;
    char list[900] = "", mine[PLACE_TEXT], theirs[PLACE_TEXT];
    size_t length = 0;
    settings_init(&standard);
    for (int n = 0; option_at_prompt(n) != NULL && length < sizeof list; n++) {
        const option *which = option_at_prompt(n);
        if ((which->uses & OPTION_ASKS) != 0 ||
            !recipe_is_told_by(which, &m->settings.recipe, &standard.recipe))
            continue;
        option_text(&m->settings, which, mine, sizeof mine);
        option_text(&standard, which, theirs, sizeof theirs);
        if (strcmp(mine, theirs) != 0)
            length += (size_t)snprintf(list + length, sizeof list - length, "%s%s %s",
                                       length > 0 ? "; " : "", which->name, mine);
    }
    model_say(m, MESSAGE_INFO, "set: %s", length > 0 ? list : "every option is at its default");
}

/* NAME VALUE or NAME=VALUE. */
static bool run_set(model *m, const char *value, detinit_error *error)
{
    char name[64];
    if (value == NULL) {
        list_set(m);
        return true;
    }
    const size_t length = strcspn(value, " \t=");
    const char *rest = value + length + strspn(value + length, " \t=");
    snprintf(name, sizeof name, "%.*s", (int)length, value);
    const option *which = option_find(name);
    if (which != NULL && is_at_prompt(which))
        return option_command(m, which, *rest != '\0' ? rest : NULL, error);
    const char *nearest = word_nearest(name, name_at_prompt, NULL);
    return refuse(error, "set: '%.60s' is no option of the prompt%s%s%s", name,
                  nearest != NULL ? ", did you mean " : "; help lists them",
                  nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
}

static bool run_w(model *m, const char *value, detinit_error *error)
{
    return option_command(m, &options[OPTION_SAVE], value, error);
}

const command settings_commands[] = {
    {.name = "set",
     .value = "[NAME VALUE]",
     .words = set_words,
     .help = "set an option, also as NAME=VALUE; alone: list what was set",
     .run = run_set},
    {.name = "w", .value = "FILE", .help = "the same as save", .run = run_w},
    {.name = NULL},
};
