/*
 * detinit: what training changed.  Files of tensors, and their weights compared
 * with the initial ones, which the seed makes again.
 *
 * The conventions of detinit.h hold here too.
 */
#ifndef DETINIT_TRACKING_H
#define DETINIT_TRACKING_H

#include "detinit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* -------------------------------------------------------- files of tensors */

/* One tensor of a file, in row-major order seen from outside, whatever the file does. */
typedef struct detinit_tensor {
    const char *name;    /* lives as long as the file; "" for the array of a .npy file */
    const char *type;    /* the name that .safetensors has for it: "F32", "U8" */
    bool weights;        /* false for integers and the like, whose items are read as they are */
    uint64_t item_bytes; /* of one item; 1 where several share a byte: F4, F6_E2M3, F6_E3M2 */
    detinit_dtype dtype; /* of weights */
    size_t rank;         /* 0 .. DETINIT_MAX_RANK; 0 is a single number */
    uint64_t shape[DETINIT_MAX_RANK];
    uint64_t count;  /* of items: the product of the shape, or of bytes that they share; may be 0 */
    uint64_t offset; /* of the data in the file, in bytes */
    bool big_endian; /* as the file has them; detinit_tensor_read hides both */
    bool column_major;
} detinit_tensor;

/* An open .npy (versions 1 to 3) or .safetensors file, checked from end to end of its header. */
typedef struct detinit_tensorfile detinit_tensorfile;

/*
 * What can be opened: .npy files of float16, float32, float64, bfloat16 (NumPy's void of two
 * bytes), integers and bool, in both byte orders, row- and column-major; .safetensors files of
 * every type that the format has.  No more than 8 dimensions.
 *
 * Opens a file; what it is, its first bytes tell, not its name.  Nothing of the header
 * is believed before it is checked: DETINIT_INVALID with a sentence that names the file,
 * or DETINIT_IO.  Closed by detinit_tensorfile_close.
 */
detinit_status detinit_tensorfile_open(const char *path, detinit_tensorfile **out,
                                       detinit_error *error);
void detinit_tensorfile_close(detinit_tensorfile *file);

/* The tensors, in the order of their data; NULL where `index` or `name` is none of them. */
size_t detinit_tensorfile_count(const detinit_tensorfile *file);
const detinit_tensor *detinit_tensorfile_tensor(const detinit_tensorfile *file, size_t index);
const detinit_tensor *detinit_tensorfile_find(const detinit_tensorfile *file, const char *name);

/* The text that the file's __metadata__ holds under `key`, or NULL. */
const char *detinit_tensorfile_metadata(const detinit_tensorfile *file, const char *key);

/* The keys of __metadata__, in the order of their bytes; NULL where there are no more. */
const char *detinit_tensorfile_metadata_key(const detinit_tensorfile *file, size_t index);

/* The path, as it was given to open. */
const char *detinit_tensorfile_path(const detinit_tensorfile *file);

/*
 * Reads `count` items from number `first` in row-major order into `stored`, count * item_bytes
 * bytes of little-endian values of tensor->type.  DETINIT_IO where the file has become shorter
 * since it was opened.  Any number of threads may read at once.
 *
 * Of a row-major tensor this is one read of the file.  A column-major one is read in bands of
 * many rows, up to 128 MB of which the file keeps until it is closed: read it from front to
 * back.  Of more than 4,096 columns of 4 bytes
 * a band has short runs only: then parts of the file are read several times.
 */
detinit_status detinit_tensor_read(const detinit_tensorfile *file, const detinit_tensor *tensor,
                                   uint64_t first, size_t count, void *stored,
                                   detinit_error *error);

/* ------------------------------------------------- writing .safetensors files */

/*
 * A .safetensors file being written, all or nothing as detinit_matrix_save does.  All
 * tensors are announced before the first weight is written; then their data follow in the
 * order announced.
 */
typedef struct detinit_tensorwriter detinit_tensorwriter;

/* Opens a writer; ended by detinit_tensorwriter_commit or detinit_tensorwriter_abandon. */
detinit_status detinit_tensorwriter_open(const char *path, detinit_tensorwriter **out,
                                         detinit_error *error);

/* A pair of __metadata__; both texts are copied. The same key twice is DETINIT_INVALID. */
detinit_status detinit_tensorwriter_metadata(detinit_tensorwriter *writer, const char *key,
                                             const char *value, detinit_error *error);

/*
 * Announces a tensor.  `type` is the format's name, any that detinit_tensor.type can be; *bytes,
 * where not NULL, gets the size of its data.  Readers that map the file want data aligned:
 * announce wide types before narrow ones.
 */
