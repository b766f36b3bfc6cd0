/* Shares of work and sizes of files as people write them. */
#ifndef UI_OPTION_SHARE_H
#define UI_OPTION_SHARE_H

#include "option/settings.h"

/* "2/3", or "auto": what the launcher of this process tells. False, with a sentence. */
bool share_parse(const char *text, share_choice *out, detinit_error *error);

/* "2/3". Returns buffer. */
const char *share_text(const share_choice *share, char *buffer, size_t size);

/* "1.5GB" in bytes, rounded down; 0 for what is no size. */
uint64_t size_parse(const char *text);

#endif
