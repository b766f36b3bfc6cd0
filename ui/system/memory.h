/* What the machine can hold, so that a request beyond it is refused, not killed. */
#ifndef UI_SYSTEM_MEMORY_H
#define UI_SYSTEM_MEMORY_H

#include "detinit.h"

/* Bytes of memory that a program may still take here. */
uint64_t memory_available(void);

/* "8.0 GB"; UINT64_MAX is "over 18 EB". Returns buffer. */
const char *memory_text(uint64_t bytes, char *buffer, size_t size);

/* False, with a sentence, where `what` ("--orthogonal: the matrix") needs more than there is. */
bool memory_allows(const char *what, uint64_t bytes, detinit_error *error);

#endif
