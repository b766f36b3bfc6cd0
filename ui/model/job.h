/*
 * Long work beside the interface.  Two workers, one for what is quick and one
 * for what is slow, make what the model misses, in order; results of an older
 * generation never reach the model.
 */
#ifndef UI_MODEL_JOB_H
#define UI_MODEL_JOB_H

#include "model/model.h"

typedef struct job job;

/* Starts the workers; they write a byte to wake_fd when there is something to collect. NULL where
 * they cannot be started. */
job *job_start(int wake_fd);

/* Cancels, waits for the workers, frees. */
void job_stop(job *j);

/* Tells the workers what the model now misses; takes over its wish to save. Main thread. */
void job_update(job *j, model *m);

/* Moves finished results and progress into the model; true where something changed. Main thread. */
bool job_collect(job *j, model *m);

/* Gives up the work under way; it is begun again when the recipe changes or it is asked for. */
void job_cancel(job *j, model *m);

/* Whether a worker is at work: then progress is worth a look now and then. */
bool job_busy(job *j);

#endif
