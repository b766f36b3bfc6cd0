/*
 * detinit: files of weights.  A matrix saved; files of tensors, whoever made them, read;
 * .safetensors files written.
 *
 * The conventions of detinit.h hold here too.
 */
#ifndef DETINIT_FILES_H
#define DETINIT_FILES_H

#include "detinit_describe.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --------------------------------------------------------- saving a matrix */

typedef enum detinit_format {
    DETINIT_NPY,         /* what numpy.save writes, byte for byte; bfloat16 as 2-byte '<V2' */
    DETINIT_CSV,         /* a line for each row, digits enough to give back every bit */
    DETINIT_SAFETENSORS, /* one tensor "weight", its recipe in the metadata: see
                            detinit_network_save */
    DETINIT_FORMAT_COUNT
} detinit_format;

/* From the ending of a path: ".npy", ".csv", ".safetensors". False where the ending is none of
 * them. */
DETINIT_API bool detinit_format_of_path(const char *path, detinit_format *format);

/*
 * Saves a matrix, all or nothing: written beside `path`, flushed to disk, then
 * renamed over it, in a few MB of memory.  An existing file keeps its mode; a
 * symbolic link stands for what it points to; a device or a pipe is written straight
 * into.  Where `survey` is not NULL it is filled from all weights on the way.
 * `bytes`, where not NULL, gets the size.  A file-size limit is an error, not a signal.
 */
DETINIT_API detinit_status detinit_matrix_save(const detinit_matrix *matrix, const char *path,
                                               detinit_format format, const detinit_run *run,
                                               detinit_survey *survey, uint64_t *bytes,
                                               detinit_error *error);

/*
 * The same into an open file descriptor (a pipe, standard output), front to back, as
 * .npy or CSV; a .safetensors file needs a name: DETINIT_INVALID.
 * Where nobody reads on, DETINIT_CLOSED_PIPE instead of a signal.
 */
DETINIT_API detinit_status detinit_matrix_write(const detinit_matrix *matrix, int fd,
                                                detinit_format format, const detinit_run *run,
                                                detinit_survey *survey, uint64_t *bytes,
                                                detinit_error *error);

/* -------------------------------------------------------- files of tensors */

/*
 * One tensor of a file, in row-major order and little-endian, whatever the file does: where its
 * data lie, and how, its reader alone knows.
 */
typedef struct detinit_tensor {
    const char *name;    /* lives as long as the file; "" for the array of a .npy file */
    const char *type;    /* the name that .safetensors has for it: "F32", "U8" */
    bool weights;        /* false for integers and the like, whose items are read as they are */
    uint64_t item_bytes; /* of one item; 1 where several share a byte: F4, F6_E2M3, F6_E3M2 */
    detinit_dtype dtype; /* of weights */
    size_t rank; /* 0 is a single number; may be above DETINIT_MAX_RANK, then it is not tracked */
    const uint64_t *shape; /* of `rank` dimensions; lives as long as the file */
    uint64_t count; /* of items: the product of the shape, or of bytes that they share; may be 0 */
} detinit_tensor;

/* An open file of tensors, or several as one, checked from end to end of its headers. */
typedef struct detinit_tensorfile detinit_tensorfile;

/*
 * What can be opened: .npy files of float16, float32, float64, bfloat16 (NumPy's void of two
 * bytes), integers and bool, in both byte orders, row- and column-major; .safetensors files of
 * every type that the format has, with any number of dimensions; .npz, .pt and HDF5 files and
 * Keras' archives; an index of Hugging Face's
 * (model.safetensors.index.json), and a folder: with such an index, with .safetensors files, or
 * with the .npy files that detinit_network_save_folder leaves.
 *
 * Opens a file; what it is, its first bytes tell, not its name.  Nothing of the header
 * is believed before it is checked: DETINIT_INVALID with a sentence that names the file,
 * or DETINIT_IO.  Closed by detinit_tensorfile_close.
 */
DETINIT_API detinit_status detinit_tensorfile_open(const char *path, detinit_tensorfile **out,
                                                   detinit_error *error);
DETINIT_API void detinit_tensorfile_close(detinit_tensorfile *file);

/*
 * The same of `size` bytes in memory that hold such a file; they stay the caller's and must not
 * change while it is open.  `shown` is called its path.
 */
DETINIT_API detinit_status detinit_tensorfile_open_memory(const void *data, size_t size,
                                                          const char *shown,
                                                          detinit_tensorfile **out,
                                                          detinit_error *error);

/* The tensors, in the order of their data; NULL where `index` or `name` is none of them. */
DETINIT_API size_t detinit_tensorfile_count(const detinit_tensorfile *file);
DETINIT_API const detinit_tensor *detinit_tensorfile_tensor(const detinit_tensorfile *file,
                                                            size_t index);
DETINIT_API const detinit_tensor *detinit_tensorfile_find(const detinit_tensorfile *file,
                                                          const char *name);

