/* A file of weights beside the recipes of their initial values: what commands on trained files
 * work on. */
#ifndef UI_TRAINED_CHECKPOINT_H
#define UI_TRAINED_CHECKPOINT_H

#include "detinit_track.h"
#include "trained/threshold.h"

typedef struct checkpoint {
    detinit_tensorfile *file;
    /* From --manifest; else the file's own metadata; else the flags, for one tensor of weights. */
    detinit_network network;
    detinit_pairing pairing; /* which tensors stand for which layers of the network */
    size_t count;
    const detinit_tracked *tracked; /* the pairing's: count, in the order of the file's data */
} checkpoint;

/* A file, and what is known of the recipes of its tensors. */
typedef struct checkpoint_source {
    const char *file;
    const char *manifest; /* NULL: the file's own metadata, else the recipe */
    const detinit_recipe
        *recipe;       /* as flags describe it, for one tensor of which nothing else tells */
    const bool *given; /* by option_id, the flags that were given; NULL: none */
    const char *names; /* what tensors are called there, as names_read takes it; NULL: no rules */
    bool partial;      /* the file may lack tensors of the network */
} checkpoint_source;

/*
 * Opens the file and finds the recipe of every tensor that has one; the others are not tracked.
 * DETINIT_INVALID where the request makes no sense, DETINIT_IO where a file is bad, lacks a
 * tensor or holds one of another shape, each with one sentence.  Closed by checkpoint_close.
 */
detinit_status checkpoint_open(const checkpoint_source *from, checkpoint *out,
                               detinit_error *error);
void checkpoint_close(checkpoint *c);

/*
 * The same of a file that is only looked at: it may hold tensors of which nothing tells the recipe.
 * Where there are no recipes at all `why` is the reason, else "".  A manifest that is named must
 * fit.
 */
detinit_status checkpoint_look(const checkpoint_source *from, checkpoint *out, char *why,
                               size_t size, detinit_error *error);

/* What tensor `index` of the file is tracked by, or NULL. */
const detinit_tracked *checkpoint_find(const checkpoint *c, size_t index);

/* The name that a person knows a tensor by: its own, or, for the array of a .npy file, the path;
 * "\"\"" where it is called by no character. */
const char *checkpoint_name(const checkpoint *c, const detinit_tensor *tensor);

/* The threshold that --threshold, --threshold auto or --sparsity asks for; may read all weights. */
detinit_status checkpoint_threshold(const checkpoint *c, threshold_choice choice,
                                    const detinit_run *run, double *threshold,
                                    detinit_error *error);

#endif
