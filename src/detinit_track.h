/*
 * detinit: stored weights against those that the recipe makes.  The proof that a matrix can be made
 * again; what training changed; masks and pruned files.
 *
 * The conventions of detinit.h hold here too.
 */
#ifndef DETINIT_TRACK_H
#define DETINIT_TRACK_H

#include "detinit_files.h"
#include "detinit_network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --------------------------------------------------------- reproducibility */

/* Of a matrix of more weights than this, so many are made one at a time. */
#define DETINIT_SCALAR_COUNT ((uint64_t)1 << 22)

typedef struct detinit_reproducibility {
    bool equal;
    uint64_t compared;     /* comparisons of single weights */
    double max_difference; /* the largest |a - b| seen */
    char sha256[65];       /* of the matrix as little-endian row-major data of its dtype */
} detinit_reproducibility;

/*
 * Compares the matrix, bit for bit, with itself made by other means: one weight at a
 * time in shuffled order; anew on the other instruction sets, cut in other places; by
 * another number of threads; and, where `saved` is not NULL, that .npy or .safetensors
 * file read back.
 *
 * Up to DETINIT_SCALAR_COUNT weights every way makes the whole matrix.  Of a larger
 * one DETINIT_SCALAR_COUNT hashed places, spread evenly, are made one at a time
 * (fewer with zero_mean, where each costs a whole slice), and each block is made
 * anew on one of the instruction sets.  Memory is a few MB, save for an orthogonal
 * matrix, of which a second is held.
 *
 * A file that cannot be read, or holds an array of another dtype or shape, is an
 * error; one that holds other weights makes `equal` false.
 */
DETINIT_API detinit_status detinit_matrix_reproduce(const detinit_matrix *matrix, const char *saved,
                                                    const detinit_run *run,
                                                    detinit_reproducibility *out,
                                                    detinit_error *error);

/* ------------------------------------------------------------------ changes */

/*
 * Weights in the caller's memory, of which nothing is copied: weight (i0, i1, ...) lies, little-
 * endian, at `data` + the sum of i[d] * strides[d], in bytes.  Strides may be negative, or 0
 * where the same weight stands for all of a dimension; NULL: row by row without gaps.  `data` need
 * not be aligned for the type, and points to the weight (0, 0, ...), wherever that lies.  All
 * that is pointed to is the caller's, and must stay as long as it is tracked.
 */
typedef struct detinit_memory_tensor {
    const char *name; /* for sentences and for files that are written; NULL or "": "weight" */
    detinit_dtype dtype;
    size_t rank;
    uint64_t shape[DETINIT_MAX_RANK];
    const int64_t *strides;
    void *data; /* only read, but by detinit_restore */
} detinit_memory_tensor;

/*
 * Weights, of a file or in memory, and the recipe of their initial values; or of a block of a
 * tensor, and the recipe of the whole.  An initial weight is rounded as the recipe says, to its via
 * and its dtype, and then to the type that the weights are stored in, before any comparison: a
 * model that was cast and not trained differs by exactly 0.  Made by detinit_track,
 * detinit_track_memory or detinit_track_block, alone.  Plain data; the file must stay open, or the
 * memory stay, and so must what the recipe's parts belong to.
 */
typedef struct detinit_tracked {
    const detinit_tensorfile *file; /* both NULL: in memory */
    const detinit_tensor *tensor;
    const char *name;                   /* "" where there is none */
    detinit_dtype dtype;                /* that the weights are stored in */
    uint64_t shape[DETINIT_MAX_RANK];   /* of the weights, whose rank is the recipe's */
    uint64_t count;                     /* of them */
    uint64_t offsets[DETINIT_MAX_RANK]; /* in the tensor of the recipe: 0 but for a block */
    detinit_recipe recipe; /* of the whole; its dtype is `dtype` where float64 rounded nothing */
    unsigned char *data;   /* in memory */
    int64_t strides[DETINIT_MAX_RANK];
} detinit_tracked;

