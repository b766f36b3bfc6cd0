/*
 * JSON that is read where it lies, front to back: memory is bounded by the text's own size.  Texts,
 * the part of JSON that has escapes, are jansson's.  For headers and indexes, which have one form.
 */
#ifndef DETINIT_FILE_JSONTEXT_H
#define DETINIT_FILE_JSONTEXT_H

#include "detinit.h"

#include <jansson.h>

/* Where a reader is. */
typedef struct jsontext {
    char *start, *at, *end; /* `at` is never past `end` */
    const char *shown;      /* the file, for sentences */
    const char *part;       /* " of its header", or "" where the text is all of the file */
    detinit_error *error;
} jsontext;

/* "'f': at byte 17 of its header ':' was expected". */
detinit_status jsontext_expected(const jsontext *j, const char *what);
detinit_status jsontext_no_memory(const jsontext *j);

/* Whether jansson could not read because it had no memory, as far as it tells. */
bool jsontext_lacks_memory(const json_error_t *why);

void jsontext_skip_space(jsontext *j);

/* Goes past a mark, and the spaces before it, where it comes next. */
bool jsontext_take(jsontext *j, char mark);

/* A text between quotes; it stands, decoded and ended by a NUL, in the place of its source. */
detinit_status jsontext_take_text(jsontext *j, const char **text);

/* A text, and the colon behind it. */
detinit_status jsontext_take_key(jsontext *j, const char **key);

/*
 * 0 .. 2^63 - 1, and written as such: no sign, no zeros before it; the comma or bracket that the
 * caller wants behind it leaves no room for a point or an exponent.
 */
bool jsontext_take_number(jsontext *j, uint64_t *number);

/* A value of any kind, which is passed over; lists nest as deep as most readers go. */
detinit_status jsontext_skip_value(jsontext *j);

#endif
