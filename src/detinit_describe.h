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

typedef enum detinit_activation {
    DETINIT_RELU,       /* max(x, 0) */
    DETINIT_TANH,       /* tanh x */
    DETINIT_LEAKY_RELU, /* x above 0, 0.01 x below */
    DETINIT_GELU,       /* x P(Z <= x) by erf, not its approximation (Hendrycks 2016) */
    DETINIT_SILU,       /* x / (1 + e^-x), also swish */
    DETINIT_SELU,       /* Klambauer 2017 */
    DETINIT_SIGMOID,    /* 1 / (1 + e^-x) */
    DETINIT_LINEAR,     /* x */
    DETINIT_ACTIVATION_COUNT
} detinit_activation;

/* "relu", "leaky_relu"; NULL where it is none.  And back: false where there is no such name. */
DETINIT_API const char *detinit_activation_name(detinit_activation activation);
DETINIT_API bool detinit_activation_parse(const char *name, detinit_activation *activation);

/* phi(x), and phi'(x), of relu, leaky_relu and selu at 0 the one from the left. By libm. */
DETINIT_API double detinit_activation_value(detinit_activation activation, double x);
DETINIT_API double detinit_activation_slope(detinit_activation activation, double x);

/*
 * Where the axis of its histograms begins and ends: 0 .. 1 for sigmoid, -1 .. 1 for tanh, up to 4
 * for those that have no bound.
 */
DETINIT_API void detinit_activation_range(detinit_activation activation, double *low, double *high);

/* Layers that the signal test goes through. */
#define DETINIT_SIGNAL_DEPTH 50

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

/* --------------------------------------------- signal and gradient in depth */

/* Bins of a layer's histogram. */
#define DETINIT_SIGNAL_BINS 32

/* What a propagation may ask for at most. */
#define DETINIT_SIGNAL_MOST_WIDTH ((size_t)16384)
#define DETINIT_SIGNAL_MOST_DEPTH ((size_t)1000)
#define DETINIT_SIGNAL_MOST_BATCH ((size_t)4096)

/* Beyond this |tanh| is saturated, and a sigmoid where 2 sigmoid - 1 is. */
#define DETINIT_SATURATED_FROM 0.97

/* How alike two inputs of a pair are at first. */
#define DETINIT_SIGNAL_CORRELATION 0.8

typedef enum detinit_normalization {
    DETINIT_NORMALIZATION_NONE,
    /* Before the weights: (x - mean) / sqrt(variance + 1e-5) over the units of an input. */
    DETINIT_NORMALIZATION_LAYER,
    DETINIT_NORMALIZATION_COUNT
} detinit_normalization;

/* "none", "layer"; NULL where it is none.  And back: false where there is no such name. */
DETINIT_API const char *detinit_normalization_name(detinit_normalization normalization);
DETINIT_API bool detinit_normalization_parse(const char *name,
                                             detinit_normalization *normalization);

/* What is known of one layer of a propagation. */
typedef struct detinit_signal_layer {
    double mean, std; /* of what it passes on: phi(h), or x + phi(h); std with divisor count */
    double length;    /* mean square of h */
    /*
     * The cosine of what it passes on for the two inputs of a pair, on average over the pairs; not
     * a number where there is no pair, or what it passes on is 0 or overflowed.
     */
    double correlation;
    double saturated; /* share of phi(h) beyond DETINIT_SATURATED_FROM; 0 of other activations */
    double dead;      /* share of units whose phi(h) is 0 for all of the batch */
    /*
     * phi(h) in DETINIT_SIGNAL_BINS equal bins over detinit_activation_range; what is beyond is in
     * the outermost.
     */
    uint64_t histogram[DETINIT_SIGNAL_BINS];
    double gradient;       /* std of the gradient with respect to h */
    double input_gradient; /* std of the gradient with respect to x */
} detinit_signal_layer;