detinit_status detinit_tensorwriter_announce(detinit_tensorwriter *writer, const char *name,
                                             const char *type, size_t rank, const uint64_t *shape,
                                             uint64_t *bytes, detinit_error *error);

/* Appends data; the first call writes the header. */
detinit_status detinit_tensorwriter_write(detinit_tensorwriter *writer, const void *data,
                                          size_t bytes, detinit_error *error);

/* Flushes and renames; DETINIT_INVALID where data are missing. Frees the writer in any case. */
detinit_status detinit_tensorwriter_commit(detinit_tensorwriter *writer, uint64_t *bytes,
                                           detinit_error *error);
void detinit_tensorwriter_abandon(detinit_tensorwriter *writer);

/* The format's name of a storage type: "F32". */
const char *detinit_dtype_safetensors(detinit_dtype dtype);

/* ---------------------------------------------------------------- networks */

/* The most tensors that a network can have. */
#define DETINIT_NETWORK_MOST 65536

/*
 * One tensor of a network: its name and the recipe that makes it.  A name is 1 .. 200
 * bytes of UTF-8 that do as the name of a file, too: no slash and no control character in
 * it, and no dot at its beginning; "__metadata__" is not free.
 */
typedef struct detinit_layer {
    char *name;
    detinit_recipe recipe;
} detinit_layer;

/* All tensors of a network, in order. Freed by detinit_network_free. */
typedef struct detinit_network {
    size_t count;
    detinit_layer *layers;
} detinit_network;

/*
 * Reads a manifest, a JSON object:
 *
 *     {"version": 1, "seed": 42, "about": "...", "mode": "he", ...,
 *      "tensors": [{"name": "fc1", "shape": [256, 784], "mode": "lecun", ...}, ...]}
 *
 * "tensors" must be there, 1 .. DETINIT_NETWORK_MOST of them with different names, and
 * "name" and "shape" in each.  "layer" is a tensor's position, from 0, unless it says
 * otherwise.  "seed" (42), "mode" (he), "dist" (default), "std" (0.02, with mode normal
 * alone), "gain" (1), "fan_in" (cols), "orthogonal", "zero_mean" (false) and "dtype"
 * (float64) may stand at the top, for all tensors, and in a tensor, for it.  Whole numbers
 * may be texts, and beyond 2^63-1 have to be.  "version" is DETINIT_GENERATOR_VERSION;
 * "about" is any text, for people.
 *
 * Nothing of the text is believed before it is checked: DETINIT_INVALID says in one line
 * of plain text which tensor is wrong, by number from 1 and by name, and what was
 * expected; `shown` stands for the text in it.
 */
detinit_status detinit_network_parse(const char *json, size_t length, const char *shown,
                                     detinit_network *out, detinit_error *error);

/*
 * The manifest of a network: what detinit_network_parse reads to make the same network
 * (detinit_recipe_equal).  The same network gives the same text.  malloc'ed; NULL without
 * memory, or where a name or a recipe is not valid.
 */
char *detinit_network_manifest(const detinit_network *network);

/*
 * A fully connected network from its widths: "784-256-128-10" gives matrices fc1 256x784,
 * fc2 128x256, fc3 10x128 (784x256, ... where like->fan_in is rows), at layers
 * like->layer, like->layer + 1, ..., and everything else of their recipes as in `like`.
 */
detinit_status detinit_network_layers(const char *widths, const detinit_recipe *like,
                                      detinit_network *out, detinit_error *error);

/* The layer of that name, or NULL. */
const detinit_layer *detinit_network_find(const detinit_network *network, const char *name);

/* Frees what a network holds, and leaves it empty. */
void detinit_network_free(detinit_network *network);

/*
 * Saves all tensors of a network into one .safetensors file, all or nothing, in a few MB of
 * memory (an orthogonal tensor is held).  Its metadata hold the manifest under
 * "detinit.manifest" and the generator's version under "detinit.version".  Names and
 * recipes are checked first: DETINIT_INVALID.  `bytes`, where not NULL, gets the size.
 */
detinit_status detinit_network_save(const detinit_network *network, const char *path,
                                    const detinit_run *run, uint64_t *bytes, detinit_error *error);

/*
 * The same into a folder: NAME.npy for each tensor, and manifest.json.  It is made beside
 * `path` and takes its place when it is whole; a folder that is there already is replaced if
 * it holds nothing but files that the new one has, too, and refused otherwise.
 */
