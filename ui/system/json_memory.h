/*
 * Whether there was memory for all JSON.  A report is made of hundreds of values: instead of asking
 * each of them, it is asked once, before it is printed, whether one is missing.  And jansson, where
 * it has no memory for a word that it reads, says that the word is wrong, which it is not.
 */
#ifndef UI_SYSTEM_JSON_MEMORY_H
#define UI_SYSTEM_JSON_MEMORY_H

#include <stdbool.h>

/* From now on it is known. For the program alone: a library must not set jansson's allocator. */
void json_memory_watch(void);

/* Whether there was not enough at any time. */
bool json_memory_lacked(void);

#endif
