#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT _Alignof(max_align_t)

/* What a block has room for, unless one piece needs more: as much as was given so far. */
#define BLOCK_LEAST ((size_t)256)
#define BLOCK_MOST  ((size_t)1 << 20)

typedef struct arena_block {
    struct arena_block *before;
    size_t size;
    _Alignas(max_align_t) unsigned char bytes[];
} arena_block;

static arena_block *add_block(arena *a, size_t size)
{
    arena_block *block = size > SIZE_MAX - sizeof *block ? NULL : calloc(1, sizeof *block + size);
    if (block == NULL)
        return NULL;
    block->size = size;
    block->before = a->blocks;
    a->blocks = block;
    a->left = size;
    return block;
}

static size_t block_size(const arena *a)
{
    return a->given < BLOCK_LEAST ? BLOCK_LEAST : a->given < BLOCK_MOST ? a->given : BLOCK_MOST;
}

void *arena_new(arena *a, size_t size)
{
    const size_t most = a->most > 0 ? a->most : SIZE_MAX / 2;
    if (size > most || a->given > most - size)
        return NULL;
    const size_t whole = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if ((a->blocks == NULL || whole > a->left) &&
        add_block(a, whole > block_size(a) ? whole : block_size(a)) == NULL)
        return NULL;
    a->given += whole;
    void *piece = a->blocks->bytes + a->blocks->size - a->left;
    a->left -= whole;
    return piece;
}

char *arena_text(arena *a, const char *text, size_t length)
{
    char *copy = arena_new(a, length + 1);
    if (copy != NULL && length > 0)
        memcpy(copy, text, length);
    return copy;
}

uint64_t *arena_shape(arena *a, size_t rank, const uint64_t *shape)
{
    uint64_t *copy = arena_new(a, rank * sizeof *shape);
    if (copy != NULL && rank > 0)
        memcpy(copy, shape, rank * sizeof *shape);
    return copy;
}

void arena_free(arena *a)
{
    for (arena_block *block = a->blocks, *before; block != NULL; block = before) {
        before = block->before;
        free(block);
    }
    *a = (arena){.most = a->most};
}
