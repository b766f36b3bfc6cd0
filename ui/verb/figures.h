/* Structs of figures as JSON that gives back every bit: what parts of a report are saved as. */
#ifndef UI_VERB_FIGURES_H
#define UI_VERB_FIGURES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One field, or several in a row, of 8 bytes each. */
typedef struct figure {
    const char *name;
    size_t offset;
    bool real;    /* double; else uint64_t */
    size_t count; /* 1, or more: a list */
} figure;

/* The row of a field. */
#define FIGURE(type, field, real)                                                                  \
    {                                                                                              \
#field, offsetof(type, field), real, 1                                                     \
    }

/* All figures of a struct. */
typedef struct figure_table {
    const figure *rows;
    size_t count;
    size_t size; /* of the struct */
} figure_table;

/* A whole number that report_whole wrote; false for anything else. */
bool figures_whole(const json_t *value, uint64_t *out);

/* An object with a member for each figure of the struct `from`; NULL without memory. */
json_t *figures_write(const figure_table *table, const void *from);

/* Fills those fields of the struct `to`; false where the object lacks one or holds another kind. */
bool figures_read(const figure_table *table, const json_t *object, void *to);

#endif
