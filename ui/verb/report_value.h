/* Figures as values of JSON and fields of CSV, the same in every report. */
#ifndef UI_VERB_REPORT_VALUE_H
#define UI_VERB_REPORT_VALUE_H

#include "option/settings.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* JSON knows no infinity and no NaN: null stands for them, and what it stands for is said beside.
 */
json_t *report_real(double value);

/* A number, or a string where it is beyond 2^53. */
json_t *report_whole(uint64_t value);
json_t *report_list(const uint64_t *numbers, size_t count);

/* A field of CSV behind a comma: all digits, or nothing for what is not a number. */
void report_csv_real(double value);

/* Every option of the recipe that goes with a command, under its own name. */
json_t *report_recipe(const settings *s, const struct verb *v);

/* Figures of an object, and why some of them are null: said under "why_null", where any is. */
typedef struct nullable {
    json_t *object, *why_null;
    const char *reason; /* of what is not a number */
} nullable;

nullable nullable_of(json_t *object, const char *reason);
void nullable_put(nullable *f, const char *name, double value);
json_t *nullable_end(nullable *f); /* returns the object */

/*
 * Prints a report on standard output and frees it; fails where it is NULL, which is memory's fault.
 * What standard output did not take is said by main.c.
 */
detinit_status report_print(json_t *report, detinit_error *error);

#endif
