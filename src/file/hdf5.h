/*
 * Files of the HDF5 format, read: the HDF Group's "HDF5 File Format Specification" 3.0.  What is
 * in them lies in blocks, each at an address; this reads blocks, and believes nothing of them
 * before it is checked.  Nothing outside the file is ever opened.
 */
#ifndef DETINIT_FILE_HDF5_H
#define DETINIT_FILE_HDF5_H

#include "base/arena.h"
#include "file/input.h"

/* The address of what is not there. */
#define HDF5_NOWHERE UINT64_MAX

/* Bytes of blocks that are held at once, at most. */
#define HDF5_BLOCKS_MOST ((size_t)64 << 20)

typedef struct hdf5_collection hdf5_collection;

typedef struct hdf5 {
    const input *in;
    unsigned address_bytes, length_bytes; /* as the file has them: 2, 4 or 8 */
    uint64_t root;                        /* the address of the group that all begins with */
    uint64_t left; /* bytes of blocks that may still be read: a file that leads in circles ends */
    arena blocks;  /* what was read; freed by its reader once in a while */
    bool full;     /* more was asked of them than is read */
    hdf5_collection *collections; /* of texts, which many objects share: the last used first */
    arena shared;                 /* they live here, until hdf5_free */
} hdf5;

/* Bytes that are still to be read from a block; `over` where more was asked for than there was. */
typedef struct hdf5_bytes {
    const unsigned char *at;
    size_t left;
    uint64_t where; /* the address of `at` */
    bool over;
} hdf5_bytes;

/* Whether a file that begins so is one. */
bool hdf5_begins(const unsigned char *first, size_t count);

/* Reads the superblock. `in` must outlive it; to be freed by hdf5_free in any case. */
detinit_status hdf5_open(hdf5 *h, const input *in, detinit_error *error);

/* Frees all that was read; the file can still be read. */
void hdf5_free(hdf5 *h);

/* The same file for another thread, or another piece of work: no blocks, and all bytes left. */
hdf5 hdf5_again(const hdf5 *h);

/* DETINIT_INVALID: "'f', at byte 7: `what`". */
detinit_status hdf5_wrong(const hdf5 *h, uint64_t address, const char *what, detinit_error *error);

/* Memory of h->blocks, all zero; NULL where they are as many as may be. */
void *hdf5_new(hdf5 *h, uint64_t size);
detinit_status hdf5_no_memory(const hdf5 *h, detinit_error *error);

/* Takes so many from h->left, or says that the file leads in circles. */
detinit_status hdf5_spend(hdf5 *h, uint64_t bytes, detinit_error *error);

/* A block of so many bytes, which lives in h->blocks; `what` is what is expected there. */
detinit_status hdf5_block(hdf5 *h, uint64_t address, uint64_t size, const char *what,
                          hdf5_bytes *out, detinit_error *error);

/* The same of one that begins with four letters, which are skipped. */
detinit_status hdf5_signed_block(hdf5 *h, uint64_t address, uint64_t size, const char *letters,
                                 const char *what, hdf5_bytes *out, detinit_error *error);

/* Whether the last four of these bytes are the checksum of those before. */
bool hdf5_sum_holds(const unsigned char *bytes, size_t size);

/* A signed block whose last four bytes are the checksum of all before; *out is without it. */
detinit_status hdf5_summed_block(hdf5 *h, uint64_t address, uint64_t size, const char *letters,
                                 const char *what, hdf5_bytes *out, detinit_error *error);

/* What comes next, 0 .. 8 bytes of it, as a number; 0 where there are not so many. */
uint64_t hdf5_number(hdf5_bytes *b, unsigned bytes);
uint64_t hdf5_address(const hdf5 *h, hdf5_bytes *b); /* HDF5_NOWHERE: nothing is there */
uint64_t hdf5_length(const hdf5 *h, hdf5_bytes *b);
/* The next `size` bytes, or none and NULL. */
const unsigned char *hdf5_take(hdf5_bytes *b, uint64_t size);
hdf5_bytes hdf5_part(hdf5_bytes *b, uint64_t size);

/* Bytes that a number up to this takes: how the format stores counts. */
unsigned hdf5_bytes_for(uint64_t most);

#endif