/*
 * Joins both.  DETINIT_INVALID where the recipe is not valid or has another shape than the
 * tensor, or the tensor holds no weights.
 */
DETINIT_API detinit_status detinit_track(const detinit_tensorfile *file,
                                         const detinit_tensor *tensor, const detinit_recipe *recipe,
                                         detinit_tracked *out, detinit_error *error);

/* The same of weights in memory. */
DETINIT_API detinit_status detinit_track_memory(const detinit_memory_tensor *memory,
                                                const detinit_recipe *recipe, detinit_tracked *out,
                                                detinit_error *error);

/*
 * The same of a block of the recipe's tensor, of memory->shape indices from `offsets` on in each
 * dimension: what one rank of many holds.  To all functions it is a tensor of that shape, whose
 * initial weights are those of the whole at their places: rows, positions and units are counted
 * within it.  DETINIT_INVALID where it leaves the tensor.
 */
DETINIT_API detinit_status detinit_track_block(const detinit_memory_tensor *memory,
                                               const detinit_recipe *recipe,
                                               const uint64_t *offsets, detinit_tracked *out,
                                               detinit_error *error);

/*
 * Which tensors of a file stand for which of a network.  Several layers stand for one tensor where
 * they are tied, or parts of a fused one.
 */
typedef struct detinit_pairing {
    size_t count;
    detinit_tracked *tracked; /* of `count` tensors, in the order of the file's */
    /* Of each layer of the network; `held` is the number of its tensor in the file. */
    detinit_name_place *places;
    size_t missing;        /* layers without a tensor */
    detinit_recipe *parts; /* of fused recipes, to which tracked ones point */
} detinit_pairing;

/*
 * Finds the tensors of a network in a file, as detinit_names_find does; the file's metadata may
 * tell that a name stands for another tensor, too, as safetensors' save_model does with what is
 * tied. The array of a .npy file has no name: it is that of a network of one, or what the file is
 * called.
 *
 * The recipes of a stack become one fused recipe.  DETINIT_INVALID tells in one sentence what is
 * wrong: a layer that the file does not have, and what is nearest to it; another shape; what holds
 * no weights; recipes that differ, of one tensor.  Where `partial`, layers may be missing, if not
 * all are.  Tensors of the file that no layer stands for are never wrong.
 *
 * Freed by detinit_pairing_free.  The file and the network must outlive it.
 */
DETINIT_API detinit_status detinit_pairing_find(const detinit_tensorfile *file,
                                                const detinit_network *network,
                                                const detinit_name_rules *rules, bool partial,
                                                detinit_pairing *out, detinit_error *error);
DETINIT_API void detinit_pairing_free(detinit_pairing *pairing);

/* Bytes of memory that comparing it takes beyond a few MB: an orthogonal matrix is held. */
DETINIT_API uint64_t detinit_tracked_memory(const detinit_tracked *tracked);

/*
 * One weight: whether `current` is further than `threshold` (>= 0) from the initial weight at
 * (row, col) of the tensor seen as a matrix; *delta, where not NULL, gets current - initial.
 * What is not finite has changed.
 */
DETINIT_API bool detinit_weight_changed(const detinit_matrix *matrix, uint64_t row, uint64_t col,
                                        double current, double threshold, double *delta);

/*
 * Bins of |w - w0| on a log scale: bin 0 counts what lies below 2^(LOWEST + 1), zeros
 * among it, and bin n > 0 counts 2^(LOWEST + n) <= |w - w0| < 2^(LOWEST + n + 1);
 * the last bin takes what lies beyond.
 */
#define DETINIT_CHANGE_BINS   80
#define DETINIT_CHANGE_LOWEST (-64)

/*
 * The units and inputs of a layer: of (out, in, h, w, ...) a unit is an index of the first
 * dimension, and has an input for each index of all others together; of (h, w, ..., in, out), where
 * the recipe has fan_in rows, a unit is an index of the last.  A vector is one unit, and so is a
 * single number.
 *
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
    /* Those that sleep as a whole are dead; where there are no weights, none is. */
    uint64_t dead_rows, dead_cols; /* of the tensor seen as a matrix */
    uint64_t units, dead_units;    /* of the layer */
    uint64_t inputs, dead_inputs;
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
 * and a bit for each column, unit or input.  The figures do not depend on threads or instruction
 * set. Progress counts weights, twice where there is a second pass over all.
 */
