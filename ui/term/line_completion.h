/* Completion of a typed line: names of commands, their values, and files. */
#ifndef UI_TERM_LINE_COMPLETION_H
#define UI_TERM_LINE_COMPLETION_H

#include <stdbool.h>
#include <stddef.h>

#define COMPLETION_MOST 256

/* Texts that may stand in place of a line's last word; some are shown as a menu (candidates.h). */
typedef struct completion {
    size_t word; /* where the word begins, in bytes */
    size_t count;
    bool open;                    /* the menu is */
    size_t chosen;                /* in the menu, from 1; 0: none yet */
    char *texts[COMPLETION_MOST]; /* owned; a folder ends in '/' */
} completion;

/* What may end `line`; where there is nothing, or memory fails, the count is 0. */
void completion_find(completion *c, const char *line);
void completion_free(completion *c);

/* Opens a closed menu; else chooses the next text. Returns that, or NULL. */
const char *completion_next(completion *c);

/* Bytes that all texts begin with; whole UTF-8 characters only. */
size_t completion_common(const completion *c);

#endif
