/* The CRC-32 of data that are read in pieces, in whatever order: known once they are covered. */
#ifndef DETINIT_FILE_CRC_COVER_H
#define DETINIT_FILE_CRC_COVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More pieces than this that do not touch: then nothing is known of the whole. */
#define CRC_PIECES 64

typedef struct crc_piece {
    uint64_t begin, end;
    uint32_t crc;
} crc_piece;

/* All zero, nothing was read. */
typedef struct crc_cover {
    size_t count;
    crc_piece *pieces; /* in order; none touches another; malloc'ed with the first */
    bool given_up;
} crc_cover;

void crc_cover_free(crc_cover *c);

/* Whether data that are `size` bytes in all are covered, or never will be. */
bool crc_cover_done(const crc_cover *c, uint64_t size);

/* Adds what was read; a piece that was read before, in part or as a whole, adds nothing. */
void crc_cover_add(crc_cover *c, uint64_t begin, const void *bytes, size_t size);

#endif
