/* What the values of an enumeration are called: where names are looked up and told. */
#ifndef DETINIT_BASE_NAMES_H
#define DETINIT_BASE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct name_row {
    const char *name;
    const char *alias;    /* told beside the name, "he (kaiming)"; or NULL */
    const char *unspoken; /* another that is understood, but not told; or NULL */
} name_row;

/* The names of values 0 .. count - 1. */
typedef struct name_table {
    const void *rows; /* one for each value: it begins with a name_row, or is a name alone */
    size_t size;      /* of a row */
    int count;
} name_table;

/* Of an array of rows, or of plain texts. */
#define NAME_TABLE(array)                                                                          \
    {                                                                                              \
        (array), sizeof(array)[0], (int)(sizeof(array) / sizeof(array)[0])                         \
    }

/* The name of a value and the alias that is told beside it; NULL where there is none. */
const char *names_name(const name_table *table, int value);
const char *names_alias(const name_table *table, int value);

/* Whether two names are the same but for the case of letters, underscores and hyphens. */
bool names_alike(const char *a, const char *b);

/* The value that has a name or an alias like this; false, and *value untouched, where none has. */
bool names_find(const name_table *table, const char *name, int *value);

/* What stands before the n-th of `count` names in a sentence, from 0: nothing, ", ", or `join`. */
const char *names_before(int n, int count, const char *join);

/* All of them for a sentence, "he (kaiming), xavier (glorot), lecun or normal". Returns buffer. */
const char *names_told(const name_table *table, char *buffer, size_t size);

#endif
