/* JSON as text in memory, all of it or nothing. */
#ifndef DETINIT_FILE_JSONDUMP_H
#define DETINIT_FILE_JSONDUMP_H

#include <jansson.h>

/*
 * What json_dumps gives, malloc'ed; NULL without memory, or of NULL.  json_dumps itself passes over
 * a key for which its buffer could not grow (jansson 2.14), and what it gives is then another text.
 */
char *jsondump_text(const json_t *value, size_t flags);

#endif
