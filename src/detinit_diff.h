/*
 * detinit: two checkpoints side by side.  What differs between them, tensor by tensor; a patch that
 * makes the second of the first.
 *
 * The conventions of detinit.h hold here too.
 */
#ifndef DETINIT_DIFF_H
#define DETINIT_DIFF_H

#include "detinit_track.h"

#ifdef __cplusplus
extern "C" {
#endif

/* -------------------------------------------------------------- what differs */

typedef enum detinit_diff_kind {
    DETINIT_DIFF_UNCHANGED, /* the same type and shape, and every bit */
    DETINIT_DIFF_CHANGED,   /* the same type and shape, and other values */
    DETINIT_DIFF_RETYPED,   /* the same shape, in another type */
    DETINIT_DIFF_RESHAPED,  /* another shape */
    DETINIT_DIFF_ONLY_A,
    DETINIT_DIFF_ONLY_B,
    DETINIT_DIFF_KIND_COUNT
} detinit_diff_kind;

/* "unchanged", "changed", "other type", "other shape", "only in A", "only in B"; NULL for others.
 */
DETINIT_API const char *detinit_diff_kind_name(detinit_diff_kind kind);

/* A tensor of A and the one of B that goes with it. */
typedef struct detinit_diff_pair {
    const char *name;            /* in A, or in B where A has none; lives as long as the files */
    const detinit_tensor *a, *b; /* NULL: there is none */
    /* As far as headers tell: DETINIT_DIFF_CHANGED stands for the same type and shape. */
    detinit_diff_kind kind;
} detinit_diff_pair;

/* Two open files, whose tensors are paired. */
typedef struct detinit_diff detinit_diff;

/*
 * Pairs the tensors of two files of any formats, which must stay open: those of the same name, or
 * of names that are alike, as detinit_names_find finds B's in A, where that is clear; or the only
 * one of each, where one of them has no name, as in a .npy file.  `rules`, on whose left are names
 * in A and on whose right names in B, may be NULL; parts of a stack are not compared.  The pairs
 * are in the order of A's tensors, behind them what only B has, in its order.  Freed by
 * detinit_diff_free.
 */
DETINIT_API detinit_status detinit_diff_open(const detinit_tensorfile *a,
                                             const detinit_tensorfile *b,
                                             const detinit_name_rules *rules, detinit_diff **out,
                                             detinit_error *error);
DETINIT_API void detinit_diff_free(detinit_diff *diff);

/* How many pairs there are; NULL where `index` is none of them. */
DETINIT_API size_t detinit_diff_count(const detinit_diff *diff);
DETINIT_API const detinit_diff_pair *detinit_diff_pair_at(const detinit_diff *diff, size_t index);

/* Rows and columns of a change that its effective rank is estimated from: at most so many along
 * the shorter side of the tensor seen as a matrix, and along the longer. */
#define DETINIT_RANK_SHORTER 128
#define DETINIT_RANK_LONGER  256

/*
 * What differs in one pair, or in several together.  Items are those of the shape: floating-point
 * numbers of one type or of two, which are widened to binary64, exactly, and compared as such; or
 * integers, bools and the like, of which only the bits of each item are compared (of each byte,
 * where several items share one).  An item is unchanged where its bits are the same, NaNs too;
 * between two types, those of the binary64.
 *
 * An item that is not finite, in A or in B, or whose |b - a| is more than binary64 can hold, is
 * changed unless its bits are the same, and stays out of means, extremes, norms and histogram.
 */
typedef struct detinit_difference {
    detinit_diff_kind kind; /* DETINIT_DIFF_UNCHANGED or _CHANGED of several together */
    bool compared;          /* item by item: both have the shape, and numbers or the same type */
    bool numeric;           /* as floating-point numbers: all figures hold, else but three counts */
    double threshold;
    uint64_t total_items;
    uint64_t changed_items;     /* |b - a| > threshold; of integers and the like: other bits */
    uint64_t exactly_unchanged; /* every bit as in A */
    uint64_t not_finite;
    double mean_delta;         /* of |b - a| over all items that are finite */
    double max_delta;          /* the largest |b - a| */
    uint64_t max_position;     /* its first place, counted in row-major order */
    uint64_t first_difference; /* the first item not exactly unchanged; total_items if none */
    /* Euclidean norms, and the inner product of a and b; infinite beyond the range of binary64. */
    double norm_a, norm_b, norm_delta, product;
    double relative_norm; /* norm_delta / norm_a; 0 where nothing changed, infinite from all zero */
    double cosine;        /* of the angle between a and b; not a number where one is all zero */
    /*
     * The effective rank of b - a as a matrix of shape[0] rows: (sum of s^2)^2 / (sum of s^4) over
     * its singular values s, which is the rank where all that are not 0 are equal, and never
     * above it (Renyi's entropy of order 2 of the shares s^2 / sum of s^2, as a number of
     * directions; also called participation ratio).  Random changes of all weights give
     * about rows cols / (rows + cols).  0: there is none, because nothing changed where it was
     * looked, or the tensor is no matrix.
     */
    double effective_rank;
    bool
        rank_sampled; /* estimated, without bias, from hashed rows and columns of a larger matrix */
    uint64_t histogram[DETINIT_CHANGE_BINS]; /* as in detinit_change */
} detinit_difference;

/*
 * Compares a pair, for a finite threshold >= 0, in one pass over both, a few MB of memory a thread
 * and half a MB.  The figures do not depend on threads or instruction set.  Progress counts items.
 * What is only in one of both, or has another shape, is not read.
 */
DETINIT_API detinit_status detinit_diff_tensor(const detinit_diff *diff, size_t index,
                                               double threshold, const detinit_run *run,
                                               detinit_difference *out, detinit_error *error);

/*
 * Adds a pair's figures to those of several, all zero at first: counts, mean, extremes, norms,
 * cosine and histogram.  max_position, first_difference and effective_rank are one tensor's own.
 */
DETINIT_API void detinit_difference_add(detinit_difference *total, const detinit_difference *one);

/* -------------------------------------------------------------------- patches */

/* What a patch holds. */
typedef struct detinit_patching {
    size_t tensors;         /* of B */
    size_t sparse, whole;   /* of them: changed in places; stored as a whole */
    size_t gone;            /* tensors of A that B has not, or in another type or shape */
    uint64_t changed_items; /* of the sparse ones */
    uint64_t result_bytes;  /* of B's tensors */
    uint64_t bytes;         /* of the patch */
} detinit_patching;

/*
 * Saves what makes B of A as a .safetensors file, all or nothing.  Of a tensor NAME that B has in
 * A's type and shape it holds
 *
 *     NAME.positions  I32, or I64 beyond 2^31 items: where items differ, counted in row-major
 *                     order, ascending
 *     NAME.values     the items of B there, in B's type
 *
 * or nothing where every bit is the same.  What is new, has another type or shape, or would not be
 * smaller so, is stored as a whole: NAME.values alone, in B's shape.  The metadata tell, as JSON
 * ("detinit.patch"), the format (1), B's metadata, "tensors": for each of B's in B's order its
 * name, type, shape, SHA-256 of its bytes, where A has it in this type and shape "base", the
 * SHA-256 there, and "from", its name in A where that is another; and "gone", the other tensors of
 * A in the same way.  "detinit.patch.sha256" is the SHA-256 of that JSON.
 *
 * All of A and B is read once, what changed twice more.  DETINIT_INVALID where `path` is one of
 * the files compared, lies in a folder compared, or is there already beside an index compared; or
 * where B has a type that .safetensors files have not.
 */
DETINIT_API detinit_status detinit_diff_save(const detinit_diff *diff, const char *path,
                                             const detinit_run *run, detinit_patching *out,
                                             detinit_error *error);

/* A patch that was checked, but for what only its base can tell. */
typedef struct detinit_patch detinit_patch;

/* Whether a file says that it is a patch. */
DETINIT_API bool detinit_tensorfile_is_patch(const detinit_tensorfile *file);

/* Checks a patch, which must stay open: DETINIT_INVALID says what is wrong with it.  Freed by
 * detinit_patch_free. */
DETINIT_API detinit_status detinit_patch_open(const detinit_tensorfile *file, detinit_patch **out,
                                              detinit_error *error);
DETINIT_API void detinit_patch_free(detinit_patch *patch);

/* What it holds. */
DETINIT_API const detinit_patching *detinit_patch_patching(const detinit_patch *patch);

/*
 * Saves B again, all or nothing, as a file of the format of the path's ending: .safetensors, or
 * .npy for a single tensor.  Every tensor has B's bytes; a .safetensors file has B's metadata and
 * order, so that it is B's file byte for byte where that was written as this library and the
 * safetensors library write.  DETINIT_INVALID, and no file, where A is not the base: it has other
 * tensors, or one whose SHA-256 is another; where the patch is damaged; or where `path` is A's
 * or the patch's.
 */
DETINIT_API detinit_status detinit_patch_save(const detinit_patch *patch,
                                              const detinit_tensorfile *a, const char *path,
                                              const detinit_run *run, uint64_t *bytes,
                                              detinit_error *error);

#ifdef __cplusplus
}
#endif

#endif
