/*
 * A pass over all weights of a tensor beside others, the initial ones or those of another file, on
 * all threads, in the storage type and where they are in a processor's own cache.
 */
#ifndef DETINIT_TRACK_SWEEP_H
#define DETINIT_TRACK_SWEEP_H

#include "detinit_track.h"

/* Consecutive weights in row-major order, little-endian. */
typedef struct sweep_block {
    uint64_t first; /* the number of the first */
    size_t count;   /* SWEEP_BLOCK, or fewer at the end: then there is room for as many behind */
    size_t worker;  /* below sweep_workers; no two blocks are with one worker at a time */
    const unsigned char *initial, *trained;
} sweep_block;

#define SWEEP_BLOCK ((size_t)1 << 17)

/* Blocks go through the pass in groups, at most so many. */
#define SWEEP_GROUPS 4096

/* How many groups a tensor of so many weights is cut into. It depends on nothing else. */
size_t sweep_groups(uint64_t count);

/* How many threads of a run (which may be NULL) work on a tensor of so many weights. */
size_t sweep_workers(const detinit_run *run, uint64_t count);

/* Where the two sides of blocks come from. */
typedef struct sweep_sides {
    uint64_t count; /* of weights */
    size_t item;    /* bytes that one takes, on the wider side */
    /*
     * Points `initial` and `trained` of a block to its weights, for any thread: into the rooms,
     * which hold SWEEP_BLOCK weights, or to where whole blocks lie, behind which nothing is to be
     * put.
     */
    detinit_status (*get)(const void *context, sweep_block *block, unsigned char *initial,
                          unsigned char *trained, detinit_error *error);
    const void *context;
} sweep_sides;

/*
 * Calls visit(context, group, block) for every block: those of one group in order and in one
 * thread, groups beside one another.  Progress counts weights.
 */
detinit_status sweep_sides_run(const sweep_sides *sides, const detinit_run *run,
                               void (*visit)(void *context, size_t group, const sweep_block *block),
                               void *context, detinit_error *error);

/*
 * The same of a tracked tensor and its initial weights; those of an orthogonal matrix count half
 * when they are made, half when they are visited.
 */
detinit_status sweep_run(const detinit_tracked *tracked, const detinit_run *run,
                         void (*visit)(void *context, size_t group, const sweep_block *block),
                         void *context, detinit_error *error);

#endif
