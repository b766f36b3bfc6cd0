/* A table of names is whole: each value has a name, no two share any, and all lead back to it. */
#ifndef DETINIT_TABLE_CHECK_H
#define DETINIT_TABLE_CHECK_H

#include "check.h"

#include "base/names.h"

/* The n-th of all names of a value, 0 .. 2; or NULL. */
static inline const char *nth_name(const name_table *table, int value, int n)
{
    const char *row = (const char *)table->rows + (size_t)value * table->size;
    const name_row *names = (const name_row *)row;
    return n == 0 ? names->name : n == 1 ? names->alias : names->unspoken;
}

static inline void check_name_table(const name_table *table, int count)
{
    assert_int_equal(table->count, count);
    assert_true(table->size >= sizeof(name_row));
    for (int value = 0; value < count; value++) {
        assert_non_null(names_name(table, value));
        for (int n = 0; n < 3; n++) {
            const char *name = nth_name(table, value, n);
            int found = -1;
            if (name == NULL)
                continue;
            assert_true(name[0] != '\0' && strlen(name) < 20); /* there is room for it */
            assert_true(names_find(table, name, &found)); /* the first that has it, so no other */
            assert_int_equal(found, value);
        }
    }
}

#endif
