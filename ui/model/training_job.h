/*
 * Training, opening, pruning and packing beside the interface: one worker grants the wishes of
 * the Training pane in their order.  A network that is asked for puts an end to the one before;
 * what belongs to an older one never reaches the model.
 */
#ifndef UI_MODEL_TRAINING_JOB_H
#define UI_MODEL_TRAINING_JOB_H

#include "model/model.h"

typedef struct training_job training_job;

/* Starts the worker; it writes a byte to wake_fd, unless that is -1, when there is something to
 * collect. NULL where it cannot be started. */
training_job *training_job_start(int wake_fd);

/* Cancels, waits for the worker, frees. */
void training_job_stop(training_job *j);

/* Takes over the model's wishes, and measures what the pane misses. Main thread. */
void training_job_update(training_job *j, model *m);

/* Moves what there is of the network and of progress into the model; true where something changed.
 * Main thread. */
bool training_job_collect(training_job *j, model *m);

/* Gives up what is under way and what waits. */
void training_job_cancel(training_job *j);

bool training_job_busy(training_job *j);

/* For scripts: grants all wishes of the model, and what follows from them. */
bool training_job_finish(training_job *j, model *m, detinit_error *error);

#endif
