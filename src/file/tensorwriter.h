/* Files of tensors being written, in any format, all or nothing. */
#ifndef DETINIT_FILE_TENSORWRITER_H
#define DETINIT_FILE_TENSORWRITER_H

#include "file/format.h"
#include "file/output.h"
#include "file/savefile.h"

/* What a tensor without a name is called in files whose tensors have names. */
#define TENSORWRITER_NAMELESS "weight"

struct detinit_tensorwriter {
    const file_format *format;
    bool saves;    /* into a file of its own; else into a descriptor of the caller's */
    savefile file; /* where it saves */
    output out;
    const detinit_run *asked; /* that it was opened with, or NULL */
    detinit_run run;          /* see tensorwriter_run */
    bool reported;            /* somebody tells by it how far the work is; else bytes are counted */
    bool began;               /* what stands before the data is written */
    size_t tensors;
    uint64_t announced, written; /* bytes of data */
    uint64_t bytes;              /* of the file, up to here */
    void *own;                   /* the format's */
};

/*
 * Opens a file of a format, whatever its path ends in.  While a pipe has no reader or a slow one,
 * the progress of `run`, which must outlive the writer, is asked whether to go on; `total` is the
 * work to come, in the unit of that progress.  `run` may be NULL.
 */
detinit_status tensorwriter_open(const char *path, const file_format *format,
                                 const detinit_run *run, uint64_t total, detinit_tensorwriter **out,
                                 detinit_error *error);

/* The same into an open descriptor, which stays the caller's and is called `shown` in errors. */
detinit_status tensorwriter_open_on(int fd, const char *shown, const file_format *format,
                                    const detinit_run *run, uint64_t total,
                                    detinit_tensorwriter **out, detinit_error *error);

/* The same into memory, which begins all zero, must outlive it, and is the caller's to free. */
detinit_status tensorwriter_open_in_memory(output_memory *memory, const file_format *format,
                                           const detinit_run *run, uint64_t total,
                                           detinit_tensorwriter **out, detinit_error *error);

/* The same for whole tensors, in the format of the path's ending; DETINIT_INVALID for others. */
detinit_status tensorwriter_open_by_ending(const char *path, const detinit_run *run, uint64_t total,
                                           detinit_tensorwriter **out, detinit_error *error);

/*
 * The run by which work is done that ends in the writer: that which it was opened with.  What is
 * reported to it is told again whenever the writer has to ask whether to go on waiting.
 */
const detinit_run *tensorwriter_run(const detinit_tensorwriter *w);

/* Writes what stands before the data, unless it is written: nothing more can be announced. */
detinit_status tensorwriter_begin(detinit_tensorwriter *w, detinit_error *error);

/* For formats: appends bytes to the file. */
detinit_status tensorwriter_put(detinit_tensorwriter *w, const void *bytes, size_t size,
                                detinit_error *error);

/* For formats: makes sure that the disk has room for a file of so many bytes. */
detinit_status tensorwriter_reserve(const detinit_tensorwriter *w, uint64_t bytes,
                                    detinit_error *error);

/* The name that a tensor has in files whose tensors have names. */
const char *tensorwriter_name(const detinit_tensor *tensor);

#endif
