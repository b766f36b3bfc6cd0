/* Memory that is freed as a whole, and of which no more than so much is given: what readers make
 * of a file that nobody has checked yet. What was given never moves. */
#ifndef DETINIT_BASE_ARENA_H
#define DETINIT_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

/* All zero but for `most`, it is empty. */
typedef struct arena {
    size_t most;  /* bytes that it gives at most; 0: as many as there are */
    size_t given; /* so far */
    struct arena_block *blocks;
    size_t left; /* bytes at the end of the newest block */
} arena;

/* So many bytes, all zero, aligned for any type; NULL without memory, or beyond `most`. */
void *arena_new(arena *a, size_t size);

/* A copy of `length` bytes, and a NUL. */
char *arena_text(arena *a, const char *text, size_t length);

/* A copy of so many dimensions. */
uint64_t *arena_shape(arena *a, size_t rank, const uint64_t *shape);

void arena_free(arena *a);

#endif
