/* Texts from files that nobody has checked yet, and what of them may be shown. */
#ifndef DETINIT_BASE_UTF8_H
#define DETINIT_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The character that begins here, and its bytes; 0 where none does: a NUL, a surrogate, a form
 * longer than it needs. */
size_t utf8_next(const char *bytes, size_t count, uint32_t *rune);

/* Whether so many bytes are UTF-8 without a NUL: no surrogates, nothing longer than it needs. */
bool utf8_is_text(const char *bytes, size_t count);

/*
 * Whether a character only shows itself.  Control characters command terminals or begin lines;
 * marks of direction show text other than it is; others are not seen at all.
 */
bool utf8_is_harmless(uint32_t rune);

/* Bytes of what comes next, be it a character or a byte that is none (count > 0). */
size_t utf8_shown(const char *bytes, size_t count, bool *harmless);

/*
 * The one way by which text of unknown origin becomes text to be shown: UTF-8 on one line, '?' for
 * each character that is not harmless, cut where the buffer ends.  Returns buffer, which may be
 * `text` itself.  Reports, errors, messages of the explorer all take it.
 */
const char *utf8_one_line(const char *text, char *buffer, size_t size);

#endif
