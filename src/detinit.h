/*
 * detinit: deterministic, addressable neural-network weight initialization.
 *
 * Every weight is a pure function of its coordinates:
 *
 *     w[layer][i][j] = std * gain * draw(hash(seed, layer, i, j))
 *
 * so any initial weight can be made again, on any machine, to the bit.  The
 * arithmetic is fixed as "generator version 1"; a change of any bit of any
 * weight would be a new version.
 *
 * Conventions
 *   - Shapes are row-major.  A tensor of rank n is seen as a matrix: its last
 *     index runs along the columns, all the others together along the rows.  A tensor of
 *     rank 0 is seen as 1 x 1.
 *   - Functions that can fail return a detinit_status and, where `error` is
 *     not NULL, leave a sentence in it.  On failure no output is written.
 *   - The library never prints, never exits, and has no mutable globals.  Every
 *     function may be called from any thread; an object may be shared between
 *     threads as long as nobody frees it.
 *   - Memory that a function hands out is freed by the `_free` function named
 *     beside it; everything else belongs to the caller.
 */
#ifndef DETINIT_H
#define DETINIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a shared library shows. */
#ifdef __GNUC__
#define DETINIT_API __attribute__((visibility("default")))
#else
#define DETINIT_API
#endif

/* The version of the generator: the contract about bits. */
#define DETINIT_GENERATOR_VERSION 1

/* The most dimensions that a tensor can have. */
#define DETINIT_MAX_RANK 8

/* The largest dimension: 2^63 - 1. */
#define DETINIT_MAX_DIMENSION ((uint64_t)INT64_MAX)

/* The release of the library, such as "0.1.0". */
DETINIT_API const char *detinit_version(void);

/* ------------------------------------------------------------------ errors */

typedef enum detinit_status {
    DETINIT_OK = 0,
    DETINIT_INVALID,     /* the request makes no sense: a bad recipe, an index out of range */
    DETINIT_NO_MEMORY,   /* an allocation failed */
    DETINIT_IO,          /* a file could not be read or written */
    DETINIT_CANCELLED,   /* the progress callback asked to stop */
    DETINIT_NUMERIC,     /* LAPACK did not converge */
    DETINIT_CLOSED_PIPE, /* nobody reads any more what is written */
    DETINIT_NOT_BUILT    /* the library was configured without what this needs, or compiled so that
                            its weights would not be those promised */
} detinit_status;

typedef struct detinit_error {
    detinit_status status;
    char message[480]; /* one sentence, no newline, says what was expected */
} detinit_error;

/* ------------------------------------------------------- keys and uniforms */

/* One splitmix64 step: mixes 64 bits into 64 bits, a bijection. */
DETINIT_API uint64_t detinit_hash64(uint64_t x);

/* The key of an address: `seed` folded with each of `count` indices in turn. */
DETINIT_API uint64_t detinit_key(uint64_t seed, const uint64_t *indices, size_t count);

/* The uniform of a key, in [0, 1): its upper 53 bits times 2^-53. */
DETINIT_API double detinit_u01(uint64_t key);

/*
 * The standard normal of an address by Box-Muller, |z| <= 7.4338, at most
 * 6e-16 * sqrt(-2 ln u1) away from the exact value.
 */
DETINIT_API double detinit_gaussian(uint64_t seed, const uint64_t *indices, size_t count);

/* ----------------------------------------------------------------- recipes */

typedef enum detinit_mode {
    DETINIT_HE,     /* Kaiming: std = sqrt(2 / fan_in)             (He et al. 2015) */
    DETINIT_XAVIER, /* Glorot: std = sqrt(2 / (fan_in + fan_out))  (Glorot & Bengio 2010) */
    DETINIT_LECUN,  /* std = sqrt(1 / fan_in)                      (LeCun et al. 1998) */
    DETINIT_TORCH,  /* std = sqrt(1 / (3 fan_in)), uniform: PyTorch's nn.Linear and nn.Conv2d */
    DETINIT_NORMAL, /* the std that the recipe names */
    DETINIT_SCHEME_COUNT,
    /* Not drawn: */
    DETINIT_CONSTANT = DETINIT_SCHEME_COUNT, /* the value that the recipe names */
    DETINIT_IDENTITY,                        /* a matrix: gain on the diagonal, 0 elsewhere */
    DETINIT_DIRAC,            /* a kernel: gain at the centre where out equals in, 0 elsewhere */
    DETINIT_DELTA_ORTHOGONAL, /* a kernel: orthogonal at the centre, 0 elsewhere (Xiao 2018) */
    DETINIT_MODE_COUNT
} detinit_mode;

