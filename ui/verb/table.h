/* Tables of figures as text, a line for each row, and what stands in their cells. */
#ifndef UI_VERB_TABLE_H
#define UI_VERB_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for any cell: longer names are cut. */
#define TABLE_CELL 256

typedef struct table_column {
    const char *heading;
    /* The text of a row, in a buffer of TABLE_CELL or elsewhere; "" for none. */
    const char *(*cell)(const void *of, size_t row, char *buffer);
    bool left; /* aligned there; figures are not */
} table_column;

/* How many an array has. */
#define TABLE_COLUMNS(array) (sizeof(array) / sizeof(array)[0])

/* Columns that a table has at most. */
#define TABLE_COLUMNS_MOST 12

typedef struct table {
    const void *of; /* what cells are told of */
    size_t rows;
    const table_column *columns;
    size_t column_count;
} table;

/* Prints headings, rows and an empty line. */
void table_print(const table *t);

/* "12.34 %"; what is not all never looks like all, and what is some not like none. */
const char *table_percent(uint64_t part, uint64_t whole, char *buffer);

#endif
