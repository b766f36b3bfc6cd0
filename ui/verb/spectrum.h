/*
 * Singular values of a recipe drawn normal and orthogonal, and of products of such matrices, with
 * the laws of random matrices that they should follow: what the command spectrum and the
 * Orthogonality pane show.
 */
#ifndef UI_VERB_SPECTRUM_H
#define UI_VERB_SPECTRUM_H

#include "detinit_describe.h"

/* Side of the largest Gram matrix that is kept to be drawn. */
#define GRAM_MOST 200

/* Bins of a histogram of singular values at most. */
#define SPECTRUM_BINS 40

/* The products are of so many rows and columns. */
#define PRODUCT_WIDTH ((size_t)256)

/* Singular values below this share of the largest are rounding alone. */
#define SPECTRUM_ROUNDING 1e-15

/* The shorter side of the largest matrix whose singular values are found: about a minute's work. */
#define SPECTRUM_MOST ((uint64_t)4096)
/* And the longer side. */
#define SPECTRUM_LONGEST ((uint64_t)1 << 20)

/* Room for any sentence of these. */
#define SPECTRUM_TEXT 200

/* The matrix of a recipe as its layer has it, drawn normal and orthogonal. */
typedef struct spectrum {
    char refusal[SPECTRUM_TEXT]; /* why there is none, "" otherwise */
    uint64_t rows, cols;         /* of the layer */
    size_t count;                /* the shorter of them */
    double *normal, *orthogonal; /* singular values, descending */
    double condition_normal, condition_orthogonal, gram_deviation;
    size_t gram_side;
    double *gram_normal, *gram_orthogonal; /* gram_side squared */
    /* Marchenko and Pastur's, for the normal one: why it does not hold, or "". */
    char no_law[SPECTRUM_TEXT];
    detinit_singular_law law;
    double share_beyond; /* of a file: what singular values above the law hold of all squares */
} spectrum;

/*
 * DETINIT_INVALID with a sentence where the recipe has no such matrices, or they are too large;
 * DETINIT_NUMERIC where weights overflow; DETINIT_NOT_BUILT without LAPACK.  Freed by
 * spectrum_free, whatever came of it.
 */
detinit_status spectrum_make(const detinit_recipe *recipe, const detinit_run *run, spectrum *out,
                             detinit_error *error);
void spectrum_free(spectrum *s); /* and leaves nothing */

/* How many of the normal one's singular values lie beyond the law's edges. */
size_t spectrum_beyond(const spectrum *s);

/* Counts of singular values, and what a law expects in each bin. */
typedef struct spectrum_bins {
    size_t bins;
    double edges[SPECTRUM_BINS + 1]; /* ascending; the last is in the last bin */
    uint64_t counts[SPECTRUM_BINS];
    double expected[SPECTRUM_BINS]; /* NAN where there is no law */
} spectrum_bins;

/* Of the normal one: equal bins from the least value or the law's lower edge to the greatest. */
void spectrum_histogram(const spectrum *s, spectrum_bins *out);

/* A product of `factors` independent layers of PRODUCT_WIDTH units, normal and orthogonal. */
typedef struct product_spectrum {
    char refusal[SPECTRUM_TEXT];
    unsigned factors;
    /* Singular values, descending, over what one matrix scales lengths by: sigma^factors. */
    double normal[PRODUCT_WIDTH], orthogonal[PRODUCT_WIDTH];
    double sigma_normal, sigma_orthogonal;
    double condition_normal, condition_orthogonal;
    size_t rounded; /* of the normal ones, those that are rounding alone */
} product_spectrum;

/* As spectrum_make.  For factors of 1 to DETINIT_SIGNAL_MOST_DEPTH. */
detinit_status product_make(const detinit_recipe *recipe, unsigned factors, const detinit_run *run,
                            product_spectrum *out, detinit_error *error);

/*
 * Of the normal one: bins of equal ratios, from the least value that is not rounding alone to the
 * greatest or the end of Fuss and Catalan's law.
 */
void product_histogram(const product_spectrum *p, spectrum_bins *out);

/*
 * What a condition number does: "stretches some directions 405 times more than others".  Returns
 * buffer.
 */
const char *condition_words(double condition, char buffer[SPECTRUM_TEXT]);

/* A condition number: "9.335", "2e13", "over 1e15", where it is rounding alone. Returns buffer. */
const char *condition_text(double condition, char buffer[SPECTRUM_TEXT]);

#endif