typedef enum detinit_dist {
    DETINIT_DIST_OF_MODE, /* uniform for torch, normal for the others */
    DETINIT_DIST_NORMAL,
    DETINIT_DIST_UNIFORM,      /* in +-sqrt(3) std */
    DETINIT_DIST_TRUNCATED,    /* a normal cut at two standard deviations, rescaled: Keras, JAX */
    DETINIT_DIST_TRUNC_NORMAL, /* a normal cut at `cut`, not rescaled: PyTorch's trunc_normal_ */
    DETINIT_DIST_COUNT
} detinit_dist;

/* The layout of a tensor: which of its dimensions are the layer's inputs. */
typedef enum detinit_axis {
    DETINIT_FAN_IN_COLS, /* (out, in, h, w, ...): PyTorch */
    DETINIT_FAN_IN_ROWS, /* (h, w, ..., in, out): Keras, JAX */
    DETINIT_AXIS_COUNT
} detinit_axis;

/* What he, lecun and torch divide by: PyTorch's mode, Keras' VarianceScaling. */
typedef enum detinit_fan_mode {
    DETINIT_FAN_MODE_IN,
    DETINIT_FAN_MODE_OUT,
    DETINIT_FAN_MODE_AVG, /* (fan_in + fan_out) / 2 */
    DETINIT_FAN_MODE_COUNT
} detinit_fan_mode;

/* The activation that a layer feeds, which asks for a gain: PyTorch's calculate_gain. */
typedef enum detinit_nonlinearity {
    DETINIT_NONLINEARITY_OF_MODE,    /* he's own sqrt(2), 1 for the others */
    DETINIT_NONLINEARITY_LINEAR,     /* and convolutions: 1 */
    DETINIT_NONLINEARITY_SIGMOID,    /* 1 */
    DETINIT_NONLINEARITY_TANH,       /* 5/3 */
    DETINIT_NONLINEARITY_RELU,       /* sqrt(2) */
    DETINIT_NONLINEARITY_LEAKY_RELU, /* sqrt(2 / (1 + slope^2)) */
    DETINIT_NONLINEARITY_SELU,       /* 3/4 */
    DETINIT_NONLINEARITY_COUNT
} detinit_nonlinearity;

typedef enum detinit_dtype {
    DETINIT_FLOAT64,
    DETINIT_FLOAT32,
    DETINIT_FLOAT16,
    DETINIT_BFLOAT16,
    DETINIT_DTYPE_COUNT
} detinit_dtype;

/*
 * All that determines the weights of one tensor:
 *
 *     w = mean + std * gain * draw
 *
 * Plain data, copied freely; `parts` belong to whoever owns the first copy.  Start from
 * detinit_recipe_matrix or detinit_recipe_tensor: a zero is not every field's default.
 */
