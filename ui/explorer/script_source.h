/* The lines of a script: a file, a pipe that may take its time, or a text. */
#ifndef UI_EXPLORER_SCRIPT_SOURCE_H
#define UI_EXPLORER_SCRIPT_SOURCE_H

#include "detinit.h"

#include <stdbool.h>
#include <stddef.h>

/* A line has fewer bytes than this. */
#define SCRIPT_LINE ((size_t)65536)

typedef struct script_source {
    const char *name; /* for sentences */
    const char *text; /* of a text that is all there; else NULL */
    int fd;           /* else */
    int number;       /* of the last line, from 1 */
    size_t at, have;  /* what of `bytes` was not yet given */
    bool ended;
    char bytes[SCRIPT_LINE];
    char line[SCRIPT_LINE];
} script_source;

/* Opens the file, "-" being standard input, or else the text. */
bool script_source_open(script_source *s, const char *path, const char *text, detinit_error *error);
void script_source_close(script_source *s);

/*
 * The next line, without its end, in s->line; *got is false where there is none.  False, with a
 * sentence, where it cannot be read, is longer than a line may be, or holds a NUL; a signal ends
 * the waiting.
 */
bool script_source_next(script_source *s, bool *got, detinit_error *error);

#endif
