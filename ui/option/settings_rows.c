/* Settings by the rows of the table of options: their defaults, and the texts that they own. */
#include "option/option.h"

#include <stdlib.h>
#include <string.h>

void settings_init(settings *s)
{
    detinit_error error;
    *s = (settings){.recipe = detinit_recipe_matrix(0, 0, 1, 1)}; /* until there is a shape */
    for (int id = 0; id < OPTION_COUNT; id++)
        if (options[id].standard != NULL && (options[id].uses & OPTION_DEFAULT_IN_WORDS) == 0)
            option_set(s, &options[id], options[id].standard, false, &error);
    memset(s->given, 0, sizeof s->given);
}

/* The text of option `id`, or of the operand, which comes after the options; NULL: it is none. */
static char **text_at(settings *s, int id)
{
    if (id == OPTION_COUNT)
        return &s->file;
    return options[id].kind == OPTION_TEXT ? (char **)((char *)s + options[id].offset) : NULL;
}

void settings_free(settings *s)
{
    for (int id = 0; id <= OPTION_COUNT; id++) {
        char **text = text_at(s, id);
        if (text == NULL)
            continue;
        free(*text);
        *text = NULL;
    }
    for (size_t n = 0; n < s->more_count; n++)
        free(s->more[n]);
    free(s->more);
    s->more = NULL;
    s->more_count = 0;
}
