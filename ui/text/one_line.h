/*
 * Names, paths and texts of files on their way out, whatever they hold: no character commands a
 * terminal, ends a line, or turns text round (see utf8_one_line).  All that is not an error or a
 * cell leaves by one of these.
 */
#ifndef UI_TEXT_ONE_LINE_H
#define UI_TEXT_ONE_LINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Columns of a tensor's name that a terminal is shown. */
#define NAME_COLUMNS 60

/* Room for any path. */
#define ONE_LINE 4096

/* The text on one line, cut where it is longer than the buffer, which it returns. */
const char *one_line(const char *text, char buffer[ONE_LINE]);

/* At most `most` characters, the last ones "..." where there are more, in a buffer of `size` bytes,
 * at least 8, which is returned. */
const char *one_line_cut(const char *text, size_t most, char *buffer, size_t size);

/* Prints the same. */
void one_line_print(const char *text, size_t most);

/* Prints a field of CSV between quotes; what a spreadsheet would compute begins with '. */
void one_line_field(const char *text);

/* A text as JSON has it; where it is not UTF-8, as one_line shows it. */
json_t *one_line_json(const char *text);

/* Prints JSON; characters that are not harmless are escaped, so that nothing is lost. */
bool one_line_put_json(const json_t *value, size_t flags);

#endif
