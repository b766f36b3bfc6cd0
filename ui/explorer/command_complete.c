/* What the word at the end of a line may become. */
#include "explorer/command.h"

#include "option/option.h"
#include "text/word.h"

#include <stdio.h>
#include <string.h>

/* The index-th of `count` names that begin with the word. */
static bool complete_from(const char *word, word_name *name, const void *from, int index,
                          char *buffer, size_t size)
{
    const char *candidate;
    for (int n = 0; (candidate = name(from, n)) != NULL; n++) {
        if (strncmp(candidate, word, strlen(word)) == 0 && index-- == 0) {
            snprintf(buffer, size, "%s", candidate);
            return true;
        }
    }
    return false;
}

static const char *word_of_command(const void *from, int n)
{
    return ((const command *)from)->words(n).name;
}

static const char *word_of_option(const void *from, int n)
{
    return option_word(from, n);
}

bool command_complete(const char *line, int index, char *buffer, size_t size, bool *wants_file)
{
    char name[64];
    const char *last = strrchr(line, ';');
    const char *text = last != NULL ? last + 1 : line;
    *wants_file = false;
    text += strspn(text, " :");
    size_t length = strcspn(text, " =");
    if (text[length] == '\0')
        return complete_from(text, command_name, NULL, index, buffer, size);
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    const char *word = text + length + strspn(text + length, " =");
    const command *c = command_find(name);
    const option *which = option_find(name);
    if (strcmp(name, "set") == 0 && strpbrk(word, " =") != NULL) /* what is set is a command, too */
        return command_complete(word, index, buffer, size, wants_file);
    if (c != NULL && c->words != NULL)
        return complete_from(word, word_of_command, c, index, buffer, size);
    *wants_file = (c != NULL && command_takes_path(c)) ||
                  (c == NULL && which != NULL && which->kind == OPTION_TEXT);
    if (c != NULL || which == NULL)
        return false;
    return complete_from(word, word_of_option, which, index, buffer, size);
}
