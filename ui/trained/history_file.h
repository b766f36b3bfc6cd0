/* A file of lines that a training run goes on writing, read as far as it has come. */
#ifndef UI_TRAINED_HISTORY_FILE_H
#define UI_TRAINED_HISTORY_FILE_H

#include "trained/history.h"

#include <sys/types.h>
#include <time.h>

/* Bytes before a place by which a file is known again. */
#define HISTORY_KNOWN_BY 256

/* How far a file was read: behind a line's end.  All zero is before everything. */
typedef struct history_place {
    bool there; /* the file was */
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;       /* when the file was written last */
    off_t offset;                  /* of the first byte that was not read */
    uint64_t lines;                /* before it */
    char before[HISTORY_KNOWN_BY]; /* the bytes that end there, as many as there are */
} history_place;

/* What a file, or checkpoints, have told since a place; all zero is nothing. */
typedef struct history_news {
    bool anew;    /* the file is another, or was begun anew: what was told before is void */
    history told; /* owned */
    uint64_t wrong_lines;
    char wrong[400];     /* "line 7: ..." of the first wrong line; "" where none is */
    bool more;           /* there is more to be read at once */
    uint64_t waiting;    /* checkpoints that are not complete yet */
    char waits_for[400]; /* "step-300.pt: ..." of the first of them */
    history_place place; /* behind the last line that is complete */
} history_news;

/*
 * Reads the complete lines behind `from`; a last line without its end waits for it, and wrong lines
 * are passed over.  A file that is not there is no error: `there` says so.  Where `run` is to stop,
 * DETINIT_CANCELLED; it may be NULL.  *news is to be freed with history_clear(&news->told),
 * whatever is returned.
 */
detinit_status history_read(const char *path, const history_place *from, history_news *news,
                            const detinit_run *run, detinit_error *error);

/* "line 7: not JSON ...; skipped, and 2 more": of wrong lines; "" where none is. Returns buffer.
 */
const char *history_wrong_text(const history_news *news, char *buffer, size_t size);

#endif