/*
 * A batch of inputs that goes forward through `depth` layers of `width` units, and a gradient that
 * comes back.  Layer k makes of its input x
 *
 *     h = W n(x) + b,   then passes on   phi(h), or x + phi(h) with `residual`,
 *
 * with n the normalization.  W is the scheme of `recipe` (its mode, distribution, gains, zeros,
 * orthogonality, layout) as a float64 matrix of width x width with fans of its own at layer
 * recipe.layer + k; b is sigma_b N(0, 1).  Inputs are N(0, 1), the second of each pair is 0.8 alike
 * the first; the gradient at the top is N(0, 1).  The normals are those of detinit_gaussian at
 * addresses that no weight has: input n, unit i: (2^64 - 1, 0, n, i); bias i of layer l:
 * (2^64 - 1, 1, l, i); gradient n, unit i: (2^64 - 1, 2, n, i).  Input n of odd n is
 * 0.8 input n - 1 + 0.6 of its own.
 */
typedef struct detinit_propagation {
    detinit_recipe recipe; /* not fused; what says shape or storage is of no account */
    size_t width;          /* 1 .. DETINIT_SIGNAL_MOST_WIDTH */
    size_t depth;          /* 1 .. DETINIT_SIGNAL_MOST_DEPTH */
    size_t batch;          /* 1 .. DETINIT_SIGNAL_MOST_BATCH; where odd the last has no pair */
    detinit_activation activation;
    double sigma_b; /* finite, 0 or more */
    bool residual;
    detinit_normalization normalization;
    /*
     * Called in the calling thread as layers come: 0, 1, ... forward, then depth - 1, ..., 0 with
     * their gradients.  May be NULL.
     */
    void (*layer_done)(void *context, size_t layer, bool backward,
                       const detinit_signal_layer *values);
    void *context;
} detinit_propagation;

/* 64 inputs through 50 ReLU layers of 256 units: start here and change fields. */
DETINIT_API detinit_propagation detinit_propagation_of(const detinit_recipe *recipe);

/* DETINIT_OK, or DETINIT_INVALID with the first field that is out of its range. */
DETINIT_API detinit_status detinit_propagation_check(const detinit_propagation *request,
                                                     detinit_error *error);

/* Bytes that detinit_propagate needs at its peak, for a request that passes the check. */
DETINIT_API uint64_t detinit_propagation_memory(const detinit_propagation *request);

/*
 * Fills layers[0 .. depth - 1].  std, length and gradients are infinite where binary64 overflows.
 * The bits do not depend on threads or instruction set; activations are libm's, so between
 * machines they are as near as its last bits are, which chaotic layers enlarge.  Progress counts
 * layers, twice each; cancels within a layer.
 */
DETINIT_API detinit_status detinit_propagate(const detinit_propagation *request,
                                             const detinit_run *run, detinit_signal_layer *layers,
                                             detinit_error *error);

/* What becomes of a signal or a gradient, told by how often its last std is its first. */
typedef enum detinit_fate {
    DETINIT_FATE_HOLDS,    /* 1/10 to 5 times */
    DETINIT_FATE_FADES,    /* 1e-4 to 1/10 */
    DETINIT_FATE_GONE,     /* less than 1e-4 */
    DETINIT_FATE_EXPLODES, /* more than 5 times, or infinite */
    DETINIT_FATE_COUNT
} detinit_fate;

/* "holds", "fades", "gone", "explodes"; NULL where it is none. */
DETINIT_API const char *detinit_fate_name(detinit_fate fate);
DETINIT_API detinit_fate detinit_fate_of(double ratio);

/*
 * Of what `depth` layers did to the signal on its way up (std of the last over the first), to the
 * gradient on its way down (of the first over the last), and of both: of whichever does not hold,
 * and if neither does, the one that is farther from 1 on a log scale.
 */
typedef struct detinit_verdict {
    double signal_ratio, gradient_ratio;
    detinit_fate signal, gradient, both;
} detinit_verdict;

DETINIT_API detinit_verdict detinit_signal_verdict(const detinit_signal_layer *layers,
                                                   size_t depth);

/* ------------------------------------------------------- mean-field theory */