typedef struct detinit_recipe {
    uint64_t seed;
    uint64_t layer;
    size_t rank;                      /* 0 .. DETINIT_MAX_RANK; 2 for a matrix */
    uint64_t shape[DETINIT_MAX_RANK]; /* each 0 .. DETINIT_MAX_DIMENSION */
    detinit_mode mode;
    detinit_dist dist;
    double cut;                /* where truncated draws are cut, in std: 0.5 .. 8, of truncated 2 */
    detinit_axis fan_in;       /* the layout */
    uint64_t fans[2];          /* fan_in and fan_out where they are stated; 0, 0: the shape's */
    detinit_fan_mode fan_mode; /* of he, lecun and torch */
    detinit_nonlinearity nonlinearity;
    double slope;      /* of leaky_relu, finite; 0.01 */
    double std;        /* > 0, used by DETINIT_NORMAL alone */
    double gain;       /* finite, > 0 */
    double mean;       /* finite; of draws */
    double value;      /* finite; of DETINIT_CONSTANT */
    double zero;       /* 0 .. 1: the share of draws whose weight is 0 */
    bool has_zero_row; /* the row zero_row of the first dimension is 0: padding_idx */
    uint64_t zero_row;
    bool orthogonal;   /* rank 2 and more: Haar-distributed orthogonal rows or columns */
    bool zero_mean;    /* (out, in, h, w) alone: each (h, w) slice sums to 0 */
    detinit_dtype via; /* rounded to this type first; DETINIT_FLOAT64: to none */
    detinit_dtype dtype;
    /*
     * A fused tensor: recipes that are stacked along the first dimension, or, of a matrix, side by
     * side along the second.  Their shapes differ in that alone and add up to this one's; seed,
     * fan_in, via and dtype are alike; no part is fused itself.  With parts, shape, via and dtype
     * of the whole count, nothing else.
     */
    size_t part_count; /* 0: not fused */
    const struct detinit_recipe *parts;
    size_t part_axis; /* 0 or 1: the dimension along which they are stacked */
} detinit_recipe;

/* A He matrix of rows x cols float64 weights with gain 1: start here and change fields. */
DETINIT_API detinit_recipe detinit_recipe_matrix(uint64_t seed, uint64_t layer, uint64_t rows,
                                                 uint64_t cols);

/* The same of any shape. A rank above DETINIT_MAX_RANK makes a recipe that is not valid. */
DETINIT_API detinit_recipe detinit_recipe_tensor(uint64_t seed, uint64_t layer, size_t rank,
                                                 const uint64_t *shape);

/* DETINIT_OK, or DETINIT_INVALID with the first field that is out of its range. */
DETINIT_API detinit_status detinit_recipe_check(const detinit_recipe *recipe, detinit_error *error);

/* True where both make the same weights (fields that their mode ignores may differ). */
DETINIT_API bool detinit_recipe_equal(const detinit_recipe *a, const detinit_recipe *b);

/* The tensor seen as a matrix: the last dimension, and the product of the others. */
DETINIT_API uint64_t detinit_recipe_rows(const detinit_recipe *recipe);
DETINIT_API uint64_t detinit_recipe_cols(const detinit_recipe *recipe);

/* Weights in the tensor. False, and *count untouched, where that exceeds 2^64 - 1. */
DETINIT_API bool detinit_recipe_count(const detinit_recipe *recipe, uint64_t *count);

/*
 * fan_in and fan_out as binary64, stated or of the shape: of (out, in, h, w, ...) the product of
 * all dimensions but the first, and the first times those after the second; of (h, w, ..., in, out)
 * the product of all but the last, and the last times all before the last two.  Of a vector both
 * are its length, of rank 0 they are 1.
 */
DETINIT_API double detinit_recipe_fan_in(const detinit_recipe *recipe);
DETINIT_API double detinit_recipe_fan_out(const detinit_recipe *recipe);

/*
 * The tensor as its layer has it, which is how an orthogonal one is made: of (out, in, h, w, ...)
 * the first dimension by the product of the others, of (h, w, ..., in, out) the product of the
 * others by the last.  A vector is one row, or one column where its layout is that of rows.  Rank
 * 0: 1 x 1.
 */
DETINIT_API void detinit_recipe_layer_shape(const detinit_recipe *recipe, uint64_t *rows,
                                            uint64_t *cols);

/* Whether weights are drawn one by one: neither constant, identity, ..., nor orthogonal. */
DETINIT_API bool detinit_recipe_is_drawn(const detinit_recipe *recipe);

/* The distribution in force; DETINIT_DIST_OF_MODE where the mode draws nothing. */
DETINIT_API detinit_dist detinit_recipe_dist(const detinit_recipe *recipe);

/*
 * The std that the weights are drawn with: the mode's, times the nonlinearity's gain, times gain.
 * For an orthogonal tensor the root mean square of its entries, gain / sqrt(longer side); 0 for
 * those that are not drawn.  Of a fused tensor, the root mean square over all its weights.  What
 * mean, zero and zero_row do to the weights is not counted.
 */
DETINIT_API double detinit_recipe_std(const detinit_recipe *recipe);

