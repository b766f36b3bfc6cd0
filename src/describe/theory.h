/*
 * What a recipe promises of its weights, made ready to be asked many times: a mixture of the laws
 * that they are drawn by and of the values that some have for certain.  A usual recipe is one law
 * about 0.
 */
#ifndef DETINIT_DESCRIBE_THEORY_H
#define DETINIT_DESCRIBE_THEORY_H

#include "describe/law.h"
#include "describe/rounding.h"

/* Moments are kept up to the 8th. */
#define THEORY_MOMENTS 9

/* Laws that weights are drawn by, and the share of the weights that each has. */
struct theory_law {
    double share;
    struct law law;
};

/* A value that a share of the weights has, as it is stored, unless that is infinite. */
struct theory_atom {
    double share, value;
};

struct theory {
    size_t law_count, atom_count;
    struct theory_law *laws;
    struct theory_atom *atoms;      /* no two of one value */
    double mean, std;               /* of a weight */
    double moments[THEORY_MOMENTS]; /* E ((weight - mean) / std)^k for k = 0, 1, ... */
    double square_variance;         /* n times the variance of the mean of these squares */
    double low, high;               /* no weight is less or more, before rounding */
    bool atom_underflows;           /* a value that is not 0 is stored as 0 */
    struct rounding rounding;
};

/*
 * The theory of a recipe that detinit_recipe_check accepts, to be freed by theory_free.  False
 * where there is no memory.  Of no weights there is neither law nor atom; mean and std are 0.
 */
bool theory_make(const detinit_recipe *recipe, struct theory *theory);
void theory_free(struct theory *theory);

/* The std alone, of a recipe that is not fused, which takes no memory. */
double theory_std(const detinit_recipe *recipe);

/* Density, P(W <= weight), P(W < weight), and the inverse of the former for p in [0, 1]. */
double theory_pdf(const struct theory *theory, double weight);
double theory_cdf(const struct theory *theory, double weight);
double theory_below(const struct theory *theory, double weight);
double theory_quantile(const struct theory *theory, double p);

/* The share of all weights that are drawn, not certain, and less than `weight`. */
double theory_drawn_below(const struct theory *theory, double weight);

/* P(from <= W < to), without cancellation in the tails. */
double theory_between(const struct theory *theory, double from, double to);

#endif
