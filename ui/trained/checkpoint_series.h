/* The checkpoints that a training run leaves at a path: one that it replaces, or a folder of them.
 */
#ifndef UI_TRAINED_CHECKPOINT_SERIES_H
#define UI_TRAINED_CHECKPOINT_SERIES_H

#include "detinit.h"

/* One that is there, complete or not. */
typedef struct sighting {
    char *path;    /* owned; what is to be opened */
    char *name;    /* owned; below the folder that is looked at */
    bool numbered; /* its name tells the step */
    uint64_t step;
    uint64_t inode;   /* of a file; 0: of several */
    uint64_t bytes;   /* of the file; of an index, of all shards beside it */
    int64_t modified; /* the newest of them, in nanoseconds since 1970 */
} sighting;

typedef struct checkpoint_series {
    bool there, folder; /* what is at the path */
    size_t count;
    sighting *all; /* owned; by steps, then by time; of several of one step only the newest */
} checkpoint_series;

/*
 * Whether a path is a folder, or a file that its ending, or else its first bytes, call a
 * checkpoint; not one of lines of JSON.  False for what is not there.
 */
bool checkpoint_series_is_at(const char *path);

/*
 * What is there now.  A file is one checkpoint.  Of a folder each file whose name ends as that of a
 * checkpoint and has a number is one, of that step (a number behind "step", else the last one), and
 * so is each folder in it with a number in its name and a model inside, as transformers' Trainer
 * leaves them.  Where no name has a number, the folder is one checkpoint if it has an index, shards
 * or one file alone, else each file is one, in the order of time.  Names that begin with a dot or
 * with "tmp" are passed over.  What is not there is no error.  Freed by checkpoint_series_free.
 */
detinit_status checkpoint_series_look(const char *path, checkpoint_series *out,
                                      detinit_error *error);
void checkpoint_series_free(checkpoint_series *series);

/* The step that a name tells: "epoch=3-step=1200.pt", "checkpoint-500". False: it has no number. */
bool checkpoint_series_step(const char *name, uint64_t *step);

#endif
