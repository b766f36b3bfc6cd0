/* What the parts of the reader of manifests share. */
#ifndef DETINIT_NETWORK_MANIFEST_H
#define DETINIT_NETWORK_MANIFEST_H

#include "detinit_network.h"
#include "matrix/recipe_fields.h"
#include "network/expression.h"

#include <jansson.h>

/* The seed where a manifest names none. */
#define MANIFEST_SEED 42

/* The largest integer that every JSON reader holds exactly. */
#define MANIFEST_EXACT ((uint64_t)1 << 53)

/* Repeats within repeats, and parts of all tensors together. */
#define MANIFEST_LOOPS_MOST 8
#define MANIFEST_PARTS_MOST DETINIT_NETWORK_MOST

/* The keys of all places; more than there are. */
#define MANIFEST_KEYS_MOST 64

/* What was read so far, and where the reader is. */
typedef struct manifest_reader {
    const char *shown;
    detinit_error *error;
    detinit_recipe defaults;                        /* what the top sets */
    bool layers_by_name;                            /* where tensors say nothing of their layer */
    expression_variable loops[MANIFEST_LOOPS_MOST]; /* of the repeats around this place */
    size_t loop_count;
    detinit_network network;
    size_t room;                /* of network.layers */
    size_t parts;               /* of all tensors */
    size_t tensor;              /* for sentences: which one this is about, from 1; 0: none */
    const detinit_layer *layer; /* the tensor itself, or NULL before there is one */
    size_t part;                /* which part of it, from 1; 0: all of it */
} manifest_reader;

/* Objects that a manifest has. */
typedef enum manifest_place {
    MANIFEST_TOP = 1,
    MANIFEST_TENSOR = 2,
    MANIFEST_PART = 4,
    MANIFEST_REPEAT = 8
} manifest_place;

typedef enum manifest_layer {
    MANIFEST_LAYER_UNSAID,
    MANIFEST_LAYER_STATED, /* in the recipe */
    MANIFEST_LAYER_BY_NAME,
    MANIFEST_LAYER_BY_POSITION
} manifest_layer;

/* An object, and what it says. */
typedef struct manifest_object {
    manifest_place place;
    json_t *json;
    detinit_recipe *recipe; /* that its fields set; NULL for a repeat */
    char **name;            /* of a tensor; malloc'ed, NULL without memory */
    manifest_layer layer;
    uint64_t size;                            /* rows or columns of a part */
    uint64_t times;                           /* of a repeat */
    const json_t *as;                         /* and what it calls its number */
    const json_t *values[MANIFEST_KEYS_MOST]; /* of the keys; NULL where it has them not */
} manifest_object;

/* ---------------------------------------------------------------- sentences */

/* A JSON value, or a key, in printable ASCII for a sentence, cut where it is long.  Returns buffer.
 */
const char *manifest_value_text(const json_t *value, char *buffer, size_t size);
const char *manifest_key_text(const char *key, char *buffer, size_t size);

/* DETINIT_INVALID with a sentence about where the reader is: "'m.json', tensor 3 'conv': ...". */
__attribute__((format(printf, 2, 3))) detinit_status manifest_refuse(const manifest_reader *r,
                                                                     const char *format, ...);
detinit_status manifest_no_memory(const manifest_reader *r);

/* ------------------------------------------------------------------- values */

/* Sets a field of a recipe from what a manifest says of it.  False where that makes no sense. */
bool manifest_set_field(const manifest_reader *r, const recipe_field *field, const json_t *value,
                        detinit_recipe *recipe);

/* A whole number, a text of one, or arithmetic that gives one of at most 2^53. */
bool manifest_whole(const manifest_reader *r, const json_t *value, uint64_t *number);

/*
 * The name of a tensor; where there are repeats around it, what stands in braces is replaced by
 * its value.  False where it can be no name.  *name is NULL without memory.
 */
bool manifest_name(const manifest_reader *r, const json_t *value, char **name);

/* --------------------------------------------------------------------- keys */

/* Takes what the object says.  DETINIT_INVALID for a wrong value and for an unknown key. */
detinit_status manifest_read_object(manifest_reader *r, manifest_object *object);

/* Whether an object says something of a field, and whether it has a key at all. */
bool manifest_states(const manifest_object *object, const recipe_field *field);
bool manifest_has(const manifest_object *object, const char *key);

/* ------------------------------------------------------------------ tensors */

/* Whether the weights of a tensor depend on a field, itself or as its parts inherit it. */
bool manifest_counts(const recipe_field *field, const detinit_recipe *recipe);

/* Reads one tensor, which is added to the network. */
detinit_status manifest_read_tensor(manifest_reader *r, json_t *json);

#endif