/* The text that the file's __metadata__ holds under `key`, or NULL. */
DETINIT_API const char *detinit_tensorfile_metadata(const detinit_tensorfile *file,
                                                    const char *key);

/* The keys of __metadata__, in the order of their bytes; NULL where there are no more. */
DETINIT_API const char *detinit_tensorfile_metadata_key(const detinit_tensorfile *file,
                                                        size_t index);

/*
 * What the file holds beside tensors of numbers, and cannot be read: the name of number `index`,
 * and why in *why; NULL where there are no more.  Both live as long as the file.
 */
DETINIT_API const char *detinit_tensorfile_left_out(const detinit_tensorfile *file, size_t index,
                                                    const char **why);

/* The path, as it was given to open. */
DETINIT_API const char *detinit_tensorfile_path(const detinit_tensorfile *file);

/*
 * Reads `count` items from number `first` in row-major order into `stored`, count * item_bytes
 * bytes of little-endian values of tensor->type.  The tensor is the one that the file handed out,
 * no copy.  DETINIT_IO where the file has become shorter since it was opened.  Any number of
 * threads may read at once.
 *
 * Of a row-major tensor this is one read of the file.  A column-major one is read in bands of
 * many rows, up to 128 MB of which the file keeps until it is closed: read it from front to
 * back.  Of more than 4,096 columns of 4 bytes
 * a band has short runs only: then parts of the file are read several times.  Of the chunks of HDF5
 * files the last 32 MB are kept, or one; chunks are read by one thread at a time.
 */
DETINIT_API detinit_status detinit_tensor_read(const detinit_tensorfile *file,
                                               const detinit_tensor *tensor, uint64_t first,
                                               size_t count, void *stored, detinit_error *error);

/*
 * The same as numbers, whatever the type: `count` of the product of the shape, from number `first`
 * on, two for each of a complex type (real and imaginary part).  Exact, but for integers beyond
 * 2^53, which are rounded to the nearest double.  Of F4, F6_E2M3 and F6_E3M2, of which several
 * share bytes, the lowest bits come first.
 */
DETINIT_API detinit_status detinit_tensor_values(const detinit_tensorfile *file,
                                                 const detinit_tensor *tensor, uint64_t first,
                                                 size_t count, double *values,
                                                 detinit_error *error);

/* ------------------------------------------------- writing .safetensors files */

/*
 * A .safetensors file being written, all or nothing as detinit_matrix_save does.  All
 * tensors are announced before the first weight is written; then their data follow in the
 * order announced.
 */
typedef struct detinit_tensorwriter detinit_tensorwriter;

/* Opens a writer; ended by detinit_tensorwriter_commit or detinit_tensorwriter_abandon. */
DETINIT_API detinit_status detinit_tensorwriter_open(const char *path, detinit_tensorwriter **out,
                                                     detinit_error *error);

/*
 * The same of a writer that can be cancelled: while a pipe has no reader, or one that does not
 * read on, the progress of `run` is asked whether to go on waiting; where it says no, the call
 * that waits returns DETINIT_CANCELLED.  Threads are of no use here.  `run` must outlive the
 * writer; NULL stands for one that waits as long as it takes.
 */
DETINIT_API detinit_status detinit_tensorwriter_open_run(const char *path, const detinit_run *run,
                                                         detinit_tensorwriter **out,
                                                         detinit_error *error);

/* A pair of __metadata__; both texts are copied. The same key twice is DETINIT_INVALID. */
DETINIT_API detinit_status detinit_tensorwriter_metadata(detinit_tensorwriter *writer,
                                                         const char *key, const char *value,
                                                         detinit_error *error);

/*
 * Announces a tensor.  `type` is the format's name, any that detinit_tensor.type can be; *bytes,
 * where not NULL, gets the size of its data.  Readers that map the file want data aligned:
 * announce wide types before narrow ones.
 */
DETINIT_API detinit_status detinit_tensorwriter_announce(detinit_tensorwriter *writer,
                                                         const char *name, const char *type,
                                                         size_t rank, const uint64_t *shape,
                                                         uint64_t *bytes, detinit_error *error);

/* Appends data; the first call writes the header. */
DETINIT_API detinit_status detinit_tensorwriter_write(detinit_tensorwriter *writer,
                                                      const void *data, size_t bytes,
                                                      detinit_error *error);

/* Flushes and renames; DETINIT_INVALID where data are missing. Frees the writer in any case. */
DETINIT_API detinit_status detinit_tensorwriter_commit(detinit_tensorwriter *writer,
                                                       uint64_t *bytes, detinit_error *error);
DETINIT_API void detinit_tensorwriter_abandon(detinit_tensorwriter *writer);

/* The format's name of a storage type: "F32". */
DETINIT_API const char *detinit_dtype_safetensors(detinit_dtype dtype);

#ifdef __cplusplus
}
#endif

#endif