DETINIT_API detinit_status detinit_tracked_change(const detinit_tracked *tracked, double threshold,
                                                  detinit_decay decay, const detinit_run *run,
                                                  detinit_change *out, detinit_error *error);

/*
 * How many weights have |w - decay w0| <= threshold (>= 0): what DETINIT_DECAY_EXACT counts for the
 * decay that fits this tensor best, for any.
 */
DETINIT_API detinit_status detinit_tracked_decay(const detinit_tracked *tracked, double threshold,
                                                 double decay, const detinit_run *run,
                                                 uint64_t *sleeping, detinit_error *error);

/*
 * All |w - w0| of a tensor, block by block in row-major order: `take`, in the calling thread, gets
 * `count` of them from number `first` on; it may fail, which ends the pass.  Infinity stands for
 * what is not finite, 0 for an infinity that was drawn.  Progress counts weights.
 */
DETINIT_API detinit_status
detinit_tracked_deltas(const detinit_tracked *tracked,
                       detinit_status (*take)(void *context, uint64_t first, size_t count,
                                              const double *deltas, detinit_error *error),
                       void *context, const detinit_run *run, detinit_error *error);

/*
 * The smallest threshold at which at least the share `sparsity` (0 .. 1) of all weights of
 * `count` tensors sleeps: exactly, the |w - w0| that stands at that place in ascending order.
 * DETINIT_INVALID where more weights than that are not finite.  All weights are read twice, and
 * up to four times where more than 2^23 changes are nearly the same; 64 MB of memory at most.
 */
DETINIT_API detinit_status detinit_threshold_of_sparsity(const detinit_tracked *tracked,
                                                         size_t count, double sparsity,
                                                         const detinit_run *run, double *threshold,
                                                         detinit_error *error);

/* The share of the squared change that sleeping weights may hold at the automatic threshold. */
#define DETINIT_AUTO_SHARE 0.01

/*
 * The largest threshold, on a scale of 16 steps an octave, at which the sleeping weights hold at
 * most DETINIT_AUTO_SHARE of the sum of (w - w0)^2 of all tensors: setting them back moves the
 * weights by at most a tenth of the way that training moved them.  All weights are read once.
 */
DETINIT_API detinit_status detinit_threshold_auto(const detinit_tracked *tracked, size_t count,
                                                  const detinit_run *run, double *threshold,
                                                  detinit_error *error);

/* ----------------------------------------------- blocks on many machines, put together */

/*
 * What has changed in some blocks of a tensor.  Parts are made where the blocks are, carried as
 * bytes, and merged in any order, each block once, into the figures of the whole:
 *
 *     detinit_change_part_new(&recipe, threshold, &part, &error);
 *     detinit_change_part_add(part, &tracked, NULL, &error);     (by detinit_track_block)
 *     detinit_change_part_merge(part, other, &error);            (from another machine)
 *     detinit_change_part_finish(part, &change, &error);
 *
 * All counts, max_delta and its place, the first difference, what is dead, and the histogram are
 * exactly those that detinit_tracked_change finds of the whole.  mean_delta and decay are not:
 * they are made of the binary64 sums of |w - w0|, w w0 and w0^2, which are added in another order
 * than the whole's, so that each of them may differ from it by n * 2^-52 of the sum of the
 * magnitudes of its n terms.  Most often that is the last digit or none; mean_delta never differs
 * by more than its n * 2^-52.  decay_counted is 0: once the decay is known, detinit_tracked_decay
 * counts each block, and these counts add up.
 *
 * A part belongs to one thread at a time.
 */
typedef struct detinit_change_part detinit_change_part;

/*
 * A part in which nothing was compared yet; `recipe` is of the whole tensor, the threshold finite
 * and
 * >= 0, else DETINIT_INVALID.  Freed by detinit_change_part_free.
 */
