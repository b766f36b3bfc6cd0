#include "verb/verb.h"

#include "base/names.h"

#include <stdio.h>
#include <string.h>

/* One line for each command, in the order of --help. */
#define VERBS(ROW)                                                                                 \
    ROW(print)                                                                                     \
    ROW(weight)                                                                                    \
    ROW(signal)                                                                                    \
    ROW(init)                                                                                      \
    ROW(list)                                                                                      \
    ROW(audit)                                                                                     \
    ROW(open)                                                                                      \
    ROW(analyze)                                                                                   \
    ROW(mask)                                                                                      \
    ROW(prune)                                                                                     \
    ROW(pack)                                                                                      \
    ROW(unpack)                                                                                    \
    ROW(diff)                                                                                      \
    ROW(patch)                                                                                     \
    ROW(verify)                                                                                    \
    ROW(showcase)                                                                                  \
    ROW(learn)                                                                                     \
    ROW(race)                                                                                      \
    ROW(watch)                                                                                     \
    ROW(spectrum)                                                                                  \
    ROW(coordinates)                                                                               \
    ROW(completion)

#define DECLARATION(name) extern const verb verb_##name;
#define POINTER(name)     &verb_##name,
VERBS(DECLARATION)
const verb *const verbs[] = {VERBS(POINTER) NULL};

bool verb_takes_two(const verb *v)
{
    return v->operand != NULL && strchr(v->operand, ' ') != NULL;
}

const verb *verb_find(const char *word)
{
    for (int n = 0; verbs[n] != NULL; n++)
        if (verbs[n]->name != NULL && strcmp(verbs[n]->name, word) == 0)
            return verbs[n];
    return NULL;
}

bool verb_takes(const verb *v, const option *which)
{
    return which->group == GROUP_PROGRAM || (v->groups & which->group) != 0 ||
           v->options[which - options];
}

const char *verbs_that_take(const option *which, char *buffer, size_t size)
{
    size_t length = 0;
    int takers = 0, told = 0;
    buffer[0] = '\0';
    for (int n = 0; verbs[n] != NULL; n++)
        takers += verbs[n]->name != NULL && verb_takes(verbs[n], which);
    for (int n = 0; verbs[n] != NULL && length < size; n++) {
        if (verbs[n]->name == NULL || !verb_takes(verbs[n], which))
            continue;
        length += (size_t)snprintf(buffer + length, size - length, "%s%s",
                                   names_before(told++, takers, " or "), verbs[n]->name);
    }
    return buffer;
}
