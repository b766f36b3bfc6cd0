/*
 * detinit: what a checkpoint was initialized by.  Any file of tensors, whoever made it: figures of
 * each tensor, the scheme that it is consistent with, and what looks wrong.
 *
 * The conventions of detinit.h hold here too.
 */
#ifndef DETINIT_AUDIT_H
#define DETINIT_AUDIT_H

#include "detinit_files.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A tensor of more weights is described by a sample of some DETINIT_AUDIT_SAMPLE of them, unless
 * all are asked for: whole rows of the first dimension at places hashed from the shape, where a
 * row is no longer than 65,536 weights, else stretches of 1,024.
 */
#define DETINIT_AUDIT_SAMPLE_ABOVE ((uint64_t)1 << 22)
#define DETINIT_AUDIT_SAMPLE       ((uint64_t)1 << 20)

/* Kolmogorov-Smirnov looks at this many weights of a tensor at most, spread over it. */
#define DETINIT_AUDIT_KS_COUNT ((size_t)1 << 16)

/* Singular values are those of a block of no more than so many rows (the shorter side) and columns.
 */
#define DETINIT_AUDIT_ROWS ((size_t)128)
#define DETINIT_AUDIT_COLS ((size_t)384)

/*
 * The chance that of all tensors of a file whose weights are as they were drawn any is called
 * unknown: shared out among them, and among the tests that each has.
 */
#define DETINIT_AUDIT_FALSE_ALARM 0.001

/* Where most matrices of a file are unknown, so are those whose p is below this. */
#define DETINIT_AUDIT_DOUBT 0.01

/* What the weights of a tensor are consistent with. */
typedef enum detinit_origin {
    DETINIT_ORIGIN_SCHEME,     /* drawn as `recipe` says, by a scheme that people use */
    DETINIT_ORIGIN_LAW,        /* drawn by a law whose std no known scheme gives: `recipe` */
    DETINIT_ORIGIN_MADE,       /* not drawn: constants, an identity: `recipe` */
    DETINIT_ORIGIN_NONE,       /* none of these: trained or unknown */
    DETINIT_ORIGIN_FEW,        /* too few weights to say */
    DETINIT_ORIGIN_NO_WEIGHTS, /* integers and the like, or nothing: no figures */
    DETINIT_ORIGIN_COUNT
} detinit_origin;

/* "scheme", "law", "made", "none", "few", "no weights"; NULL where it is none. */
DETINIT_API const char *detinit_origin_name(detinit_origin origin);

/* Room for what a tensor is said to be. */
#define DETINIT_AUDIT_WORDS 160

/* What is known of one tensor. Where there is no figure it is not a number. */
typedef struct detinit_audit_tensor {
    const detinit_tensor *tensor; /* of the file */
    uint64_t looked_at;           /* weights: all, or the sample */
    bool sampled;
    uint64_t nan, infinite, zeros; /* among them */
    double mean, std;              /* of those that are finite; std with divisor count */
    double min, max;
    double skewness, excess_kurtosis;
    /* Rows of the first dimension that were looked at whole, and those of them that are 0; columns
     * of the last dimension, and those that are 0 in all that was looked at.  Of a vector none. */
    uint64_t rows, dead_rows, cols, dead_cols;

    detinit_origin origin;
    /* Of the first three kinds: its seed and layer mean nothing, its fans are stated where the
     * shape alone does not give them, the std of a law is the measured one. */
    detinit_recipe recipe;
    char also[DETINIT_AUDIT_WORDS]; /* other schemes that are the same law here, or "" */
    /* Kolmogorov-Smirnov against the recipe, or against the law that comes nearest. */
    uint64_t ks_count;
    double ks_distance, ks_p;
    /* The block whose singular values were compared with Marchenko and Pastur's law; 0 x 0: none */
    uint64_t block_rows, block_cols;
    double outside;    /* the share of the block's variance in values above the upper edge */
    double above_edge; /* the largest singular value over the edge */
    double spectrum_p; /* the chance of one so large, by the tail of Tracy and Widom's law */
    /* The chance that means and norms of rows, or of columns, differ so among themselves. */
    double norms_p;
} detinit_audit_tensor;

