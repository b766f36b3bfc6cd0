/* A block of a tensor as packed files hold it: what to say of it beyond the seed, through zstd. */
#ifndef DETINIT_TRACK_BLOCK_CODE_H
#define DETINIT_TRACK_BLOCK_CODE_H

#include "matrix/matrix.h"

/* Items of a block, but of a tensor's last one. */
#define CODED_BLOCK MATRIX_BLOCK

/* Bytes of an item at most. */
#define CODED_ITEM_MOST 16

/* What tells of a block in the index of its tensor. */
typedef struct coded_block {
    uint32_t size; /* bytes in the file */
    uint32_t crc;  /* CRC-32 of its items, as zlib has it */
    bool whole;    /* they are its items as they are; else frames of zstd */
} coded_block;

/* How the blocks of a tensor are coded. */
typedef struct block_code {
    size_t item;     /* bytes of one */
    bool masked;     /* a bit for each item says whether it is stored; else all are */
    bool difference; /* to initial weights, which are of 2, 4 or 8 bytes */
} block_code;

/* Bytes of a block before zstd, at most. */
size_t block_code_room(size_t item);

/*
 * Codes `count` items at the level 1 .. 19 of zstd.  `sleeping` has a byte for each, 1 where it is
 * the initial one, and is read where the code is masked, `initial` where it is one of differences.
 * `section` has block_code_room bytes to work in, `out`, where the frames go, those of the items.
 * The same bytes come out in any thread.  False without memory.
 */
bool block_encode(const block_code *code, int level, size_t count, const unsigned char *sleeping,
                  const unsigned char *initial, const unsigned char *items, unsigned char *section,
                  unsigned char *out, coded_block *about);

/*
 * Decodes block->size bytes into the `count` items, which are checked by their CRC-32.  Nothing
 * that the bytes say makes it take more than block_code_room bytes of `section`.  Returns what is
 * wrong with them, or NULL; block_no_memory where nothing is, but memory was lacking.
 */
extern const char block_no_memory[];
const char *block_decode(const block_code *code, const coded_block *block, size_t count,
                         const unsigned char *coded, const unsigned char *initial,
                         unsigned char *section, unsigned char *out);

#endif