DETINIT_API detinit_status detinit_change_part_new(const detinit_recipe *recipe, double threshold,
                                                   detinit_change_part **out, detinit_error *error);
DETINIT_API void detinit_change_part_free(detinit_change_part *part);

/* Compares a block of the recipe's tensor, or all; DETINIT_INVALID where it is of another. */
DETINIT_API detinit_status detinit_change_part_add(detinit_change_part *part,
                                                   const detinit_tracked *tracked,
                                                   const detinit_run *run, detinit_error *error);

/* Adds what another part found, at the same threshold. */
DETINIT_API detinit_status detinit_change_part_merge(detinit_change_part *part,
                                                     const detinit_change_part *other,
                                                     detinit_error *error);

/* A part as bytes, for machines of the same byte order: a bit for each unit and input, and 1 KB. */
DETINIT_API size_t detinit_change_part_size(const detinit_change_part *part);
DETINIT_API void detinit_change_part_write(const detinit_change_part *part, void *out);

/* Back from bytes, which are checked: DETINIT_INVALID where they are none of this recipe. */
DETINIT_API detinit_status detinit_change_part_read(const detinit_recipe *recipe, const void *data,
                                                    size_t size, detinit_change_part **out,
                                                    detinit_error *error);

/* The figures of the whole; DETINIT_INVALID where not as many weights as it has were compared. */
DETINIT_API detinit_status detinit_change_part_finish(const detinit_change_part *part,
                                                      detinit_change *out, detinit_error *error);

/*
 * The same thresholds as detinit_threshold_of_sparsity's and _auto's, exactly, of weights that
 * are held by many: each counts its own, the counts of all are added up in place by whatever
 * carries them, and each takes the same step:
 *
 *     uint64_t *counts = detinit_threshold_search_counts(search);
 *     do {
 *         detinit_threshold_search_add(search, tracked, count, NULL, &error);
 *         all_reduce_sum(counts, DETINIT_SEARCH_COUNTS);
 *         detinit_threshold_search_step(search, &found, &threshold, &error);
 *     } while (!found);
 *
 * A share takes up to four rounds, the automatic threshold one.  A search takes 8 MB, and as much
 * for each thread while it counts; it belongs to one thread at a time.
 */
typedef struct detinit_threshold_search detinit_threshold_search;

#define DETINIT_SEARCH_COUNTS ((size_t)1 << 20)

/* In the place of a sparsity: the automatic threshold. */
#define DETINIT_SEARCH_AUTO (-1.0)

/* Of a share, 0 .. 1, or DETINIT_SEARCH_AUTO; else DETINIT_INVALID.  Freed by ..._free. */
DETINIT_API detinit_status detinit_threshold_search_new(double sparsity,
                                                        detinit_threshold_search **out,
                                                        detinit_error *error);
DETINIT_API void detinit_threshold_search_free(detinit_threshold_search *search);

/* DETINIT_SEARCH_COUNTS numbers, the same for as long as the search lives. */
DETINIT_API uint64_t *detinit_threshold_search_counts(detinit_threshold_search *search);

/* Counts the weights of `count` tensors, or blocks, in this round. */
DETINIT_API detinit_status detinit_threshold_search_add(detinit_threshold_search *search,
                                                        const detinit_tracked *tracked,
                                                        size_t count, const detinit_run *run,
                                                        detinit_error *error);

/*
 * Ends a round.  *threshold is set where *found is; DETINIT_INVALID where too many weights are not
 * finite.
 */
DETINIT_API detinit_status detinit_threshold_search_step(detinit_threshold_search *search,
                                                         bool *found, double *threshold,
                                                         detinit_error *error);

/* ----------------------------------------------------- masks and pruned files */

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
DETINIT_API detinit_status detinit_tracked_mask(const detinit_tracked *tracked, double threshold,
                                                const detinit_run *run, unsigned char *mask,
                                                uint64_t *changed, detinit_error *error);

