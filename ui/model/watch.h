/* A file, or a folder of checkpoints, that is followed as a training run writes it, and what it has
 * told so far. */
#ifndef UI_MODEL_WATCH_H
#define UI_MODEL_WATCH_H

#include "trained/follower.h"

typedef struct watched_file {
    char path[512];     /* "": nothing is watched */
    char line[1100];    /* the command line that prints it */
    uint64_t number;    /* counts files that were asked for */
    follower *follower; /* owned, but while a look is under way: then the look's; may be NULL */
    bool asked;         /* a look at it waits, or is under way */
    bool looked;        /* at least once */
    bool more;          /* there is more to be read at once */
    bool there;         /* the file or folder is */
    uint64_t waiting;   /* checkpoints that are not complete yet */
    history history;
    uint64_t wrong_lines;
    char trouble[400];  /* why it cannot be read; "": it can */
    double rate;        /* steps a second, by the times of writing; 0: not known yet */
    uint64_t rate_step; /* the last step that the rate knows of, */
    double rate_time;   /* and when it was written, in seconds; 0: there is none */
} watched_file;

#endif
