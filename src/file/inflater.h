/*
 * Deflated data read at any place.  What was inflated last is kept in parts, and points from which
 * it can go on again, so that reading in about the right order, by many threads, inflates once, and
 * going back a bounded part.  Memory is bounded whatever is read.
 */
#ifndef DETINIT_FILE_INFLATER_H
#define DETINIT_FILE_INFLATER_H

#include "file/input.h"

/* Deflate makes no more bytes of one. */
#define DEFLATE_MOST 1032

/* Of one archive; freed by inflater_free. */
typedef struct inflater inflater;

/* Deflated data within an input. */
typedef struct deflated {
    const input *in;
    uint64_t offset, stored; /* where they lie, and their bytes there */
    uint64_t size;           /* of what they become */
    uint32_t crc;            /* of that */
    const char *shown;       /* for sentences */
} deflated;

inflater *inflater_new(void);
void inflater_free(inflater *f);

/*
 * Reads `size` bytes from `offset` on of what the data become.  `d`, by which the same data are
 * known again, must stay while the inflater does.  DETINIT_INVALID where they cannot be inflated,
 * become longer or shorter, or, once their end was reached, have another CRC-32.  For any thread.
 */
detinit_status inflater_read(inflater *f, const deflated *d, uint64_t offset, void *out,
                             size_t size, detinit_error *error);

/* Forgets what is kept of these data, which may go then. */
void inflater_forget(inflater *f, const deflated *d);

#endif