/*
 * Saves the masks of `count` tensors as booleans, under the names and with the shapes of
 * the tensors; a .npy file is what numpy.save writes.  changed[n], where not NULL, gets how
 * many weights of tensor n have changed, and *bytes the size of the file.
 */
DETINIT_API detinit_status detinit_mask_save(const detinit_tracked *tracked, size_t count,
                                             double threshold, const char *path,
                                             const detinit_run *run, uint64_t *changed,
                                             uint64_t *bytes, detinit_error *error);

/* What becomes of a weight that is pruned, and which ones are. */
typedef enum detinit_prune {
    DETINIT_PRUNE_INIT,      /* those that sleep become their initial value, to the bit */
    DETINIT_PRUNE_ZERO,      /* those that sleep become 0 */
    DETINIT_PRUNE_MAGNITUDE, /* as many become 0, those with the smallest |w| */
    DETINIT_PRUNE_COUNT
} detinit_prune;

/* The name of a way: "init". */
DETINIT_API const char *detinit_prune_name(detinit_prune way);

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
DETINIT_API detinit_status detinit_pruning_find(const detinit_tracked *tracked, size_t count,
                                                double threshold, bool with_magnitude,
                                                const detinit_run *run, detinit_pruning *out,
                                                detinit_error *error);

/*
 * Saves a copy of a file in which the `count` tracked tensors, all of them its own, are
 * pruned as `pruning` says, which was found for just these tensors.  The other tensors,
 * the metadata, names, types and order stay as they are.  Where `file` is NULL the tracked tensors
 * are saved alone, wherever they are, in their order.
 */
DETINIT_API detinit_status detinit_prune_save(const detinit_tensorfile *file,
                                              const detinit_tracked *tracked, size_t count,
                                              detinit_prune way, const detinit_pruning *pruning,
                                              const char *path, const detinit_run *run,
                                              uint64_t *bytes, detinit_error *error);

/*
 * Does the same to weights in memory, in place: those that sleep are set back to their initial
 * values, or to 0.  DETINIT_INVALID, and nothing changed, where one of the tensors is of a file, or
 * has strides by which weights share memory.  After DETINIT_CANCELLED some are set back, and
 * the same call sets back the rest.
 */
DETINIT_API detinit_status detinit_restore(const detinit_tracked *tracked, size_t count,
                                           detinit_prune way, const detinit_pruning *pruning,
                                           const detinit_run *run, detinit_error *error);

/* The random inputs that an effect is measured on. */
#define DETINIT_EFFECT_INPUTS 256
#define DETINIT_EFFECT_SEED   42
#define DETINIT_EFFECT_LAYER  UINT64_MAX

/*
 * What each way of pruning does to the outputs of one tensor f(x) = W x, without bias, for
 * DETINIT_EFFECT_INPUTS inputs x of independent standard normals.  W has a row for each unit and a
 * column for each input, as they are defined at detinit_change; those of a block are its own.  Of
 * an empty tensor all figures are 0.  Input number s
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
DETINIT_API detinit_status detinit_prune_effects(const detinit_tracked *tracked, size_t count,
                                                 const detinit_pruning *pruning,
                                                 const detinit_run *run, detinit_effect *out,
                                                 detinit_error *error);

/* ||f_pruned(x) - f(x)|| / ||f(x)|| of one effect, or of the sums of several; 0 for 0 / 0. */
DETINIT_API double detinit_effect_relative(const detinit_effect *effect, detinit_prune way);

/* Whether a tensor holds its initial weights, every bit of them, and where not. */
typedef struct detinit_verification {
    uint64_t total_weights, different;
    uint64_t first; /* the first that differs, in row-major order; total_weights if none */
    uint64_t found, expected; /* the bits of both, in the low bits */
    double found_value, expected_value;
} detinit_verification;

DETINIT_API detinit_status detinit_tracked_verify(const detinit_tracked *tracked,
                                                  const detinit_run *run, detinit_verification *out,
                                                  detinit_error *error);

#ifdef __cplusplus
}
#endif

#endif
