#include "explorer/command_row.h"

#include "option/refuse.h"
#include "text/word.h"

#include <stdio.h>
#include <string.h>

int command_step(int value, int by, int count)
{
    return (value + by + count) % count;
}

/* ------------------------------------------------------------------- words */

typedef struct word_list {
    command_words *words;
} word_list;

static const char *name_of(const void *list, int n)
{
    return ((const word_list *)list)->words(n).name;
}

/* "he, xavier, lecun": the words, for a message. */
static const char *list_words(command_words *words, char *buffer, size_t size)
{
    const char *name;
    size_t length = 0;
    buffer[0] = '\0';
    for (int n = 0; (name = words(n).name) != NULL && length < size; n++)
        length += (size_t)snprintf(buffer + length, size - length, "%s%s", n > 0 ? ", " : "", name);
    return buffer;
}

char *command_cut_flag(char *text, const char *flag)
{
    char *found = strstr(text, flag);
    if (found == NULL)
        return NULL;
    *found = '\0';
    return found + strlen(flag);
}

bool command_run_word(model *m, const char *name, command_words *words, const char *value,
                      detinit_error *error)
{
    char known[300];
    const word_list list = {words};
    const int found = word_find(value, name_of, &list);
    const char *nearest = found < 0 ? word_nearest(value, name_of, &list) : NULL;
    if (nearest != NULL && strncmp(nearest, value, strlen(value)) != 0) /* several begin so */
        return refuse(error, "%s: '%.60s' is unknown, did you mean %s? It takes %s", name, value,
                      nearest, list_words(words, known, sizeof known));
    if (found < 0)
        return refuse(error, "%s: '%.60s' is unknown; it takes %s", name, value,
                      list_words(words, known, sizeof known));
    const command_word word = words(found);
    return word.run(m, word.by, error);
}

/* -------------------------------------------------------------------- help */

/* How many words there are, and how many of them help names. */
static int count_words(const command *c, int *named)
{
    int count = 0;
    *named = 0;
    while (c->words != NULL && c->words(count).name != NULL)
        *named += c->words(count++).in_help;
    return count;
}

const char *command_help(const command *c, char *buffer, size_t size)
{
    int named, seen = 0, count = count_words(c, &named);
    size_t length = (size_t)snprintf(buffer, size, "%s", c->help);
    for (int n = 0; n < count && named > 0 && length < size; n++) {
        const command_word word = c->words(n);
        if (!word.in_help)
            continue;
        const char *before = seen == 0 ? " " : seen + 1 == count ? " or " : ", ";
        length += (size_t)snprintf(buffer + length, size - length, "%s%s", before, word.name);
        seen++;
    }
    if (named > 0 && named < count && length < size)
        snprintf(buffer + length, size - length, ", ...");
    return buffer;
}
