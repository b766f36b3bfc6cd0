/*
 * One law that weights are drawn by, symmetric about its centre, made ready to be asked many
 * times.  What a recipe promises is made of such laws, by describe/theory.h.
 */
#ifndef DETINIT_DESCRIBE_LAW_H
#define DETINIT_DESCRIBE_LAW_H

#include "detinit.h"

/* Even moments are kept up to the 2 * (LAW_MOMENTS - 1) = 8th. */
#define LAW_MOMENTS 5

/* Terms of a Fourier series at most. */
#define LAW_WAVES 256

/* The functions of a family work in units of `unit` from the centre. */
struct law {
    const struct law_family *family;
    double centre;
    double unit;                 /* a weight is `unit` times the family's own variable */
    double side;                 /* the longer side of an orthogonal matrix */
    double cut, outside, kept;   /* of normals that are cut: P(Z < -cut), P(|Z| <= cut), */
    double cut_std;              /* and the std that they have then */
    double slice;                /* the draws in a slice that is made to sum to 0, or 1 */
    double std;                  /* of a weight */
    double reach;                /* no weight is drawn farther from the centre, in std */
    double moments[LAW_MOMENTS]; /* E ((weight - centre) / std)^(2 k) for k = 0, 1, ... */
    double square_variance; /* n times the variance of the mean of these squares of n weights */
    /*
     * Of zero-mean slices of uniform or truncated draws: the characteristic
     * function of (weight - centre) / std at m pi / reach, m = 1, 2, ...
     */
    size_t wave_count;
    double waves[LAW_WAVES];
};

/* One of the distributions, on its own scale. */
typedef struct law_family {
    double (*density)(const struct law *law, double x);
    double (*lower_tail)(const struct law *law, double x);     /* P(X <= x) for x <= 0 */
    double (*tail_quantile)(const struct law *law, double p);  /* its inverse, 0 < p <= 1/2 */
    void (*moments)(struct law *law);                          /* of X / std(X) */
    double (*characteristic)(const struct law *law, double t); /* E exp(i t X), for slices */
    bool endless; /* the law goes on for ever, though draws do not */
} law_family;

/* An entry of a Haar-distributed orthogonal matrix, divided by its gain. */
extern const law_family law_orthogonal_entry;

/* The law of std * draw about 0, of a recipe that is drawn. */
struct law law_of_draws(const detinit_recipe *recipe);

/* The law of an entry of an orthogonal matrix, `side` > 1 its longer side. */
struct law law_of_orthogonal(double gain, double side);

/*
 * Turns the law of draws into that of weights in slices of law->slice > 1 draws
 * that are made to sum to 0.
 */
void law_restrict_to_slices(struct law *law);

/* Whether two laws are the same. */
bool law_equal(const struct law *a, const struct law *b);

/* Density, P(W <= weight), and the inverse of the latter for p in [0, 1]. */
double law_pdf(const struct law *law, double weight);
double law_cdf(const struct law *law, double weight);
double law_quantile(const struct law *law, double p);

/* P(from < W <= to), without cancellation in the tails. */
double law_between(const struct law *law, double from, double to);

#endif
