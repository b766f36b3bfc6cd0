/* Arrays that grow as they are filled. */
#ifndef DETINIT_BASE_ARRAY_H
#define DETINIT_BASE_ARRAY_H

#include <stddef.h>

/*
 * A malloc'ed array (NULL: none yet) of *room elements of so many bytes, with room for one more
 * than `count`.  NULL without memory: then it is as it was.
 */
void *array_grow(void *array, size_t count, size_t *room, size_t size);

#endif
