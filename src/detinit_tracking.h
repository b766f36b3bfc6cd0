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
 * What changed in one tensor.  "Changed" is |w - w0| > threshold.  A weight that is not finite
 * has changed, too, unless every bit is as it was drawn, and stays out of means, extremes,
 * histogram and decay; so does one whose |w - w0| is more than binary64 can hold.  The others
 * sleep.
 */
typedef struct detinit_change {
    double threshold;
    uint64_t total_weights, changed_weights, sleeping_weights;
    uint64_t exactly_unchanged; /* every bit as it was drawn */
    uint64_t not_finite;        /* among changed_weights */
    double mean_delta;          /* of |w - w0| over all finite weights */
    double max_delta;           /* the largest |w - w0| */
    uint64_t max_position;      /* its first place, counted in row-major order */
    uint64_t first_difference;  /* the first weight not exactly unchanged; total_weights if none */
    double decay;               /* the c for which c w0 fits w best, by least squares */
    uint64_t decay_counted;     /* weights that decay_sleeping was counted among */
    uint64_t decay_sleeping;    /* weights with |w - c w0| <= threshold */
    uint64_t dead_rows;         /* rows (units) and columns (inputs) that sleep as a whole, */
    uint64_t dead_cols;         /* of the tensor seen as a matrix */
    uint64_t histogram[DETINIT_CHANGE_BINS];
} detinit_change;

/* How decay_sleeping is counted, which takes a second pass. */
typedef enum detinit_decay {
    DETINIT_DECAY_NOT,     /* decay_counted is 0 */
    DETINIT_DECAY_SAMPLED, /* above DETINIT_SAMPLE_ABOVE weights in detinit_matrix_survey's sample
                            */
    DETINIT_DECAY_EXACT    /* among all weights */
} detinit_decay;

/*
 * Compares a tensor with its initial weights, for a threshold >= 0, in 1 MB of memory a thread
 * and a bit for each column.  The figures do not depend on threads or instruction set.
 * Progress counts weights, twice where there is a second pass over all.
 */
detinit_status detinit_tracked_change(const detinit_tracked *tracked, double threshold,
                                      detinit_decay decay, const detinit_run *run,
                                      detinit_change *out, detinit_error *error);

/*
 * All |w - w0| of a tensor, block by block in row-major order: `take`, in the calling thread, gets
 * `count` of them from number `first` on; it may fail, which ends the pass.  Infinity stands for
 * what is not finite, 0 for an infinity that was drawn.  Progress counts weights.
 */
detinit_status detinit_tracked_deltas(const detinit_tracked *tracked,
                                      detinit_status (*take)(void *context, uint64_t first,
                                                             size_t count, const double *deltas,
                                                             detinit_error *error),
                                      void *context, const detinit_run *run, detinit_error *error);

/*
 * The smallest threshold at which at least the share `sparsity` (0 .. 1) of all weights of
 * `count` tensors sleeps: exactly, the |w - w0| that stands at that place in ascending order.
 * DETINIT_INVALID where more weights than that are not finite.  All weights are read twice, and
 * up to four times where more than 2^23 changes are nearly the same; 64 MB of memory at most.
 */
detinit_status detinit_threshold_of_sparsity(const detinit_tracked *tracked, size_t count,
                                             double sparsity, const detinit_run *run,
                                             double *threshold, detinit_error *error);

/* The share of the squared change that sleeping weights may hold at the automatic threshold. */
#define DETINIT_AUTO_SHARE 0.01

/*
 * The largest threshold, on a scale of 16 steps an octave, at which the sleeping weights hold at
 * most DETINIT_AUTO_SHARE of the sum of (w - w0)^2 of all tensors: setting them back moves the
 * weights by at most a tenth of the way that training moved them.  All weights are read once.
 */
detinit_status detinit_threshold_auto(const detinit_tracked *tracked, size_t count,
                                      const detinit_run *run, double *threshold,
                                      detinit_error *error);

/* --------------------------------------------- masks, pruned and packed files */

