/*
 * Long work beside the interface: one worker thread computes what the model's
 * recipe asks for and is not there yet, in order of what is visible; a
 * generation number keeps stale results from ever appearing.
 */
#ifndef UI_JOB_H
#define UI_JOB_H

#include "model.h"

typedef struct job job;

/* Starts the worker. It writes a byte to `wake_fd` when there is something to collect. */
job *job_start(int wake_fd);
void job_stop(job *j); /* cancels and joins; frees */

/* Tells the worker what the model now wants; cancels work for another recipe. Main thread. */
void job_update(job *j, const model *m);

/* Moves finished results and progress into the model; true where something changed. Main thread. */
bool job_collect(job *j, model *m);

/* Ctrl-C: gives up the work under way until the recipe changes or it is asked for again. */
void job_cancel(job *j, model *m);

/* The same work without a thread, for scripts: computes all that is wanted, now. */
bool job_run_all(model *m, detinit_error *error);

#endif
