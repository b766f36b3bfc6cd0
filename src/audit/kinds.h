/* What the names of tensors tell: layers of the same kind, and what a tensor is for. */
#ifndef DETINIT_AUDIT_KINDS_H
#define DETINIT_AUDIT_KINDS_H

#include "base/arena.h"
#include "detinit_files.h"

/* What a name says that a tensor is. */
enum {
    NAME_EMBEDDING = 1,
    NAME_HEAD = 2,
    NAME_BIAS = 4,
    NAME_RECURRENT = 8,  /* of an LSTM or its like */
    NAME_ZERO = 16,      /* may start at 0 */
    NAME_CONSTANT = 32,  /* may start at one value */
    NAME_BUFFER = 64,    /* is made by a formula, the same in all layers */
    NAME_STATE = 128,    /* of an optimizer */
    NAME_COPY = 256,     /* of a copy of the model that is meant to be equal at first */
    NAME_LAYOUT_IN = 512 /* (..., in, out): Keras, JAX */
};

/* Where the output of a block is added to what came in; the families that scale it. */
typedef enum residual_role {
    RESIDUAL_NOT,
    RESIDUAL_MEANT, /* the family scales it by 1 / sqrt(2 layers): GPT-2 */
    RESIDUAL_MAY    /* some do */
} residual_role;

typedef struct layer_kind layer_kind;

/* What is known of a tensor by its name and shape. */
typedef struct name_facts {
    const char *pattern; /* the name with '#' for each number */
    uint64_t number;     /* the first number in the name */
    unsigned says;       /* NAME_... */
    residual_role residual;
    bool vector; /* no more than one dimension is above 1 */
    size_t kind; /* of kinds */
} name_facts;

/* Tensors with the same pattern and the same number of dimensions. */
struct layer_kind {
    size_t first, count; /* in `order` */
    uint64_t layers;     /* different first numbers */
};

typedef struct kinds {
    size_t count; /* of tensors */
    name_facts *facts;
    size_t *order; /* tensors, those of a kind together, in the order of the file within it */
    size_t kind_count;
    layer_kind *kinds;
    arena texts;
} kinds;

/* Of all tensors of a file; false where there is no memory. Freed by kinds_free in any case. */
bool kinds_of(const detinit_tensorfile *file, kinds *out);
void kinds_free(kinds *k);

#endif
