/* Axes: where values lie on them, and round numbers to mark them with. */
#ifndef UI_TEXT_AXIS_H
#define UI_TEXT_AXIS_H

#include <stdbool.h>

typedef struct axis {
    double low, high; /* low < high; both above 0 where log */
    bool log;         /* marked with powers of ten */
    bool whole;       /* marked at whole numbers only */
    const char *name; /* what it is of, with its unit; NULL: nothing is said */
} axis;

/* Ticks that one axis has at most, and room for the label of one. */
#define AXIS_TICKS 32
#define AXIS_LABEL 32

typedef struct tick {
    double value;
    char label[AXIS_LABEL]; /* UTF-8, or ASCII */
} tick;

/* Where a value lies: 0 at `low`, 1 at `high`, beyond them outside; NAN for what has no place. */
double axis_share(const axis *a, double value);

/*
 * Marks an axis with `most` round numbers or fewer, 1, 2 or 5 times a power of ten apart, or the
 * powers themselves. Returns how many, ascending; 0 where the axis has no finite length.
 */
int axis_ticks(const axis *a, int most, bool ascii, tick ticks[AXIS_TICKS]);

/* Columns of the longest label. */
int axis_label_width(const tick *ticks, int count);

/*
 * A number as an axis has it: thousands apart, a true minus sign, a power of ten where it is very
 * large or small; told as finely as `step`.  Returns buffer.
 */
const char *axis_number(double value, double step, bool ascii, char buffer[AXIS_LABEL]);

#endif