/*
 * The factor of an orthogonal matrix: gain(nonlinearity) * gain, or, where none is given,
 * gain(mode) * gain; gain(he) = sqrt(2) (Saxe et al. 2014).
 */
DETINIT_API double detinit_recipe_orthogonal_gain(const detinit_recipe *recipe);

/* The gain of the recipe's nonlinearity; 1 for DETINIT_NONLINEARITY_OF_MODE. */
DETINIT_API double detinit_recipe_nonlinearity_gain(const detinit_recipe *recipe);

/*
 * The square of the std that the mode sets, before any gain, as a fraction: of he, *numerator gets
 * 2 and *denominator fan_in.  False, and both are untouched, where the recipe names the std
 * itself (detinit_mode_takes_std) or is not drawn by a mode's formula.
 */
DETINIT_API bool detinit_recipe_variance(const detinit_recipe *recipe, double *numerator,
                                         double *denominator);

/*
 * Names, as a person types them: "he", "normal", "cols", "float32".  These and all that follow
 * take any number: NULL, '\0' or false where it is none of the enumeration.
 */
DETINIT_API const char *detinit_mode_name(detinit_mode mode);
DETINIT_API const char *detinit_dist_name(detinit_dist dist);
DETINIT_API const char *detinit_axis_name(detinit_axis axis);
DETINIT_API const char *detinit_fan_mode_name(detinit_fan_mode fan_mode);
DETINIT_API const char *detinit_nonlinearity_name(detinit_nonlinearity nonlinearity);
DETINIT_API const char *detinit_dtype_name(detinit_dtype dtype);

/* The alias that is worth telling beside the name: "kaiming", "f4". NULL where there is none. */
DETINIT_API const char *detinit_mode_alias(detinit_mode mode);
DETINIT_API const char *detinit_dist_alias(detinit_dist dist);
DETINIT_API const char *detinit_axis_alias(detinit_axis axis);
DETINIT_API const char *detinit_dtype_alias(detinit_dtype dtype);

/* What a mode is made for, and its formula: "ReLU, SiLU, GELU", "sqrt(2 / fan_in)". */
DETINIT_API const char *detinit_mode_purpose(detinit_mode mode);
DETINIT_API const char *detinit_mode_formula(detinit_mode mode);

/* The letter that stands for a mode in charts; no two have the same. */
DETINIT_API char detinit_mode_mark(detinit_mode mode);

/* Whether a recipe of this mode names its own std. */
DETINIT_API bool detinit_mode_takes_std(detinit_mode mode);

/* Whether a mode is a scheme that draws weights: he, but not constant. */
DETINIT_API bool detinit_mode_is_drawn(detinit_mode mode);

/*
 * How a draw is made of the steps of a detinit_trace: "z", "sqrt(3) (2 u1 - 1)".  NULL for
 * DETINIT_DIST_OF_MODE, too.
 */
DETINIT_API const char *detinit_dist_formula(detinit_dist dist);

/*
 * From a name or an alias (kaiming, glorot, f4, bf16, ...).  False, and the value is untouched,
 * where there is no such name.
 */
DETINIT_API bool detinit_mode_parse(const char *name, detinit_mode *mode);

/*
 * Sets a recipe's mode from its name or an alias, or mode and distribution, value or orthogonal
 * from an initializer's name in PyTorch, Keras or JAX: kaiming_uniform, he_normal (Keras' and so
 * truncated), GlorotUniform, trunc_normal_, zeros, ones, eye, orthogonal.  Any case of letters.
 * False, and nothing changed, where there is no such name.
 */
DETINIT_API bool detinit_recipe_set_initializer(detinit_recipe *recipe, const char *name);
DETINIT_API bool detinit_dist_parse(const char *name, detinit_dist *dist);
DETINIT_API bool detinit_axis_parse(const char *name, detinit_axis *axis);
DETINIT_API bool detinit_fan_mode_parse(const char *name, detinit_fan_mode *fan_mode);

/* "tanh", "leaky_relu", "leaky_relu:0.2": *slope is set where there is one, or to 0.01. */
DETINIT_API bool detinit_nonlinearity_parse(const char *text, detinit_nonlinearity *nonlinearity,
                                            double *slope);
