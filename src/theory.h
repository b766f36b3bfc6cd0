/*
 * The distribution that a recipe promises for one weight before rounding, made
 * ready to be asked many times.
 */
#ifndef DETINIT_THEORY_H
#define DETINIT_THEORY_H

#include "detinit.h"

/* Even moments are kept up to the 2 * (THEORY_MOMENTS - 1) = 8th. */
#define THEORY_MOMENTS 5

/* All families are symmetric about 0; their functions work in units of `unit`. */
struct theory {
    const struct theory_family *family;
    double unit;                    /* a weight is `unit` times the family's own variable */
    double side;                    /* the longer side of an orthogonal matrix */
    double std;                     /* of a weight */
    double reach;                   /* no weight is drawn farther from 0 than this many std */
    double moments[THEORY_MOMENTS]; /* E (weight / std)^(2 k) for k = 0, 1, ... */
    /*
     * Weights as independent of one another would be worth this share of them:
     * a zero-mean slice of k weights has k - 1 degrees of freedom.
     */
    double freedom;
};

/* One of the distributions, on its own scale. */
typedef struct theory_family {
    double (*density)(const struct theory *theory, double x);
    double (*lower_tail)(const struct theory *theory, double x); /* P(X <= x) for x <= 0 */
    double (*tail_quantile)(const struct theory *theory,
                            double p); /* its inverse for 0 < p <= 1/2 */
    void (*moments)(const struct theory *theory,
                    double moments[THEORY_MOMENTS]); /* of X / std(X) */
    double reach;                                    /* |X| never exceeds it */
} theory_family;

/* An entry of a Haar-distributed orthogonal matrix, divided by its gain. */
extern const theory_family theory_orthogonal_entry;

/* The distribution of a recipe that detinit_recipe_check accepts. */
struct theory theory_of(const detinit_recipe *recipe);

/* Density, P(W <= weight), and the inverse of the latter for p in [0, 1]. */
double theory_pdf(const struct theory *theory, double weight);
double theory_cdf(const struct theory *theory, double weight);
double theory_quantile(const struct theory *theory, double p);

/* P(from < W <= to), without cancellation in the tails. */
double theory_between(const struct theory *theory, double from, double to);

#endif
