/*
 * The table of file formats.  A format is one file, format_NAME.c, with one row, and a word in
 * the list below; whoever must know an ending, or what a file can hold, asks here.
 */
#ifndef DETINIT_FILE_FORMAT_H
#define DETINIT_FILE_FORMAT_H

#include "file/input.h"
#include "file/tensorlist.h"
#include "file/tensortype.h"
#include "file/zip.h"

/* In the order in which sentences name them. */
#define FORMATS(ROW) ROW(npy) ROW(npz) ROW(csv) ROW(pt) ROW(hdf5) ROW(index) ROW(safetensors)

/* Bytes at the beginning of a file by which it is recognized. */
#define FORMAT_FIRST 16

/* Endings that a format can have. */
#define FORMAT_ENDINGS 4

/* A file that is open for reading. */
typedef struct format_reader {
    const input *in;
    zip *archive;    /* of the file, where it is one; else NULL */
    tensorlist list; /* filled by the format's `open` */
    uint64_t size;   /* bytes of all files, where `in` is not the only one */
    bool foreign;    /* `open` failed for nothing but that no numbers are in it */
    void *own;       /* what its `read` needs beside, freed by its `close` */
} format_reader;

typedef struct file_format {
    const char *name;                    /* as sentences have it: ".npy" */
    const char *endings[FORMAT_ENDINGS]; /* that a path of this format can have */

    /* What it can hold. */
    bool many;      /* any number of tensors, which have names; else one without */
    bool packed;    /* what is read is made of a packed file, as it was packed */
    bool metadata;  /* pairs of texts; other formats leave them out */
    bool of_files;  /* it lies in other files of its folder, and is no part of one itself */
    bool of_matrix; /* a matrix is saved so, as the public format that follows */
    detinit_format matrix;
    bool needs_name; /* a matrix is not saved so into an open descriptor */

    /*
     * Reading; all NULL where files are written only.
     */
    /* Whether a file that begins with these bytes is one; all of them, where it is shorter.  Of a
     * zip archive what it holds is asked for instead.  Either may be NULL. */
    bool (*recognizes)(const unsigned char *first, size_t count);
    bool (*recognizes_archive)(const zip *archive);
    /* Fills the list, and believes nothing before it is checked. Ended by `close` in any case. */
    detinit_status (*open)(format_reader *r, detinit_error *error);
    /* As detinit_tensor_read: items of a tensor from number `first` on, for any thread. */
    detinit_status (*read)(const format_reader *r, const member *m, uint64_t first, size_t count,
                           void *items, detinit_error *error);
    /* Whether `where` of all members is where their items lie in the file as they are read. */
    bool (*plain)(const format_reader *r); /* NULL: no */
    /* Gives back what it keeps to read faster, while other files are read; NULL: nothing. */
    void (*rest)(const format_reader *r);
    void (*close)(format_reader *r); /* NULL: there is nothing to free */

    /*
     * Writing, by the steps of a detinit_tensorwriter.  `announce` is NULL where files are read
     * only, the others also where there is nothing to do.
     */
    bool (*holds)(const tensor_type *type); /* NULL: all of them */
    detinit_status (*create)(detinit_tensorwriter *w, detinit_error *error);
    detinit_status (*pair)(detinit_tensorwriter *w, const char *key, const char *value,
                           detinit_error *error);
    /* A tensor of which name, rank and shape are told; *bytes gets the size of its data. */
    detinit_status (*announce)(detinit_tensorwriter *w, detinit_tensor *tensor,
                               const tensor_type *type, uint64_t *bytes, detinit_error *error);
    /* Puts what stands before the data, when all is announced. */
    detinit_status (*begin)(detinit_tensorwriter *w, detinit_error *error);
    void (*discard)(detinit_tensorwriter *w); /* frees what `create` and the others made */

    /*
     * Formats of text, which take no tensors but weights: a block of these as text, in any
     * thread, and the most bytes of one weight.  NULL where data are written as they are stored.
     */
    size_t (*encode)(detinit_dtype dtype, const detinit_block *block, uint64_t cols, char *out);
    size_t weight_most;
} file_format;

#define FORMAT_ROW(name) extern const file_format format_##name;
FORMATS(FORMAT_ROW)
#undef FORMAT_ROW

/* That of folders, which no bytes tell. */
extern const file_format format_folder;

/* The format of a path by its ending, the longest that fits, or NULL. */
const file_format *format_of_path(const char *path);

/* Bytes of a path before its ending, where it has one of the format's and more; else 0. */
size_t format_stem(const file_format *format, const char *path);

/* The format of a file by its first bytes, or NULL. */
const file_format *format_of_bytes(const unsigned char *first, size_t count);

/* The same of an archive, by what it holds. */
const file_format *format_of_archive(const zip *archive);

/* The format by which a matrix is saved so, or NULL. */
const file_format *format_of_matrix(detinit_format matrix);

/* The format for a file of several tensors and texts: that of the path's ending, or .safetensors.
 */
const file_format *format_for_network(const char *path);

/* What formats are asked for. */
bool format_is_read(const file_format *format);
bool format_saves_matrices(const file_format *format);
bool format_saves_tensors(const file_format *format);  /* whatever their type: one, or several */
bool format_saves_one(const file_format *format);      /* one of these, without a name */
bool format_saves_networks(const file_format *format); /* several, and texts about them */
bool format_tells_recipes(const file_format *format);  /* in texts that can be read again */

/* Whether a path has an ending of a format of which `is` is true. */
bool format_of_path_is(const char *path, bool (*is)(const file_format *format));

/* Room for the names of all formats. */
#define FORMAT_NAMES 256

/* ".npy, .csv or .safetensors": those of which `is` is true. Returns buffer. */
const char *format_names(bool (*is)(const file_format *format), char buffer[FORMAT_NAMES]);

/* DETINIT_INVALID: "'f' is neither a .npy, ... nor a .safetensors file": all that are read. */
detinit_status format_unknown(const char *shown, detinit_error *error);

#endif
