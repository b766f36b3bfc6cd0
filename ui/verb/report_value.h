/* Figures as values of JSON, the same in every report. */
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

/* Every option that determines the weights and that the command takes, under its own name. */
json_t *report_recipe(const settings *s);

/*
 * Prints a report on standard output and frees it; fails where it is NULL, which is memory's fault.
 * What standard output did not take is said by main.c.
 */
detinit_status report_print(json_t *report, detinit_error *error);

#endif
