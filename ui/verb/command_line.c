#include "verb/command_line.h"

#include "option/idle.h"
#include "option/option.h"
#include "option/place.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* As a shell reads it: in quotes where it must be. */
static void shell_word(const char *text, char *buffer, size_t size)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_";
    size_t length = 0;
    if (text[0] != '\0' && text[strspn(text, plain)] == '\0') {
        snprintf(buffer, size, "%s", text);
        return;
    }
    length += (size_t)snprintf(buffer, size, "'");
    for (; *text != '\0' && length < size; text++)
        length +=
            (size_t)snprintf(buffer + length, size - length, *text == '\'' ? "'\\''" : "%c", *text);
    if (length < size)
        snprintf(buffer + length, size - length, "'");
}

/* Whether --rows and --cols can say the shape: they are above 0. */
static bool has_rows_and_cols(const detinit_recipe *recipe)
{
    return recipe->rank == 2 && recipe->shape[0] > 0 && recipe->shape[1] > 0;
}

/* Whether the command line of a recipe names an option: its value is not the default, or always
 * helps. */
static bool worth_naming(const settings *s, const verb *v, const settings *standard, int id)
{
    char mine[PLACE_TEXT], theirs[PLACE_TEXT];
    const bool has_sides = has_rows_and_cols(&s->recipe);
    const bool own =
        (options[id].uses & OPTION_IN_RECIPE) != 0 || !verb_takes(&verb_print, &options[id]);
    if (!verb_takes(v, &options[id]) || !own || id == OPTION_THRESHOLD || id == OPTION_SPARSITY)
        return false;
    if (v->operand != NULL && (id == OPTION_ROWS || id == OPTION_COLS || id == OPTION_SHAPE))
        return false; /* the file tells them */
    if (v->operand == NULL && (id == OPTION_SEED || id == OPTION_MODE))
        return true;
    if (id == OPTION_ROWS || id == OPTION_COLS)
        return has_sides;
    if (id == OPTION_SHAPE)
        return !has_sides;
    if (!option_counts(&options[id], &s->recipe))
        return false;
    option_text(s, &options[id], mine, sizeof mine);
    option_text(standard, &options[id], theirs, sizeof theirs);
    return strcmp(mine, theirs) != 0;
}

const char *command_line_of(const settings *s, const verb *v, char *buffer, size_t size)
{
    settings standard;
    char text[PATH_MAX], word[PATH_MAX + 2];
    const bool has_file = v->operand != NULL && s->file != NULL;
    settings_init(&standard);
    int length = snprintf(buffer, size, "detinit");
    if (v->name != NULL)
        length += snprintf(buffer + length, size - (size_t)length, " %s", v->name);
    if (has_file) {
        shell_word(s->file, word, sizeof word);
        length += snprintf(buffer + length, size - (size_t)length, " %s", word);
    }
    for (int id = 0; id < OPTION_COUNT; id++) {
        const option *which = &options[id];
        if (!worth_naming(s, v, &standard, id) || length < 0 || (size_t)length >= size)
            continue;
        length += snprintf(buffer + length, size - (size_t)length, " --%s", which->name);
        if (which->kind != OPTION_SWITCH && (size_t)length < size) {
            shell_word(option_text(s, which, text, sizeof text), word, sizeof word);
            length += snprintf(buffer + length, size - (size_t)length, " %s", word);
        }
    }
    return buffer;
}
