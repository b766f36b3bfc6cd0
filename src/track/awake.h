/* Rows and columns of a matrix in which a weight is awake, found from bits that come in groups. */
#ifndef DETINIT_TRACK_AWAKE_H
#define DETINIT_TRACK_AWAKE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Columns; all threads mark them together. */
typedef struct awake_columns {
    uint64_t cols;
    atomic_uint_fast64_t awake;  /* how many are marked */
    atomic_uint_fast64_t *marks; /* a bit each */
} awake_columns;

bool awake_columns_init(awake_columns *a, uint64_t cols);
void awake_columns_free(awake_columns *a);

/* Rows of one group of consecutive weights, which may begin and end within a row. */
typedef struct awake_rows {
    uint64_t dead;    /* rows that begin and end in the group, and sleep */
    bool ends;        /* a row ends in it */
    bool first_awake; /* of that row: whether what the group has of it is awake */
    bool last_awake;  /* of the row that goes on behind the group */
} awake_rows;

/*
 * Takes `count` weights from number `first` of the matrix: bit n % 8 of changed[n / 8] tells
 * whether weight n is awake; `awake` is how many are.  `changed` may be read 8 bytes beyond.
 * The weights of a group come in order, beginning with a zeroed awake_rows.
 */
void awake_take(awake_columns *columns, awake_rows *rows, uint64_t first, size_t count,
                const uint8_t *changed, size_t awake);

/*
 * Joins the rows of the group that comes next: how many dead rows end in it.  *awake is kept
 * from group to group, for the row that goes on; false before the first.
 */
uint64_t awake_join(bool *awake, const awake_rows *rows);

#endif
