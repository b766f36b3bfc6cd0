/*
 * What a training run writes at a path, followed look by look: the lines of a Tracker, or
 * checkpoints, of which each is measured once it is complete.  For one thread at a time.
 */
#ifndef UI_TRAINED_FOLLOWER_H
#define UI_TRAINED_FOLLOWER_H

#include "trained/history_file.h"
#include "trained/measuring.h"

typedef struct follower follower;

/*
 * Follows `path`; all texts are copied.  `save`, where not NULL, is a history that the lines of
 * checkpoints are added to; what it holds already the first look tells, and does not measure again.
 * NULL without memory.  Freed by follower_free.
 */
follower *follower_new(const char *path, const measure_by *by, const char *save);
void follower_free(follower *f);

/*
 * Tells what is new since the last look.  A look measures one checkpoint at most; news->more says
 * that others wait.  One that cannot be opened, or changes while it is read, is waited for; after
 * FOLLOW_PATIENCE seconds without a change it is told as wrong and passed over until it changes.
 * A run that was taken up at an earlier step goes on from there, as for history_add.  Whatever is
 * returned, news->told is to be freed with history_clear.
 */
detinit_status follower_look(follower *f, const detinit_run *run, history_news *news,
                             detinit_error *error);

#define FOLLOW_PATIENCE 5

#endif
