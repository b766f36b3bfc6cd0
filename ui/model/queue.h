/*
 * The one queue of work beside the interface.  Requests wait in lanes, each with a worker of its
 * own; what they came to is collected in the main thread.  What the model has left behind never
 * reaches it.
 */
#ifndef UI_MODEL_QUEUE_H
#define UI_MODEL_QUEUE_H

#include "model/model.h"

typedef struct queue queue;

/* A queue without workers, for queue_finish; NULL without memory. */
queue *queue_new(void);

/* A queue with workers, which write a byte to wake_fd when there is something to collect; NULL
 * where they cannot be started. */
queue *queue_start(int wake_fd);

/* Stops all, waits for the workers, frees; q may be NULL. */
void queue_free(queue *q);

/* All that follows is for the main thread alone. */

/* Takes over what commands asked for, asks for what the model misses, gives up what it has left
 * behind. */
void queue_update(queue *q, model *m);

/* Moves what is finished, and progress, into the model; true where something changed. */
bool queue_collect(queue *q, model *m);

/* Stops what waits and what is under way; it is begun again when the recipe changes, or when it
 * is asked for. */
void queue_stop(queue *q, model *m);

/* Whether anything waits or is under way: then progress is worth showing now and then. */
bool queue_busy(queue *q);

/*
 * Without workers: carries out all that was asked for or is missing, here and now, as the workers
 * would; a signal stops it (progress_signal).  False, with the status and the sentence of the
 * first request that failed.
 */
bool queue_finish(queue *q, model *m, detinit_error *error);

#endif