/*
 * Files that these functions write are all or nothing, as detinit_matrix_save's, also where
 * they replace the very file that is read.  `path` ends in .safetensors, or in .npy for a
 * single tensor, else DETINIT_INVALID; the array of a .npy file is called "weight" in a
 * .safetensors file.  Data are written little-endian and row by row.  A file that becomes
 * shorter meanwhile is DETINIT_IO.  Memory is a few MB, beyond detinit_tracked_memory.
 * Thresholds are finite and >= 0, else DETINIT_INVALID; what changed and what sleeps is
 * defined at detinit_change.  A weight that equals its initial one but for the sign of
 * a zero sleeps at every threshold.
 */

/*
 * The mask of a tensor, the document's get_awakened_mask: mask[n] is 1 where weight n, in
 * row-major order, has changed, else 0.  `mask` has room for tensor->count bytes; *changed,
 * where not NULL, gets the sum.
 */
detinit_status detinit_tracked_mask(const detinit_tracked *tracked, double threshold,
                                    const detinit_run *run, unsigned char *mask, uint64_t *changed,
                                    detinit_error *error);

/*
 * Saves the masks of `count` tensors as booleans, under the names and with the shapes of
 * the tensors; a .npy file is what numpy.save writes.  changed[n], where not NULL, gets how
 * many weights of tensor n have changed, and *bytes the size of the file.
 */
detinit_status detinit_mask_save(const detinit_tracked *tracked, size_t count, double threshold,
                                 const char *path, const detinit_run *run, uint64_t *changed,
                                 uint64_t *bytes, detinit_error *error);

/* What becomes of a weight that is pruned, and which ones are. */
typedef enum detinit_prune {
    DETINIT_PRUNE_INIT,      /* those that sleep become their initial value, to the bit */
    DETINIT_PRUNE_ZERO,      /* those that sleep become 0 */
    DETINIT_PRUNE_MAGNITUDE, /* as many become 0, those with the smallest |w| */
    DETINIT_PRUNE_COUNT
} detinit_prune;

/* The name of a way: "init". */
const char *detinit_prune_name(detinit_prune way);

/*
 * Which weights of some tensors pruning takes.  By magnitude these are the first `sleeping`
 * ones in ascending order of |w| over all tensors together, of equal ones those that come
 * first: all with |w| below `magnitude`, and those of just that before place tie_position of
 * tensor tie_tensor.  What is not finite comes last.
 */
typedef struct detinit_pruning {
    double threshold;
    uint64_t total_weights, sleeping;
    double magnitude;
    size_t tie_tensor;
    uint64_t tie_position;
} detinit_pruning;

/*
 * Finds the weights that are pruned at a threshold.  The fields that magnitude alone
 * needs take up to five more passes over the weights and are found only `with_magnitude`.
 */
detinit_status detinit_pruning_find(const detinit_tracked *tracked, size_t count, double threshold,
                                    bool with_magnitude, const detinit_run *run,
                                    detinit_pruning *out, detinit_error *error);

/*
 * Saves a copy of a file in which the `count` tracked tensors, all of them its own, are
 * pruned as `pruning` says, which was found for just these tensors.  The other tensors,
 * the metadata, names, types and order stay as they are.
 */
detinit_status detinit_prune_save(const detinit_tensorfile *file, const detinit_tracked *tracked,
                                  size_t count, detinit_prune way, const detinit_pruning *pruning,
                                  const char *path, const detinit_run *run, uint64_t *bytes,
                                  detinit_error *error);

/* The random inputs that an effect is measured on. */
#define DETINIT_EFFECT_INPUTS 256
#define DETINIT_EFFECT_SEED   42
#define DETINIT_EFFECT_LAYER  UINT64_MAX

/*
 * What each way of pruning does to the outputs of one tensor f(x) = W x, without bias, for
 * DETINIT_EFFECT_INPUTS inputs x of independent standard normals.  W has a row for each unit:
 * the first dimension of the tensor, all others together being its inputs; a matrix whose
 * recipe has fan_in rows has a unit for each column; a vector is one unit.  Input number s
 * is column s of the float64 matrix of mode normal, std 1, with seed DETINIT_EFFECT_SEED,
 * layer DETINIT_EFFECT_LAYER, as many rows as W has inputs, and a column for each input.
 */
