/*
 * detinit: what can be said of a matrix: its theory, its statistics, its spectrum, and what it
 * does to a signal.
 *
 * The conventions of detinit.h hold here too.
 */
#ifndef DETINIT_DESCRIBE_H
#define DETINIT_DESCRIBE_H

#include "detinit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------- theory and statistics */

/*
 * The distribution that the recipe promises for one weight before rounding: normal, uniform,
 * normal cut anywhere, what a zero-mean slice makes of these, or an entry of a Haar-distributed
 * orthogonal matrix, about the recipe's mean; or a mixture of such laws, where a tensor is fused,
 * and of values that are certain, which are as stored: constants, and the zeros of zero, zero_row,
 * identity, dirac and delta_orthogonal.  Density (infinite at a value that is certain),
 * cumulative probability P(W <= weight), and its inverse for p in (0, 1): at 0 and 1 the ends of
 * the distribution, elsewhere not a number; so is all where there is no memory.
 */
DETINIT_API double detinit_theory_pdf(const detinit_recipe *recipe, double weight);
DETINIT_API double detinit_theory_cdf(const detinit_recipe *recipe, double weight);
DETINIT_API double detinit_theory_quantile(const detinit_recipe *recipe, double p);

/* Matrices of more weights than this are described by a sample unless all are asked for. */
#define DETINIT_SAMPLE_ABOVE ((uint64_t)1 << 26)

/* Kolmogorov-Smirnov looks at this many weights at most. */
#define DETINIT_KS_COUNT ((size_t)1 << 20)

/*
 * Figures are of the weights as they are stored, rounded and with all gains.  What there is no
 * figure of is not a number: everything of an empty tensor; std, skewness and kurtosis of one
 * weight; what is computed from sums where the storage type made a weight infinite.  Where all
 * weights are equal, skewness and excess kurtosis are 0.
 */
typedef struct detinit_statistics {
    uint64_t count;   /* weights looked at */
    bool sampled;     /* not all of the matrix, but the reproducible sample */
    double mean, std; /* std with divisor count */
    double min, max;
    uint64_t min_row, min_col, max_row, max_col; /* the first place of each */
    double skewness, excess_kurtosis;
    /* What the recipe promises, zeros and means and all: of a fused tensor, the whole. */
    double target_mean, target_std, target_skewness, target_excess_kurtosis;
    /* Weights that the storage type made infinite, and those that it made 0. */
    uint64_t overflowed, underflowed;
    /*
     * How many standard errors each lies from what the recipe promises, in
     * samples of so many independent weights; an orthogonal matrix, zero-mean slices, a zero row
     * or the parts of a fused tensor, whose weights depend on one another, hold closer.
     * Where all weights should be one value: 0 if they are, else infinity.
     */
    double mean_errors, std_errors, skewness_errors, kurtosis_errors;
    /*
     * Kolmogorov-Smirnov of the stored weights: all of them, or the sample of
     * detinit_matrix_survey, less those of a value that some have for certain (the zeros of zero,
     * a constant part).  D = sup |F_n - F|, where F is the promised distribution of such weights,
     * rounded as they are; p is for independent weights, and indicative where they are not.  Ties
     * make p larger, never smaller.  Not tested, ks_count 0, D and p not a number: where nothing
     * is drawn, some weight overflowed, or two or more are all equal.
     */
    uint64_t ks_count;
    double ks_distance, ks_p;
} detinit_statistics;

/*
 * Counts of weights in bins of equal width.  The width is Freedman and
 * Diaconis's 2 IQR / n^(1/3) with the theory's own quartiles and edges on
 * multiples of it, so that one pass suffices and the axis stays still
 * from seed to seed.  n counts as 64 at least, and bins are no more than 2^15.
 * A weight that overflowed is in the outermost bin that there could be.
 */
typedef struct detinit_histogram {
    size_t bins;
    double *edges;    /* bins + 1, ascending */
    uint64_t *counts; /* bins; the outermost occupied bins are the first and the last */
    double *expected; /* bins: what the theory expects in each */
} detinit_histogram;

/* Statistics and histogram of a matrix, made in one pass. */
typedef struct detinit_survey {
    detinit_statistics statistics;
    detinit_histogram histogram;
} detinit_survey;

/*
 * Surveys a matrix: all of it, or, above DETINIT_SAMPLE_ABOVE weights and not
 * `exact`, a sample: 1024 stretches of 1024 consecutive weights (of whole rows,
 * where these are shorter), one in each of 1024 equal shares of the matrix, at
 * places hashed from the shape.  The figures do not depend on threads or
 * instruction set.  Freed by detinit_survey_free.
 */
DETINIT_API detinit_status detinit_matrix_survey(const detinit_matrix *matrix, bool exact,
                                                 const detinit_run *run, detinit_survey *out,
                                                 detinit_error *error);
DETINIT_API void detinit_survey_free(detinit_survey *survey);

/*
 * Singular values in descending order, by LAPACK's Householder bidiagonalization and dqds, of the
 * stored weights of the tensor as its layer has it, rows x cols by detinit_recipe_layer_shape:
 * min(rows, cols) of them.  Holds the matrix: detinit_spectrum_memory bytes.  DETINIT_INVALID for
 * an empty one, DETINIT_NUMERIC where weights overflowed.
 * DETINIT_NOT_BUILT in a library --without-lapack.
 */
DETINIT_API uint64_t detinit_spectrum_memory(const detinit_recipe *recipe);
DETINIT_API detinit_status detinit_matrix_singular_values(const detinit_matrix *matrix,
                                                          const detinit_run *run, double *values,
                                                          detinit_error *error);

/* Condition number: values[0] / values[count - 1]; infinity for a singular matrix. */
DETINIT_API double detinit_condition_number(const double *values, size_t count);

/*
 * The Gram matrix of the shorter side of the same, n x n with n = min(rows, cols), divided by the
 * square of detinit_recipe_orthogonal_gain: the identity for an orthogonal matrix, as nearly as
 * its storage type holds it.
 * DETINIT_NOT_BUILT in a library --without-lapack.
 */
DETINIT_API detinit_status detinit_matrix_gram(const detinit_matrix *matrix, const detinit_run *run,
                                               double *gram, detinit_error *error);

/* max |G - I| over the n x n entries of a Gram matrix. */
DETINIT_API double detinit_gram_deviation(const double *gram, size_t n);

/* ------------------------------------------------------- a signal in depth */

/* Layers that the signal test goes through. */
#define DETINIT_SIGNAL_DEPTH 50

typedef enum detinit_activation {
    DETINIT_RELU,
    DETINIT_TANH,
    DETINIT_ACTIVATION_COUNT
} detinit_activation;

DETINIT_API const char *detinit_activation_name(detinit_activation activation);

/*
 * Pushes one standard-normal input through DETINIT_SIGNAL_DEPTH layers of
 * `width` units, layer k with the weights of `recipe` at layer k and shape
 * width x width, with the fans of that shape and not rounded, no bias; stds[k] is the standard
 * deviation of the activations after layer k.  Shows why a scheme fits an activation: it holds the
 * signal, or the signal fades or explodes (then infinity).
 */
DETINIT_API detinit_status detinit_signal(const detinit_recipe *recipe, size_t width,
                                          detinit_activation activation, const detinit_run *run,
                                          double stds[DETINIT_SIGNAL_DEPTH], detinit_error *error);

#ifdef __cplusplus
}
#endif

#endif