/*
 * What happens in layers of infinite width with weights of std sigma_w / sqrt(fan_in) and biases
 * of std sigma_b (Poole 2016, arXiv:1606.05340; Schoenholz 2017, arXiv:1611.01232).  With z, u, v
 * standard normal, u and v of correlation c:
 *
 *   length map        q' = sigma_w^2 E[phi(sqrt(q) z)^2] + sigma_b^2
 *   correlation map   c' = (sigma_w^2 E[phi(sqrt(q) u) phi(sqrt(q) v)] + sigma_b^2) / q'
 *   slope             chi_1 = sigma_w^2 E[phi'(sqrt(q) z)^2], by which the gradient's variance is
 *                     multiplied in each layer, and at q* the slope of the correlation map at 1
 *
 * Integrals of one normal are by Gauss-Legendre panels on [-12, 12] that meet at 0, where relu and
 * selu bend: for q up to 100 within 1e-13 of their value.  Those of two are sums over the squares
 * of 129 Hermite coefficients, with what these leave over at c^129: for q up to 10 within 5e-6 of
 * E[phi^2], up to 100 within 1e-3.  Those of relu, leaky_relu and linear are known in closed form
 * (Cho & Saul 2009).
 */
DETINIT_API double detinit_length_map(detinit_activation activation, double sigma_w, double sigma_b,
                                      double q);
DETINIT_API double detinit_correlation_map(detinit_activation activation, double sigma_w,
                                           double sigma_b, double q, double c);

typedef enum detinit_phase {
    DETINIT_PHASE_ORDERED, /* inputs grow alike and gradients vanish: chi_1 below the edge's */
    DETINIT_PHASE_EDGE,    /* the edge of chaos: |ln chi_1| <= 0.01, 100 layers deep at least */
    DETINIT_PHASE_CHAOTIC, /* gradients explode: chi_1 above; and, where c* < 1, inputs part */
    DETINIT_PHASE_COUNT
} detinit_phase;

/* "ordered", "edge of chaos", "chaotic"; NULL where it is none. */
DETINIT_API const char *detinit_phase_name(detinit_phase phase);
DETINIT_API detinit_phase detinit_phase_of(double chi);

/* Where an input of mean square 1 ends in infinite depth. */
typedef struct detinit_mean_field {
    double sigma_w, sigma_b;
    double length;      /* q*: the fixed point of the length map; 0 or infinity too */
    double chi;         /* chi_1 at q* */
    double correlation; /* c*: 1 unless chaotic */
    /*
     * Depth scales in layers, 1 / |ln slope| of the length map at q* and of the correlation map at
     * c*: in as many the distance from it changes by e.
     */
    double length_depth, correlation_depth; /* xi_q, xi_c */
    detinit_phase phase;
} detinit_mean_field;

/* For sigma_w and sigma_b finite, 0 or more. */
DETINIT_API detinit_mean_field detinit_mean_field_at(detinit_activation activation, double sigma_w,
                                                     double sigma_b);

/*
 * The critical line: the sigma_w at which chi_1 = 1 at q* for this sigma_b; not a number where
 * there is none.  relu, leaky_relu, linear: sqrt(2 / (1 + below^2)) for every sigma_b.  Lengths of
 * gelu and silu may rest at one place and fly from another: it is the line of the first, which an
 * input of mean square 1 may not come to.
 */
DETINIT_API double detinit_critical_sigma_w(detinit_activation activation, double sigma_b);

/*
 * The phase map: chi_1 and the depth scale xi_c for every sigma_w of `cols` and sigma_b of `rows`,
 * at [row * cols + col]; either may be NULL.  Interpolated in a table of integrals, within a
 * thousandth of detinit_mean_field_at; some 10 microseconds a point.
 */
DETINIT_API detinit_status detinit_phase_map(detinit_activation activation, const double *sigma_w,
                                             size_t cols, const double *sigma_b, size_t rows,
                                             double *chi, double *depth, const detinit_run *run,
                                             detinit_error *error);

