/*
 * Archives of the ZIP format, read: PKWARE's APPNOTE.TXT 6.3.  The directory at the end is believed
 * only after it was checked: sizes and places lie within the file, no two members overlap, none
 * becomes longer than deflate can make it.  Nothing is inflated before it is asked for.
 */
#ifndef DETINIT_FILE_ZIP_H
#define DETINIT_FILE_ZIP_H

#include "base/arena.h"
#include "file/input.h"

/* Bytes of a directory that is read, half a million members. */
#define ZIP_DIRECTORY_MOST ((uint64_t)48 << 20)

typedef struct zip_entry {
    const char *name;
    uint64_t header; /* where its local header begins */
    uint64_t limit;  /* where the next one, or the directory, begins */
    uint64_t stored; /* bytes in the archive */
    uint64_t size;   /* bytes of its data */
    uint32_t crc;
    uint16_t method; /* 0 stored, 8 deflated */
    uint16_t flags;
} zip_entry;

typedef struct zip {
    const input *in;
    size_t count;
    zip_entry *entries; /* in the order of their places */
    const zip_entry **by_name;
    arena texts;
    struct inflater *inflater; /* of deflated members; made when the first is opened */
} zip;

/* Whether a file that begins so may be one. */
bool zip_begins(const unsigned char *first, size_t count);

/* Reads the directory; `in` must outlive it.  Ended by zip_close in any case. */
detinit_status zip_open(zip *z, const input *in, detinit_error *error);
void zip_close(zip *z);

/* The member of that name, or NULL. */
const zip_entry *zip_find(const zip *z, const char *name);

/*
 * A member as an input, whose `shown` is its path; ended by input_close, before the archive.  Any
 * number of threads read any place of it, of a deflated one in order at little cost.  Once all of
 * it was read, in whatever order, its CRC-32 has been checked: the read that ends it fails.
 */
detinit_status zip_member_open(zip *z, const zip_entry *entry, const char *shown, input *out,
                               detinit_error *error);

#endif
