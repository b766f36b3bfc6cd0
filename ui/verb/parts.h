/*
 * Work on a file that many processes share.  With --shard a command does a run of whole tensors
 * and saves what it found as a part; with --merge it takes all parts, which tell what they are
 * parts of, and ends as if one process had done everything.
 */
#ifndef UI_VERB_PARTS_H
#define UI_VERB_PARTS_H

#include "verb/figures.h"
#include "verb/weights.h"

/* A part that was saved. */
typedef struct saved_part {
    const char *path;
    uint64_t part;
    json_t *about;            /* what it is a part of, and the figures in it */
    detinit_tensorfile *file; /* NULL: a part of figures alone, which is JSON */
} saved_part;

typedef struct parts {
    settings settings; /* the request; with --merge, the one that the parts tell */
    saved_part *saved; /* with --merge: all parts, in order */
    size_t count;
    size_t first,
        end; /* the tracked tensors that are this process's: all of them without --shard */
} parts;

/* Refuses what --shard and --merge make no sense with. */
bool parts_check(const settings *s, detinit_error *error);

/*
 * Opens what a command works on, as weights_open does, whichever way it is asked for.  DETINIT_IO
 * where parts are missing, come twice, or do not belong together or to the file.  Both are ended by
 * parts_close.
 */
detinit_status parts_open(const settings *s, bool with_threshold, parts *p, weights *w,
                          detinit_error *error);
void parts_close(parts *p, weights *w);

/* What a part is a part of, as text; malloc'ed. NULL with a sentence. */
char *parts_about(const parts *p, const weights *w, detinit_error *error);

/*
 * Saves the figures of this process's tensors as a part, or fills those of all tensors from the
 * parts: `figures` is an array of the table's structs, one for each tracked tensor.
 */
detinit_status parts_save_figures(const parts *p, const weights *w, const figure_table *table,
                                  const void *figures, detinit_error *error);
detinit_status parts_read_figures(const parts *p, const weights *w, const figure_table *table,
                                  void *figures, detinit_error *error);

/* The files of the parts, in order; malloc'ed. NULL with a sentence. */
const detinit_tensorfile **parts_files(const parts *p, detinit_error *error);

/* Says on standard output that a part was saved, unless nobody wants to know. */
void parts_print_saved(const parts *p, uint64_t bytes);

#endif