/*
 * sigma_w of a recipe in layers of `width` units: sqrt(width) times the std of its weights, zeros
 * and cuts counted.  False where mean-field theory does not hold: weights with a mean or not drawn.
 */
DETINIT_API bool detinit_recipe_sigma_w(const detinit_recipe *recipe, size_t width,
                                        double *sigma_w);

/* What theory expects of the fields of the same names in detinit_signal_layer. */
typedef struct detinit_predicted_layer {
    double mean, std, length, correlation, saturated, gradient, input_gradient;
} detinit_predicted_layer;

/*
 * The curves that theory expects of a propagation, residual and normalization counted, into
 * layers[0 .. depth - 1].  DETINIT_INVALID for a request that does not pass its check, or whose
 * recipe has no sigma_w.
 */
DETINIT_API detinit_status detinit_predict(const detinit_propagation *request,
                                           detinit_predicted_layer *layers, detinit_error *error);

/* --------------------------------------------- the law of singular values */

/*
 * Marchenko and Pastur's law for the singular values of a large rows x cols matrix of independent
 * weights of mean 0: those that are not 0 by shape alone, min(rows, cols) of them, lie between
 * std (sqrt(longer) -+ sqrt(shorter)).
 */
typedef struct detinit_singular_law {
    double shorter, longer, std;
    double lower, upper; /* edges */
} detinit_singular_law;

DETINIT_API detinit_singular_law detinit_marchenko_pastur(uint64_t rows, uint64_t cols, double std);

/* Density, P(S <= value), and the inverse of the latter for p in [0, 1]. */
DETINIT_API double detinit_singular_pdf(const detinit_singular_law *law, double value);
DETINIT_API double detinit_singular_cdf(const detinit_singular_law *law, double value);
DETINIT_API double detinit_singular_quantile(const detinit_singular_law *law, double p);

/*
 * How many of `count` values lie in each of `bins` equal bins of [low, high), and how many of them
 * the law expects there.  What lies outside is in none.  Either array may be NULL.
 */
DETINIT_API void detinit_singular_histogram(const detinit_singular_law *law, const double *values,
                                            size_t count, double low, double high, size_t bins,
                                            uint64_t *counts, double *expected);

/*
 * Products of 1 or more independent square matrices whose weights have variance 1 / n, n large
 * (where it is sigma^2 / n, singular values over sigma^factors):
 * the k-th moment of the squares of their singular values is the Fuss-Catalan number
 * binomial((factors + 1) k, k) / (factors k + 1); the largest singular value is
 * sqrt((factors + 1)^(factors + 1) / factors^factors) (Penson & Zyczkowski 2011).  Density and
 * P(S <= value) of a singular value; with one factor, Marchenko and Pastur's for a square.
 */
DETINIT_API double detinit_fuss_catalan(unsigned factors, unsigned k);
DETINIT_API double detinit_product_upper(unsigned factors);
DETINIT_API double detinit_product_pdf(unsigned factors, double value);
DETINIT_API double detinit_product_cdf(unsigned factors, double value);

/*
 * Singular values, descending, of W_(factors - 1) ... W_1 W_0, the matrices of detinit_propagation
 * for a recipe and a width: what linear layers do to lengths (Saxe 2014, Pennington 2017).  Below
 * 1e-15 of the largest they are rounding alone.  DETINIT_NOT_BUILT in a library --without-lapack.
 */
DETINIT_API uint64_t detinit_product_memory(const detinit_recipe *recipe, size_t width);
DETINIT_API detinit_status detinit_product_singular_values(const detinit_recipe *recipe,
                                                           size_t width, unsigned factors,
                                                           const detinit_run *run, double *values,
                                                           detinit_error *error);

/*
 * The ellipse that a 2 x 2 matrix (row by row) makes of the unit circle: half its axes, and the
 * angle of the major one in radians, in (-pi/2, pi/2].  major / minor is the condition number.
 */
typedef struct detinit_ellipse {
    double major, minor, angle;
} detinit_ellipse;