DETINIT_API bool detinit_dtype_parse(const char *name, detinit_dtype *dtype);

/* ----------------------------------------------------------- storage types */

/* Bytes of one weight: 8, 4, 2, 2. */
DETINIT_API size_t detinit_dtype_size(detinit_dtype dtype);

/* Rounds `count` binary64 values to `dtype`, to nearest even; `out` is little-endian. */
DETINIT_API void detinit_encode(detinit_dtype dtype, const double *values, size_t count, void *out);

/* The inverse of detinit_encode: exact. */
DETINIT_API void detinit_decode(detinit_dtype dtype, const void *stored, size_t count, double *out);

/* ---------------------------------------------------------------- matrices */

/* Instruction sets that the bulk kernels are built for. All give the same bits. */
typedef enum detinit_isa {
    DETINIT_ISA_BEST,     /* the best of this machine */
    DETINIT_ISA_BASELINE, /* what every machine of this architecture has: SSE2, NEON */
    DETINIT_ISA_AVX2,
    DETINIT_ISA_AVX512,
    DETINIT_ISA_COUNT
} detinit_isa;

/*
 * The instruction set that a request for `wanted` gets here, and its name.  None is later than the
 * one that the environment variable DETINIT_KERNELS names as the process first asks.
 */
DETINIT_API detinit_isa detinit_isa_available(detinit_isa wanted);
DETINIT_API const char *detinit_isa_name(detinit_isa isa);

/* How to carry out long work; NULL stands for all zeros. It never changes a bit. */
typedef struct detinit_run {
    unsigned threads; /* 0: one for each processor at hand */
    detinit_isa isa;
    /*
     * Called now and then, from the calling thread, with the work done and its
     * total, in any unit.  Returns false to cancel.  May be NULL.
     */
    bool (*progress)(void *context, uint64_t done, uint64_t total);
    void *context;
} detinit_run;

/*
 * A recipe made ready to be read.  It holds no weights and is made at once,
 * save for an orthogonal matrix, which is factored here and held.  Immutable.
 */
typedef struct detinit_matrix detinit_matrix;

/* Bytes that detinit_matrix_new needs at its peak; UINT64_MAX where that is more than 2^64. */
DETINIT_API uint64_t detinit_matrix_memory(const detinit_recipe *recipe);

/* Makes a matrix, to be freed by detinit_matrix_free. */
DETINIT_API detinit_status detinit_matrix_new(const detinit_recipe *recipe, const detinit_run *run,
                                              detinit_matrix **out, detinit_error *error);
DETINIT_API void detinit_matrix_free(detinit_matrix *matrix);

/* One owner more, in any thread: the matrix goes when as many have freed it. Returns it. */
DETINIT_API detinit_matrix *detinit_matrix_share(detinit_matrix *matrix);

/* The recipe of a matrix; lives as long as the matrix. */
DETINIT_API const detinit_recipe *detinit_matrix_recipe(const detinit_matrix *matrix);

/*
 * Ways to the same bits.  Row and column are those of the tensor seen as
 * a matrix.  Weights come rounded to the recipe's dtype; `double` results are
 * the stored values widened.  Out of range: DETINIT_INVALID.
 */

/* One weight, by the scalar definition. */
DETINIT_API detinit_status detinit_matrix_weight(const detinit_matrix *matrix, uint64_t row,
                                                 uint64_t col, double *weight);

/* A window of rows x cols weights from (row, col), into out[r * stride + c]. One thread. */
DETINIT_API detinit_status detinit_matrix_window(const detinit_matrix *matrix, uint64_t row,
                                                 uint64_t col, size_t rows, size_t cols,
                                                 double *out, size_t stride);

/* Whole rows in the storage type, packed: rows * cols * detinit_dtype_size bytes. One thread. */
DETINIT_API detinit_status detinit_matrix_rows(const detinit_matrix *matrix, uint64_t row,
                                               uint64_t rows, void *out);

/* The whole matrix in the storage type, threaded. */
DETINIT_API detinit_status detinit_matrix_fill(const detinit_matrix *matrix, const detinit_run *run,
                                               void *out, detinit_error *error);