typedef struct detinit_effect {
    uint64_t pruned[DETINIT_PRUNE_COUNT]; /* weights */
    double output;                        /* the sum of f(x)^2 over all inputs and units */
    double change[DETINIT_PRUNE_COUNT];   /* the sum of (f_pruned(x) - f(x))^2 */
} detinit_effect;

/*
 * Measures the effects on all `count` tensors, for which `pruning` was found with magnitude:
 * out[n] gets that on tensor n.  The figures do not depend on threads or instruction set;
 * they are not numbers where weights are not.
 */
detinit_status detinit_prune_effects(const detinit_tracked *tracked, size_t count,
                                     const detinit_pruning *pruning, const detinit_run *run,
                                     detinit_effect *out, detinit_error *error);

/* ||f_pruned(x) - f(x)|| / ||f(x)|| of one effect, or of the sums of several; 0 for 0 / 0. */
double detinit_effect_relative(const detinit_effect *effect, detinit_prune way);

/* Whether a tensor holds its initial weights, every bit of them, and where not. */
typedef struct detinit_verification {
    uint64_t total_weights, different;
    uint64_t first; /* the first that differs, in row-major order; total_weights if none */
    uint64_t found, expected; /* the bits of both, in the low bits */
    double found_value, expected_value;
} detinit_verification;

detinit_status detinit_tracked_verify(const detinit_tracked *tracked, const detinit_run *run,
                                      detinit_verification *out, detinit_error *error);

/* What a packed file holds. */
typedef struct detinit_packing {
    double threshold;
    uint64_t total_weights, stored_weights; /* of the tracked tensors */
    uint64_t dense_bytes; /* of the file that was packed; 0 where that is not known */
    uint64_t bytes;       /* of the packed file */
} detinit_packing;

/*
 * Saves what the seed cannot make again: of each of the `count` tracked tensors, all of them
 * of `file`, a bit for each weight that says whether it has changed, and the weights that
 * have; all other tensors as they are.  `path` must end in .safetensors.  The file is a valid
 * .safetensors file: tensor W is held as "W.awake" of type U8, bit n % 8 (from the lowest) of
 * byte n / 8 for weight n, and "W.values", of W's type, in order.  Its metadata hold the
 * recipes as a manifest ("detinit.manifest"), the generator's version ("detinit.version"),
 * and as JSON ("detinit.packed") the threshold, the metadata of the file that was packed,
 * and its tensors' names, types, shapes, order and SHA-256 after unpacking.
 */
detinit_status detinit_pack_save(const detinit_tensorfile *file, const detinit_tracked *tracked,
                                 size_t count, double threshold, const char *path,
                                 const detinit_run *run, detinit_packing *out,
                                 detinit_error *error);

/* A packed file that was checked, the sizes and the number of bits of its masks among it. */
typedef struct detinit_packed detinit_packed;

/* Whether a file says that it is a packed one. */
bool detinit_tensorfile_is_packed(const detinit_tensorfile *file);

/*
 * Checks a packed file, which must stay open: DETINIT_INVALID says what is wrong with it.
 * Freed by detinit_packed_free.
 */
detinit_status detinit_packed_open(const detinit_tensorfile *file, detinit_packed **out,
                                   detinit_error *error);
void detinit_packed_free(detinit_packed *packed);

/* Tensors of the file that was packed. */
size_t detinit_packed_count(const detinit_packed *packed);

/* What it holds, and the recipes of its tracked tensors; both live as long as it does. */
const detinit_packing *detinit_packed_packing(const detinit_packed *packed);
const detinit_network *detinit_packed_network(const detinit_packed *packed);

/*
 * Saves the checkpoint again: byte for byte the file that detinit_prune_save writes with
 * DETINIT_PRUNE_INIT from the one that was packed, at the same threshold and for a path of
 * the same ending.  DETINIT_INVALID where the SHA-256 of a tensor is not that of what was
 * packed: then no file is written.
 */
detinit_status detinit_unpack_save(const detinit_packed *packed, const char *path,
                                   const detinit_run *run, uint64_t *bytes, detinit_error *error);

#ifdef __cplusplus
}
#endif

#endif
