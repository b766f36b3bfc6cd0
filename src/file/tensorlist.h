/* What a reader finds in a file: its tensors, and pairs of texts that are its metadata. */
#ifndef DETINIT_FILE_TENSORLIST_H
#define DETINIT_FILE_TENSORLIST_H

#include "base/arena.h"
#include "detinit_files.h"

/* A tensor as everybody sees it, and as its reader does. */
typedef struct member {
    detinit_tensor tensor;
    uint64_t where; /* the reader's own: an offset in the file, the number of a record, ... */
} member;

typedef struct text_pair {
    const char *key, *value;
} text_pair;

/* All zero, it is empty. */
typedef struct tensorlist {
    /* What names, shapes, keys and values point into: freed with the list. */
    char *texts; /* malloc'ed, or NULL */
    arena arena;
    size_t count, room;
    member *members;        /* in the order of their data */
    const member **by_name; /* in the order of their names' bytes */
    size_t pair_count, pair_room;
    text_pair *pairs; /* in the order of their keys' bytes */
    size_t left_out_count, left_out_room;
    text_pair *left_out; /* what cannot be read, and why */
} tensorlist;

/* One more, all zero; NULL without memory.  What was added before may move. */
member *tensorlist_add(tensorlist *list);
text_pair *tensorlist_add_pair(tensorlist *list);
text_pair *tensorlist_add_left_out(tensorlist *list);

/*
 * Makes the list ready to be searched, once all are in it, the tensors in order.
 * DETINIT_INVALID where two have one name or one key; `shown` is the file in that sentence.
 */
detinit_status tensorlist_index(tensorlist *list, const char *shown, detinit_error *error);

/* Makes the metadata alone ready to be searched; tensorlist_index does so, too. */
void tensorlist_sort_metadata(tensorlist *list);

/* The tensor of that name, and the text of that key; NULL: there is none. */
const member *tensorlist_find(const tensorlist *list, const char *name);
const char *tensorlist_metadata(const tensorlist *list, const char *key);

void tensorlist_free(tensorlist *list);

#endif
