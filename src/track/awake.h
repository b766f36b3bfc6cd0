/* Rows and columns of a matrix in which a weight is awake, found from bits that come in groups. */
#ifndef DETINIT_TRACK_AWAKE_H
#define DETINIT_TRACK_AWAKE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Columns, or rows; all threads mark them together. */
typedef struct awake_lines {
    uint64_t count;
    atomic_uint_fast64_t awake;  /* how many are marked */
    atomic_uint_fast64_t *marks; /* a bit each, in awake_words words */
} awake_lines;

uint64_t awake_words(uint64_t lines);

/* None is marked. False without memory. */
bool awake_lines_init(awake_lines *a, uint64_t count);
void awake_lines_free(awake_lines *a);

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
 * The weights of a group come in order, beginning with a zeroed awake_rows.  Rows are marked, too,
 * where `marked` is not NULL.
 */
void awake_take(awake_lines *columns, awake_lines *marked, awake_rows *rows, uint64_t first,
                size_t count, const uint8_t *changed, size_t awake);

/*
 * Joins the rows of the group that comes next: how many dead rows end in it.  *awake is kept
 * from group to group, for the row that goes on; false before the first.
 */
uint64_t awake_join(bool *awake, const awake_rows *rows);

#endif