/*
 * `count` consecutive weights in storage order from number `first` on, packed in the storage type,
 * threaded: what a flat shard owns.  The bits are those of the whole.  DETINIT_INVALID where the
 * tensor has not as many.
 */
DETINIT_API detinit_status detinit_matrix_range(const detinit_matrix *matrix, uint64_t first,
                                                uint64_t count, const detinit_run *run, void *out,
                                                detinit_error *error);

/*
 * A block of the tensor, of as many dimensions as it has: sizes[d] indices from offsets[d] on.
 * Weight (i0, i1, ...) of the block goes to `out` + sum of i[d] * strides[d], in bytes, which may
 * be negative; NULL packs them row by row.  In the storage type, threaded; the bits are those of
 * the whole.  DETINIT_INVALID where the block leaves the tensor.  A size of 0 makes nothing.
 */
DETINIT_API detinit_status detinit_matrix_block(const detinit_matrix *matrix,
                                                const uint64_t *offsets, const uint64_t *sizes,
                                                const int64_t *strides, const detinit_run *run,
                                                void *out, detinit_error *error);

/* A run of consecutive weights in storage order: part of one row, or several whole rows. */
typedef struct detinit_block {
    uint64_t row, col; /* of the first weight */
    size_t rows, cols;
    const void *stored;   /* rows * cols weights in the storage type, little-endian */
    const double *values; /* the same widened, where the sink asks for them; else NULL */
} detinit_block;

/*
 * What a stream does with each block.  `map` runs in any thread, in any order,
 * and may leave up to `partial_size` bytes; `take` runs in the calling thread,
 * in storage order, and may fail, which ends the stream.  Either may be NULL.
 * Blocks are cut the same way whatever the thread count.
 */
typedef struct detinit_sink {
    bool needs_values; /* block->values is read */
    size_t partial_size;
    void (*map)(void *context, const detinit_block *block, void *partial);
    detinit_status (*take)(void *context, const detinit_block *block, const void *partial,
                           detinit_error *error);
    void *context;
} detinit_sink;

/*
 * Sends the whole matrix through `sink` in a few MB of memory.  With more than
 * one thread, `take` runs beside the generation of the blocks that follow.
 * Progress counts weights.
 */
DETINIT_API detinit_status detinit_matrix_stream(const detinit_matrix *matrix,
                                                 const detinit_run *run, const detinit_sink *sink,
                                                 detinit_error *error);

/*
 * How one weight was made: every step from seed to weight, which is std * draw, or, in a
 * zero-mean slice of k weights, std * ((draw - mean) * scale) with the mean of the slice's
 * draws and scale = sqrt(k / (k - 1)); or an entry of an orthogonal matrix.  Of a fused tensor, the
 * trace of the part that the weight is in.  Where weights are not drawn (detinit_mode_is_drawn),
 * there are the keys of the address, the weight, and zeros.
 */
typedef struct detinit_trace {
    uint64_t seed;
    uint64_t key_layer;               /* seed folded with layer */
    size_t rank;                      /* indices of the address */
    uint64_t index[DETINIT_MAX_RANK]; /* the address within the tensor */
    uint64_t key[DETINIT_MAX_RANK];   /* the key after each index */
    uint64_t attempt;                 /* truncated: how many normals were cast away */
    uint64_t u1_key, u2_key;          /* of draws 2 attempt and 2 attempt + 1 */
    double u1, u2;                    /* u1 before it is clamped to 1e-12 */
    double r, theta, z;               /* z = r cos theta; theta = 2 pi u2, radians */
    double draw;                      /* what std multiplies: z, or the uniform, or the cut z */
    double mean, scale;               /* of zero-mean slices: 0 and 1 where there are none */
    double std;                       /* of the recipe, gain included */
    double shift;                     /* the recipe's mean, which is added */
    bool zeroed;                      /* 0 by the recipe's zero or zero_row */
    double weight;                    /* as stored, widened */
} detinit_trace;

/* Takes the weight at (row, col) apart. */
DETINIT_API detinit_status detinit_matrix_trace(const detinit_matrix *matrix, uint64_t row,
                                                uint64_t col, detinit_trace *trace);

#ifdef __cplusplus
}
#endif

#endif