typedef enum detinit_finding_kind {
    DETINIT_FINDING_NOT_FINITE, /* NaN or infinities */
    DETINIT_FINDING_ZERO,       /* a layer of zeros */
    DETINIT_FINDING_CONSTANT,   /* a layer of one value */
    DETINIT_FINDING_DEAD,       /* rows or columns of zeros */
    DETINIT_FINDING_EQUAL,      /* the same weights under several names */
    DETINIT_FINDING_TIED,       /* the same, of an embedding and a head */
    DETINIT_FINDING_STD,        /* a std off by a factor */
    DETINIT_FINDING_SHARD,      /* the factor is a root: the fans are those of a shard */
    DETINIT_FINDING_FANS,       /* fan_in and fan_out swapped */
    DETINIT_FINDING_RESIDUAL,   /* residual projections that are not scaled */
    DETINIT_FINDING_UNLIKE,     /* unlike the others of its kind */
    DETINIT_FINDING_COUNT
} detinit_finding_kind;

/* "not finite", "zero", ...; NULL where it is none. */
DETINIT_API const char *detinit_finding_name(detinit_finding_kind kind);

typedef struct detinit_finding {
    detinit_finding_kind kind;
    bool warning;   /* looks wrong; else a note */
    size_t first;   /* the number of a tensor in the file */
    size_t count;   /* tensors that it is about */
    double factor;  /* by which a std is off, or not a number */
    char text[320]; /* a sentence, without the name of the first tensor */
} detinit_finding;

typedef struct detinit_audit detinit_audit;

/*
 * Looks at all tensors of a file, which must outlive the audit: at a sample of large ones, or at
 * all weights where `exact`.  Takes some 10 MB a thread and 1 kB a tensor.  Progress counts
 * weights.  Freed by detinit_audit_free.  The figures do not depend on threads or instruction set.
 */
DETINIT_API detinit_status detinit_audit_new(const detinit_tensorfile *file, bool exact,
                                             const detinit_run *run, detinit_audit **out,
                                             detinit_error *error);
DETINIT_API void detinit_audit_free(detinit_audit *audit);

/* What is known of tensor `index`, in the order of the file; NULL where there are no more. */
DETINIT_API const detinit_audit_tensor *detinit_audit_of(const detinit_audit *audit, size_t index);

/* What was found, warnings first; NULL where there are no more. */
DETINIT_API const detinit_finding *detinit_audit_finding(const detinit_audit *audit, size_t index);
DETINIT_API size_t detinit_audit_warnings(const detinit_audit *audit);

/* The level of each test: a p below it is too rare to be chance. */
DETINIT_API double detinit_audit_level(const detinit_audit *audit);

/*
 * Looks at one tensor of the file alone, as an audit does.  What others of the file would tell is
 * left out: where its name does not tell its layout, the one by which it has a scheme, or the
 * likelier, is taken; the level is that of a file of one tensor; and what is improbable is not
 * doubted for its neighbours' sake.  DETINIT_INVALID where the file has no such tensor.  Where it
 * fails, *out is left as it was.
 */
DETINIT_API detinit_status detinit_audit_one(const detinit_tensorfile *file,
                                             const detinit_tensor *tensor, bool exact,
                                             const detinit_run *run, detinit_audit_tensor *out,
                                             detinit_error *error);

/*
 * What a tensor is consistent with: "he (kaiming) normal, fan_in 784"; "none: trained or
 * unknown".  Returns buffer.
 */
DETINIT_API const char *detinit_audit_words(const detinit_audit_tensor *tensor,
                                            char buffer[DETINIT_AUDIT_WORDS]);

#ifdef __cplusplus
}
#endif

#endif