detinit_status detinit_network_save_folder(const detinit_network *network, const char *path,
                                           const detinit_run *run, uint64_t *bytes,
                                           detinit_error *error);

/* ------------------------------------------------------------------ changes */

/*
 * A tensor of a file and the recipe of its initial weights, which are rounded to the
 * file's type before any comparison.  Plain data; the file must stay open.
 */
typedef struct detinit_tracked {
    const detinit_tensorfile *file;
    const detinit_tensor *tensor;
    detinit_recipe recipe; /* of the tensor's dtype */
} detinit_tracked;

/*
 * Joins both.  DETINIT_INVALID where the recipe is not valid or has another shape than the
 * tensor, or the tensor holds no weights.
 */
detinit_status detinit_track(const detinit_tensorfile *file, const detinit_tensor *tensor,
                             const detinit_recipe *recipe, detinit_tracked *out,
                             detinit_error *error);

/* Bytes of memory that comparing it takes beyond a few MB: an orthogonal matrix is held. */
uint64_t detinit_tracked_memory(const detinit_tracked *tracked);

/*
 * One weight: whether `current` is further than `threshold` (>= 0) from the initial weight at
 * (row, col) of the tensor seen as a matrix; *delta, where not NULL, gets current - initial.
 * What is not finite has changed.
 */
bool detinit_weight_changed(const detinit_matrix *matrix, uint64_t row, uint64_t col,
                            double current, double threshold, double *delta);

/*
 * Bins of |w - w0| on a log scale: bin 0 counts what lies below 2^(LOWEST + 1), zeros
 * among it, and bin n > 0 counts 2^(LOWEST + n) <= |w - w0| < 2^(LOWEST + n + 1);
 * the last bin takes what lies beyond.
 */
#define DETINIT_CHANGE_BINS   80
#define DETINIT_CHANGE_LOWEST (-64)

/*
 * What changed in one tensor.  "Changed" is |w - w0| > threshold; a weight that is not finite
 * has changed and stays out of means, extremes, histogram and decay.  The others sleep.
 */
typedef struct detinit_change {
    double threshold;
    uint64_t total_weights, changed_weights, sleeping_weights;
    uint64_t exactly_unchanged; /* every bit as it was drawn */
    uint64_t not_finite;
    double mean_delta;         /* of |w - w0| over all finite weights */
    double max_delta;          /* the largest |w - w0| */
    uint64_t max_position;     /* its first place, counted in row-major order */
    uint64_t first_difference; /* the first weight not exactly unchanged; total_weights if none */
    double decay;              /* the c for which c w0 fits w best, by least squares */
    uint64_t decay_sleeping;   /* weights with |w - c w0| <= threshold */
    uint64_t dead_rows;        /* rows (units) and columns (inputs) that sleep as a whole, */
    uint64_t dead_cols;        /* of the tensor seen as a matrix */
    uint64_t histogram[DETINIT_CHANGE_BINS];
} detinit_change;

/*
 * Compares a tensor with its initial weights, for a threshold >= 0, in a few MB of memory
 * (and a byte for each column).  The figures do not depend on threads or instruction set.
 * `decay_sleeping` takes a second pass over the file and is made only `with_decay`; else
 * it is 0.  Progress counts weights.
 */
detinit_status detinit_tracked_change(const detinit_tracked *tracked, double threshold,
                                      bool with_decay, const detinit_run *run, detinit_change *out,
                                      detinit_error *error);

/*
 * The smallest threshold at which at least the share `sparsity` (0 .. 1) of all weights of
 * `count` tensors sleeps: exactly, the |w - w0| that stands at that place in ascending order.
 * DETINIT_INVALID where more weights than that are not finite.
 */
detinit_status detinit_threshold_of_sparsity(const detinit_tracked *tracked, size_t count,
                                             double sparsity, const detinit_run *run,
                                             double *threshold, detinit_error *error);

/* The share of the squared change that sleeping weights may hold at the automatic threshold. */
#define DETINIT_AUTO_SHARE 0.01

/*
 * The largest threshold, on a scale of 16 steps an octave, at which the sleeping weights hold at
 * most DETINIT_AUTO_SHARE of the sum of (w - w0)^2 of all tensors: setting them back moves the
 * weights by at most a tenth of the way that training moved them.
 */
detinit_status detinit_threshold_auto(const detinit_tracked *tracked, size_t count,
                                      const detinit_run *run, double *threshold,
                                      detinit_error *error);

#ifdef __cplusplus
}
#endif

#endif
