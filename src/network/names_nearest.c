/* The names that one which is missing was most likely meant to be. */
#include "detinit_network.h"
#include "network/name_core.h"
#include "network/name_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void name_tell(char *text, size_t size, const char *name, size_t n, size_t count)
{
    const size_t length = strlen(text);
    snprintf(text + length, size - length, "%s'%.60s'",
             n == 0           ? ""
             : n + 1 == count ? " and "
                              : ", ",
             name);
}

/* Names told, and the letters of a name that are compared. */
#define NEAREST 3
#define LETTERS 255

/*
 * Letters to be put in, taken out or changed to make one of the other (Levenshtein); LETTERS where
 * that is more than `most`.
 */
static size_t distance(const char *a, const char *b, size_t most)
{
    size_t row[LETTERS + 1];
    const size_t la = strnlen(a, LETTERS), lb = strnlen(b, LETTERS);
    if ((la > lb ? la - lb : lb - la) > most)
        return LETTERS;
    for (size_t j = 0; j <= lb; j++)
        row[j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t diagonal = row[0], least = row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            const size_t above = row[j];
            const size_t changed = diagonal + (a[i - 1] != b[j - 1]);
            const size_t moved = 1 + (above < row[j - 1] ? above : row[j - 1]);
            diagonal = above;
            row[j] = changed < moved ? changed : moved;
            least = row[j] < least ? row[j] : least;
        }
        if (least > most)
            return LETTERS;
    }
    return row[lb];
}

typedef struct near_name {
    const char *name;
    size_t distance;
} near_name;

/* Keeps the nearest, the first of equal ones before the others. */
static size_t keep_near(near_name near[NEAREST], size_t count, near_name one)
{
    size_t n = count;
    while (n > 0 && near[n - 1].distance > one.distance)
        n--;
    if (n == NEAREST)
        return count;
    const size_t kept = count < NEAREST ? count : NEAREST - 1;
    memmove(&near[n + 1], &near[n], (kept - n) * sizeof near[0]);
    near[n] = one;
    return kept + 1;
}

static char *core_of(const char *name)
{
    char *core = malloc(strlen(name) + 1);
    if (core != NULL)
        name_core(name, NULL, NULL, core);
    return core;
}

const char *detinit_names_nearest(const char *wanted, const char *const *held, size_t held_count,
                                  char buffer[DETINIT_NAMES_TEXT])
{
    near_name near[NEAREST];
    size_t count = 0;
    char *core = core_of(wanted);
    buffer[0] = '\0';
    for (size_t n = 0; n < held_count && core != NULL; n++) {
        char *other = core_of(held[n]);
        if (other == NULL)
            break;
        const size_t most = count < NEAREST ? LETTERS : near[count - 1].distance;
        count = keep_near(near, count, (near_name){held[n], distance(core, other, most)});
        free(other);
    }
    /* What is not even half the same is told where nothing else is there. */
    const size_t half = core != NULL ? strlen(core) / 2 : 0;
    while (count > 1 && near[count - 1].distance > half &&
           near[count - 1].distance > near[0].distance)
        count--;
    free(core);
    for (size_t n = 0; n < count; n++)
        name_tell(buffer, DETINIT_NAMES_TEXT, near[n].name, n, count);
    return buffer;
}
