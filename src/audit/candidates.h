/* The schemes in use that a tensor may have been drawn by. */
#ifndef DETINIT_AUDIT_CANDIDATES_H
#define DETINIT_AUDIT_CANDIDATES_H

#include "audit/kinds.h"

/* A tensor, as candidates are made for it. */
typedef struct subject {
    const detinit_tensor *tensor;
    const name_facts *facts;
    detinit_axis layout;     /* that its file, or its name, has */
    uint64_t layers;         /* of its kind */
    uint64_t fan_of_sibling; /* fan_in of the weight that a bias belongs to; 0: none */
} subject;

/*
 * Calls `look` with the recipe of each candidate, and the logarithm of how usual it is beside
 * those that are usual.  Recipes have the tensor's shape and dtype.
 */
void candidates_each(const subject *s,
                     void (*look)(void *context, const detinit_recipe *recipe, double usual),
                     void *context);

/* The recipe of a law of any std, or of undrawn weights: start here. */
detinit_recipe candidates_plain(const detinit_tensor *tensor);

#endif
