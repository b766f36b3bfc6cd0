/*
 * The distribution that a recipe promises for one weight before rounding, made
 * ready to be asked many times.
 */
#ifndef DETINIT_DESCRIBE_THEORY_H
#define DETINIT_DESCRIBE_THEORY_H

#include "detinit.h"

/* Even moments are kept up to the 2 * (THEORY_MOMENTS - 1) = 8th. */
#define THEORY_MOMENTS 5

/* Terms of a Fourier series at most. */
#define THEORY_WAVES 256

/* All families are symmetric about 0; their functions work in units of `unit`. */
struct theory {
    const struct theory_family *family;
    double unit;                    /* a weight is `unit` times the family's own variable */
    double side;                    /* the longer side of an orthogonal matrix */
    double std;                     /* of a weight */
    double reach;                   /* no weight is drawn farther from 0 than this many std */
    double moments[THEORY_MOMENTS]; /* E (weight / std)^(2 k) for k = 0, 1, ... */
    double square_variance; /* n times the variance of the mean of (weight / std)^2 of n weights */
    /*
     * Of zero-mean slices of uniform or truncated draws: the characteristic
     * function of weight / std at m pi / reach, m = 1, 2, ...
     */
    size_t wave_count;
    double waves[THEORY_WAVES];
};

/* One of the distributions, on its own scale. */
typedef struct theory_family {
    double (*density)(const struct theory *theory, double x);
    double (*lower_tail)(const struct theory *theory, double x); /* P(X <= x) for x <= 0 */
    double (*tail_quantile)(const struct theory *theory,
                            double p); /* its inverse for 0 < p <= 1/2 */
    void (*moments)(const struct theory *theory,
                    double moments[THEORY_MOMENTS]); /* of X / std(X) */
    double (*characteristic)(double t);              /* E exp(i t X), where slices need it */
    double reach;                                    /* |X| is never drawn beyond it */
    bool endless;                                    /* though theory's own X goes on for ever */
} theory_family;

/* An entry of a Haar-distributed orthogonal matrix, divided by its gain. */
extern const theory_family theory_orthogonal_entry;

/*
 * Turns the distribution of draws into that of weights in slices of k > 1 draws
 * that are made to sum to 0.
 */
void theory_restrict_to_slices(struct theory *theory, double k);

/* The distribution of a recipe that detinit_recipe_check accepts. */
struct theory theory_of(const detinit_recipe *recipe);

/* Density, P(W <= weight), and the inverse of the latter for p in [0, 1]. */
double theory_pdf(const struct theory *theory, double weight);
double theory_cdf(const struct theory *theory, double weight);
double theory_quantile(const struct theory *theory, double p);

/* P(from < W <= to), without cancellation in the tails. */
double theory_between(const struct theory *theory, double from, double to);

#endif
