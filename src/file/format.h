/*
 * The table of file formats.  A format is one file, format_NAME.c, with one row, and a word in
 * the list below; whoever must know an ending, or what a file can hold, asks here.
 */
#ifndef DETINIT_FILE_FORMAT_H
#define DETINIT_FILE_FORMAT_H

#include "file/input.h"
#include "file/tensorlist.h"
#include "file/tensortype.h"

/* In the order in which sentences name them. */
#define FORMATS(ROW) ROW(npy) ROW(csv) ROW(safetensors)

/* Bytes at the beginning of a file by which it is recognized. */
#define FORMAT_FIRST 16

/* Endings that a format can have. */
#define FORMAT_ENDINGS 4

/* A file that is open for reading. */
typedef struct format_reader {
    const input *in;
    tensorlist list; /* filled by the format's `open` */
    void *own;       /* what its `read` needs beside, freed by its `close` */
} format_reader;

typedef struct file_format {
    const char *name;                    /* as sentences have it: ".npy" */
    const char *endings[FORMAT_ENDINGS]; /* that a path of this format can have */

    /* What it can hold. */
    bool many;      /* any number of tensors, which have names; else one without */
    bool metadata;  /* pairs of texts */
    bool of_matrix; /* a matrix is saved so, as the public format that follows */
    detinit_format matrix;

    /* Reading; all NULL where files are written only. */
    /* Whether a file that begins with these bytes is one; all of them, where it is shorter. */
    bool (*recognizes)(const unsigned char *first, size_t count);
    /* Fills the list, and believes nothing before it is checked. Ended by `close` in any case. */
    detinit_status (*open)(format_reader *r, detinit_error *error);
    /* Items of a tensor from number `first` on, as detinit_tensor_read has them; from any thread.
     */
    detinit_status (*read)(const format_reader *r, const member *m, uint64_t first, size_t count,
                           void *items, detinit_error *error);
    void (*close)(format_reader *r); /* NULL: there is nothing to free */
} file_format;

#define FORMAT_ROW(name) extern const file_format format_##name;
FORMATS(FORMAT_ROW)
#undef FORMAT_ROW

/* The format of a path by its ending, the longest that fits, or NULL. */
const file_format *format_of_path(const char *path);

/* The format of a file by its first bytes, or NULL. */
const file_format *format_of_bytes(const unsigned char *first, size_t count);

/* DETINIT_INVALID: "'f' is neither a .npy nor a .safetensors file". */
detinit_status format_unknown(const char *shown, detinit_error *error);

#endif
