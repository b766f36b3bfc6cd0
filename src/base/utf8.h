/* Texts from files that nobody has checked yet. */
#ifndef DETINIT_BASE_UTF8_H
#define DETINIT_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Whether so many bytes are UTF-8 without a NUL: no surrogates, nothing longer than it needs. */
bool utf8_is_text(const char *bytes, size_t count);

#endif
