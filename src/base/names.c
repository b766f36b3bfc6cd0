#include "base/names.h"

#include <stdio.h>
#include <string.h>

/* All NULL where there is no such value. */
static name_row row_of(const name_table *table, int value)
{
    if (value < 0 || value >= table->count)
        return (name_row){.name = NULL};
    const char *row = (const char *)table->rows + (size_t)value * table->size;
    if (table->size < sizeof(name_row))
        return (name_row){.name = *(const char *const *)row};
    return *(const name_row *)row;
}

const char *names_name(const name_table *table, int value)
{
    return row_of(table, value).name;
}

const char *names_alias(const name_table *table, int value)
{
    return row_of(table, value).alias;
}

/* The next character of a name that matters, in lower case; steps over it. */
static char next_letter(const char **name)
{
    while (**name == '_' || **name == '-')
        (*name)++;
    const char c = **name;
    if (c != '\0')
        (*name)++;
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool names_alike(const char *a, const char *b)
{
    char c;
    while ((c = next_letter(&a)) == next_letter(&b))
        if (c == '\0')
            return true;
    return false;
}

static bool has_name(name_row row, const char *name)
{
    return names_alike(name, row.name) || (row.alias != NULL && names_alike(name, row.alias)) ||
           (row.unspoken != NULL && names_alike(name, row.unspoken));
}

bool names_find(const name_table *table, const char *name, int *value)
{
    for (int n = 0; n < table->count; n++) {
        if (has_name(row_of(table, n), name)) {
            *value = n;
            return true;
        }
    }
    return false;
}

const char *names_before(int n, int count, const char *join)
{
    return n == 0 ? "" : n + 1 == count ? join : ", ";
}

const char *names_told(const name_table *table, char *buffer, size_t size)
{
    size_t length = 0;
    buffer[0] = '\0';
    for (int n = 0; n < table->count && length < size; n++) {
        const name_row row = row_of(table, n);
        const char *before = names_before(n, table->count, " or ");
        const bool told = row.alias != NULL;
        length += (size_t)snprintf(buffer + length, size - length, "%s%s%s%s%s", before, row.name,
                                   told ? " (" : "", told ? row.alias : "", told ? ")" : "");
    }
    return buffer;
}