DETINIT_API detinit_ellipse detinit_ellipse_of(const double matrix[4]);

/* -------------------------------------------------------- coordinate check */

/* The network of the coordinate check: 32 inputs -> width -> width -> 10 outputs, no biases. */
#define DETINIT_COORDINATE_LAYERS  3
#define DETINIT_COORDINATE_INPUTS  ((size_t)32)
#define DETINIT_COORDINATE_OUTPUTS ((size_t)10)
#define DETINIT_COORDINATE_BATCH   ((size_t)32)

/* Widths of at most so many units. */
#define DETINIT_COORDINATE_MOST_WIDTH ((size_t)8192)

/* Steps of training at most. */
#define DETINIT_COORDINATE_MOST_STEPS ((size_t)10)

typedef enum detinit_parametrization {
    DETINIT_PARAMETRIZATION_STANDARD,
    DETINIT_PARAMETRIZATION_MUP, /* maximal update: Yang 2022, arXiv:2203.03466, table 8 */
    DETINIT_PARAMETRIZATION_COUNT
} detinit_parametrization;

/* "standard", "muP"; NULL where it is none.  And back: false where there is no such name. */
DETINIT_API const char *detinit_parametrization_name(detinit_parametrization parametrization);
DETINIT_API bool detinit_parametrization_parse(const char *name,
                                               detinit_parametrization *parametrization);

/*
 * A coordinate check as microsoft/mup has it: one network for each width, trained for a few steps
 * of Adam (beta 0.9 and 0.999, eps 1e-8) on one batch by half the mean square error, and how large
 * the coordinates of each layer's output are.  Inputs and targets are N(0, 1), of detinit_gaussian
 * at (2^64 - 1, 3, n, i) and (2^64 - 1, 4, n, i).  Layer k has the scheme of `recipe` at layer
 * recipe.layer + k.
 *
 * Standard: the scheme at every width, one learning rate.  muP: the same at base_width; from there
 * on the std of the first layer stays, that of the hidden one falls as 1 / sqrt(width) and its
 * learning rate as 1 / width, the last begins at 0 and its outputs are divided by
 * width / base_width.
 */
typedef struct detinit_coordinate_check {
    detinit_recipe recipe; /* drawn or orthogonal, of mean 0; shape and layout are of no account */
    detinit_parametrization parametrization;
    detinit_activation activation;
    double learning_rate; /* finite, above 0 */
    size_t base_width;    /* as widths */
    size_t steps;         /* 0 .. DETINIT_COORDINATE_MOST_STEPS */
    const size_t *widths; /* width_count of them, each 1 .. DETINIT_COORDINATE_MOST_WIDTH */
    size_t width_count;   /* 1 or more */
    /*
     * Called in the calling thread when widths[n] is done, with its (steps + 1) *
     * DETINIT_COORDINATE_LAYERS sizes.  May be NULL.
     */
    void (*width_done)(void *context, size_t n, const double *sizes);
    void *context;
} detinit_coordinate_check;

/*
 * Standard, ReLU, a rate of 0.01, base width 64, 3 steps, widths 64, 128 .. 4096: start here and
 * change fields.
 */
DETINIT_API detinit_coordinate_check detinit_coordinate_check_of(const detinit_recipe *recipe);

/* Bytes that detinit_check_coordinates needs at its peak: 140 MB for a width of 4096. */
DETINIT_API uint64_t detinit_coordinate_memory(const detinit_coordinate_check *request);

/*
 * The mean |coordinate| of the output, before its activation, of layer k of width n after `step`
 * steps into sizes[(n * (steps + 1) + step) * DETINIT_COORDINATE_LAYERS + k].  As with
 * detinit_propagate, bits do not depend on threads or instruction set.
 */
DETINIT_API detinit_status detinit_check_coordinates(const detinit_coordinate_check *request,
                                                     const detinit_run *run, double *sizes,
                                                     detinit_error *error);

#ifdef __cplusplus
}
#endif

#endif
